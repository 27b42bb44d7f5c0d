package queue

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// The fields of a tenant's meta hash that block claims.
const (
	fieldPaused    = "paused"
	fieldSuspended = "suspended"
)

// Pause stops claims of a tenant until Resume. Jobs that are leased finish; events are still taken.
func (q *Queue) Pause(ctx context.Context, t tenant.ID) error {
	return q.setFlag(ctx, t, fieldPaused, "1")
}

// Resume lifts a pause.
func (q *Queue) Resume(ctx context.Context, t tenant.ID) error {
	return q.clearFlag(ctx, t, fieldPaused)
}

// Suspend stops claims of a tenant, in every process, because its credential is refused.
func (q *Queue) Suspend(ctx context.Context, t tenant.ID, reason string) error {
	return q.setFlag(ctx, t, fieldSuspended, cmp.Or(reason, "no reason given"))
}

// Unsuspend lifts a suspension.
func (q *Queue) Unsuspend(ctx context.Context, t tenant.ID) error {
	return q.clearFlag(ctx, t, fieldSuspended)
}

func (q *Queue) setFlag(ctx context.Context, t tenant.ID, field, value string) error {
	if err := q.rdb.HSet(ctx, keysOf(t).meta, field, value).Err(); err != nil {
		return fmt.Errorf("set %s: %w", field, err)
	}
	return nil
}

// clearFlag tells the listening processes too. They look by themselves when the hint is lost, so
// that it may fail.
func (q *Queue) clearFlag(ctx context.Context, t tenant.ID, field string) error {
	if err := q.rdb.HDel(ctx, keysOf(t).meta, field).Err(); err != nil {
		return fmt.Errorf("clear %s: %w", field, err)
	}
	_ = q.rdb.Publish(ctx, wakeChannel, string(t)).Err()
	return nil
}

// Stats counts a tenant's jobs.
func (q *Queue) Stats(ctx context.Context, t tenant.ID) (Stats, error) {
	d, err := q.Depth(ctx, t)
	return d.Stats, err
}

// Depth counts a tenant's jobs, and those that wait by lane.
func (q *Queue) Depth(ctx context.Context, t tenant.ID) (Depth, error) {
	k := keysOf(t)
	reply, err := q.run(ctx, q.scripts.stats, "stats",
		[]string{k.meta, k.due, k.bulk, k.leased, k.died}).Slice()
	if err != nil {
		return Depth{}, err
	}
	if len(reply) != 11 {
		return Depth{}, fmt.Errorf("stats: %d values in the answer", len(reply))
	}
	n := func(i int) int {
		v, _ := reply[i].(int64)
		return int(v)
	}
	ms := func(i int) time.Duration { return time.Duration(n(i)) * time.Millisecond }
	paused, _ := reply[6].(string)
	suspended, _ := reply[7].(string)
	d := Depth{Stats: Stats{
		Ready: n(0), Delayed: n(1), Leased: n(2), Dead: n(3), Bulk: n(5),
		Oldest: ms(4), Paused: paused != "", Suspended: suspended,
	}}
	d.Lanes[job.Live] = LaneDepth{Ready: n(0) - n(5), Delayed: n(1) - n(8), Oldest: ms(9)}
	d.Lanes[job.Bulk] = LaneDepth{Ready: n(5), Delayed: n(8), Oldest: ms(10)}
	return d, nil
}
