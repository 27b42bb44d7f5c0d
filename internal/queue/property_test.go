package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestMiniredisBehavesLikeTheModel(t *testing.T) {
	t.Parallel()
	m, rdb := startMini(t)
	queuetest.Property(t, func(o queue.Options) queuetest.Exact {
		m.FlushAll()
		return queuetest.Exact{
			Queue:   newQueue(t, rdb, o),
			SetTime: func(_ []tenant.ID, now time.Time) { m.SetTime(now) },
			Audit:   func(tn tenant.ID) error { return audit(t.Context(), rdb, tn) },
		}
	})
}

func TestRedisBehavesLikeTheModel(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	queuetest.Property(t, func(o queue.Options) queuetest.Exact {
		if err := rdb.FlushAll(t.Context()).Err(); err != nil {
			t.Fatalf("FlushAll = %v, want nil", err)
		}
		return queuetest.Exact{
			Queue: newQueue(t, rdb, o),
			SetTime: func(tenants []tenant.ID, now time.Time) {
				for _, tn := range tenants {
					if err := queue.SetClock(t.Context(), rdb, tn, now); err != nil {
						t.Fatalf("SetClock = %v, want nil", err)
					}
				}
			},
			Audit: func(tn tenant.ID) error { return audit(t.Context(), rdb, tn) },
		}
	})
}

// audit checks that every record has exactly one place: due without a token, leased with one, or
// among the dead.
func audit(ctx context.Context, rdb redis.UniversalClient, t tenant.ID) error {
	n := queue.NamesOf(t)
	pipe := rdb.Pipeline()
	jobs, dead := pipe.HGetAll(ctx, n.Jobs), pipe.HKeys(ctx, n.Dead)
	due, bulk := pipe.ZRange(ctx, n.Due, 0, -1), pipe.ZRange(ctx, n.Bulk, 0, -1)
	leased := pipe.ZRange(ctx, n.Leased, 0, -1)
	died := pipe.ZRange(ctx, n.Died, 0, -1)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	places := map[string]string{}
	for place, names := range map[string][]string{
		"due": due.Val(), "bulk": bulk.Val(), "leased": leased.Val(), "died": died.Val(),
	} {
		for _, name := range names {
			places[name] += place
		}
	}
	for name, record := range jobs.Val() {
		want := "leased"
		if fields := strings.Fields(record); fields[3] == "0" {
			want = map[bool]string{false: "due", true: "bulk"}[fields[5] >= "2"]
		}
		if places[name] != want {
			return fmt.Errorf("%q is in %q with record %q, want %q", name, places[name], record, want)
		}
		delete(places, name)
	}
	for _, name := range dead.Val() {
		if places[name] != "died" {
			return fmt.Errorf("dead letter %q is in %q, want died", name, places[name])
		}
		delete(places, name)
	}
	if len(places) > 0 {
		return fmt.Errorf("places without a record: %v", places)
	}
	return nil
}
