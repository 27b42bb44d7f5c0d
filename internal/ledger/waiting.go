package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// recordWait keeps the objects of a tenant that are not in Flow because something they refer to is not
// there yet, by the time at which that was first found. Whatever else a run ends with ends the wait; one
// that will be repeated says nothing about it.
func recordWait(
	ctx context.Context, pipe redis.Pipeliner, j job.Job, result, settled string, at time.Time,
) {
	switch {
	case settled == "acked" && result == job.Waiting:
		pipe.ZAddNX(ctx, waitingKey(j.Tenant), redis.Z{Score: float64(at.UnixMilli()), Member: j.String()})
	case settled == "acked", settled == "buried":
		pipe.ZRem(ctx, waitingKey(j.Tenant), j.String())
	}
}

// Waiting returns how many objects of a tenant wait for another one to arrive in Flow, and since when
// the first of them does; the zero time when there is none. It is as complete as the history is.
func (l *Ledger) Waiting(ctx context.Context, t tenant.ID) (int, time.Time, error) {
	pipe := l.rdb.Pipeline()
	count := pipe.ZCard(ctx, waitingKey(t))
	first := pipe.ZRangeWithScores(ctx, waitingKey(t), 0, 0)
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, time.Time{}, fmt.Errorf("count waiting objects: %w", err)
	}
	if len(first.Val()) == 0 {
		return 0, time.Time{}, nil
	}
	return int(count.Val()), time.UnixMilli(int64(first.Val()[0].Score)).UTC(), nil
}

func waitingKey(t tenant.ID) string { return key(t, "tenant", "waiting") }
