package queue

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ReplayAll makes the dead letters jobs again, as Replay does, in few round trips, and returns how
// many it did: those that have left meanwhile are passed over. On error the count is of those that
// are known to be done.
func (q *Queue) ReplayAll(ctx context.Context, t tenant.ID, letters []DeadLetter) (int, error) {
	return q.each(ctx, "replay", letters, func(d DeadLetter) call { return q.replay(t, d.Key) })
}

// DiscardAll forgets the dead letters, in few round trips, and returns how many it did: those that
// have left or died anew meanwhile are passed over. On error the count is of those that are known to
// be done.
func (q *Queue) DiscardAll(ctx context.Context, t tenant.ID, letters []DeadLetter) (int, error) {
	k := keysOf(t)
	return q.each(ctx, "discard", letters, func(d DeadLetter) call {
		var died any = d.DiedAt.UnixMilli()
		if d.DiedAt.IsZero() {
			died = "" // nobody can tell
		}
		return call{q.scripts.discard, []string{k.dead, k.died}, []any{encodeKey(d.Key), died}}
	})
}

func (q *Queue) replay(t tenant.ID, key job.Key) call {
	k := keysOf(t)
	return call{
		script: q.scripts.replay,
		keys:   []string{k.meta, k.jobs, k.due, k.bulk, k.leased, k.dead, k.died},
		args:   []any{encodeKey(key), wakeChannel, string(t)},
	}
}

// each makes one call per letter and counts those that answered 1.
func (q *Queue) each(
	ctx context.Context, name string, letters []DeadLetter, of func(DeadLetter) call,
) (int, error) {
	if len(letters) == 0 {
		return 0, nil
	}
	calls := make([]call, 0, len(letters))
	for _, d := range letters {
		calls = append(calls, of(d))
	}
	done := 0
	var failed error
	for _, cmd := range pipeline(ctx, q.rdb, calls) {
		code, err := cmd.Int()
		done += code
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s dead letters: %w", name, err)
		}
	}
	return done, failed
}
