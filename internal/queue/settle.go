package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// never is what Ack sends when the object need not be looked at again.
const never = -1

// Ack ends a job whose object agrees. When again is positive, the object becomes due once more
// after that long. It reports whether the job is due again at once because events arrived while it
// was running. The error is ErrLeaseLost when the lease is gone.
func (q *Queue) Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error) {
	ms := int64(never)
	if again > 0 {
		ms = again.Milliseconds()
	}
	code, err := q.settle(ctx, q.scripts.ack, "ack", j, j.Generation, ms)
	return code == 2, err
}

// Retry returns a failed job to the queue for after the delay and counts an attempt. dataFault says
// that the failure was about the object's data: then events do not wait for the delay to pass. It
// reports whether the job is due again at once. The error is ErrLeaseLost when the lease is gone.
func (q *Queue) Retry(
	ctx context.Context, j job.Job, delay time.Duration, dataFault bool,
) (bool, error) {
	fault := 0
	if dataFault {
		fault = 1
	}
	code, err := q.settle(ctx, q.scripts.retry, "retry", j, j.Generation, delay.Milliseconds(), fault)
	return code == 2, err
}

// Release returns a job to the queue for after the delay without counting an attempt. The error is
// ErrLeaseLost when the lease is gone.
func (q *Queue) Release(ctx context.Context, j job.Job, delay time.Duration) error {
	_, err := q.settle(ctx, q.scripts.release, "release", j, delay.Milliseconds())
	return err
}

// maxDetail bounds what is kept with a dead letter, in bytes.
const maxDetail = 4 << 10

// Bury moves a job to the dead letters. It reports whether the job is due again at once instead,
// because events arrived while it was running. Detail is for people and cut at 4 KiB. The error is
// ErrLeaseLost when the lease is gone.
func (q *Queue) Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error) {
	if len(detail) > maxDetail {
		detail = detail[:maxDetail]
	}
	code, err := q.settle(ctx, q.scripts.bury, "bury", j, j.Generation, reason, detail)
	return code == 2, err
}

// settle runs one of the scripts whose first arguments are the key and the token, and whose answer
// 0 means that the lease is lost.
func (q *Queue) settle(
	ctx context.Context, s *redis.Script, name string, j job.Job, args ...any,
) (int, error) {
	k := keysOf(j.Tenant)
	names := []string{k.meta, k.jobs, k.due, k.bulk, k.leased}
	if s == q.scripts.bury {
		names = append(names, k.dead, k.died)
	}
	code, err := q.run(ctx, s, name, names, append([]any{encodeKey(j.Key), j.Token}, args...)...).Int()
	if err != nil {
		return 0, err
	}
	if code == 0 {
		return 0, fmt.Errorf("%s %s: %w", name, j.Key, ErrLeaseLost)
	}
	return code, nil
}

// Extend renews the leases of jobs of one tenant and reports for each whether it is still held.
func (q *Queue) Extend(ctx context.Context, t tenant.ID, jobs []job.Job) ([]bool, error) {
	k := keysOf(t)
	held := make([]bool, 0, len(jobs))
	for len(jobs) > 0 {
		part := jobs[:min(len(jobs), MaxBatch)]
		jobs = jobs[len(part):]
		args := []any{q.opts.Lease.Milliseconds()}
		for _, j := range part {
			args = append(args, encodeKey(j.Key), j.Token)
		}
		codes, err := q.run(ctx, q.scripts.extend, "extend",
			[]string{k.meta, k.jobs, k.leased}, args...).Int64Slice()
		if err != nil {
			return nil, err
		}
		for _, code := range codes {
			held = append(held, code == 1)
		}
	}
	return held, nil
}
