package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/tenant"
)

// MoveClock makes the server's clock seem to jump by d, back when d is negative, for every tenant that
// rdb knows.
func MoveClock(ctx context.Context, rdb redis.UniversalClient, d time.Duration) error {
	// A cluster's client would ask one node.
	if cluster, ok := rdb.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return MoveClock(ctx, node, d)
		})
	}
	metas, err := rdb.Keys(ctx, "omniflow:{*}:meta").Result()
	if err != nil {
		return fmt.Errorf("find the clocks: %w", err)
	}
	for _, meta := range metas {
		if err := rdb.HIncrBy(ctx, meta, "skew", d.Milliseconds()).Err(); err != nil {
			return fmt.Errorf("move %s: %w", meta, err)
		}
	}
	return nil
}

// SetClock makes the next script of the tenant see exactly the given time, which must be in the
// future.
func SetClock(ctx context.Context, rdb redis.UniversalClient, t tenant.ID, at time.Time) error {
	return rdb.HSet(ctx, keysOf(t).meta, "last", at.UnixMilli(), "skew", 0).Err()
}

// Names are the keys of one tenant's structures.
type Names struct{ Meta, Jobs, Due, Bulk, Leased, Dead, Died string }

// NamesOf returns the keys of a tenant.
func NamesOf(t tenant.ID) Names {
	k := keysOf(t)
	return Names{
		Meta: k.meta, Jobs: k.jobs, Due: k.due, Bulk: k.bulk, Leased: k.leased, Dead: k.dead, Died: k.died,
	}
}

// Seen returns the keys of the sets that remember event ids.
func Seen(t tenant.ID) []string {
	k := keysOf(t)
	return k.ring[:]
}
