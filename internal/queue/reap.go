package queue

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ReasonPoison is why a job is buried whose workers keep dying.
const ReasonPoison = "poison"

// Reaped are the jobs whose leases had run out.
type Reaped struct {
	Returned []job.Key // due again, with a crash counted
	Buried   []job.Key // dead after too many crashes
}

// Reap takes back up to MaxBatch leases of a tenant that have run out. Every process may call it at
// any time.
func (q *Queue) Reap(ctx context.Context, t tenant.ID) (Reaped, error) {
	k := keysOf(t)
	detail := fmt.Sprintf("%d workers lost their lease while working on it", q.opts.MaxCrashes)
	reply, err := q.run(ctx, q.scripts.reap, "reap",
		[]string{k.meta, k.jobs, k.due, k.bulk, k.leased, k.dead, k.died},
		MaxBatch, q.opts.MaxCrashes, ReasonPoison, detail).Slice()
	if err != nil {
		return Reaped{}, err
	}
	var r Reaped
	for ; len(reply) >= 2; reply = reply[2:] {
		name, _ := reply[0].(string)
		if code, _ := reply[1].(int64); code == 2 {
			r.Buried = append(r.Buried, decodeKey(name))
		} else {
			r.Returned = append(r.Returned, decodeKey(name))
		}
	}
	return r, nil
}

// ExpireDeadLetters forgets up to MaxBatch dead letters of a tenant that are older than the
// retention and returns how many.
func (q *Queue) ExpireDeadLetters(ctx context.Context, t tenant.ID) (int, error) {
	k := keysOf(t)
	return q.run(ctx, q.scripts.expire, "expire dead letters",
		[]string{k.meta, k.dead, k.died},
		q.opts.DeadLetterRetention.Milliseconds(), MaxBatch).Int()
}
