package queue_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

func newQueue(t testing.TB, rdb redis.UniversalClient, o queue.Options) *queue.Queue {
	t.Helper()
	q, err := queue.New(rdb, o)
	if err != nil {
		t.Fatalf("New(%+v) = %v, want nil", o, err)
	}
	return q
}

func startMini(t testing.TB) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	m := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close() })
	return m, rdb
}

// clockOf returns what moves the clock of rdb's server, as its tenants see it.
func clockOf(t *testing.T, rdb redis.UniversalClient) func(time.Duration) {
	return func(d time.Duration) {
		t.Helper()
		if err := queue.MoveClock(t.Context(), rdb, d); err != nil {
			t.Fatalf("MoveClock(%v) = %v, want nil", d, err)
		}
	}
}

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(_ *testing.T, o queue.Options) queuetest.Harness {
		m := queuetest.NewMemory(o)
		return queuetest.Harness{Queue: m, Advance: m.Advance}
	})
}

// TestMiniredisConforms moves the clock of the server itself.
func TestMiniredisConforms(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T, o queue.Options) queuetest.Harness {
		m, rdb := startMini(t)
		now := time.Now()
		m.SetTime(now)
		return queuetest.Harness{Queue: newQueue(t, rdb, o), Advance: func(d time.Duration) {
			now = now.Add(d)
			m.SetTime(now)
			m.FastForward(d)
		}}
	})
}

// TestRedisConforms moves the tenants' clocks, since the server's is the machine's.
func TestRedisConforms(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	queuetest.Run(t, func(t *testing.T, o queue.Options) queuetest.Harness {
		rdb := server.Empty(t)
		return queuetest.Harness{Queue: newQueue(t, rdb, o), Advance: clockOf(t, rdb)}
	})
}

// TestSettlerConforms settles in groups, which in a test of one goroutine have one member.
func TestSettlerConforms(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	queuetest.Run(t, func(t *testing.T, o queue.Options) queuetest.Harness {
		rdb := server.Empty(t)
		return queuetest.Harness{
			Queue: queue.NewSettler(newQueue(t, rdb, o), 0), Advance: clockOf(t, rdb),
		}
	})
}
