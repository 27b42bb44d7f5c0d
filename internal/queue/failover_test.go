package queue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestClaimThatAFailoverTookBack: a replica that becomes the master may not know of the newest
// claim. Who made it must not be able to settle the claim that follows.
func TestClaimThatAFailoverTookBack(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	q := newQueue(t, rdb, queue.Options{})
	mustEnqueue(t, q, product("t", "1"))
	restore := remember(t, rdb, "t")
	lost := mustClaim(t, q, "t", 1)[0]
	restore()
	clockOf(t, rdb)(time.Second) // a failover takes longer
	held := mustClaim(t, q, "t", 1)[0]
	if held.Token <= lost.Token {
		t.Errorf("token after the failover = %d, want one above %d", held.Token, lost.Token)
	}
	if _, err := q.Ack(t.Context(), lost, 0); !errors.Is(err, queue.ErrLeaseLost) {
		t.Errorf("Ack of the claim that was lost = %v, want %v", err, queue.ErrLeaseLost)
	}
	if _, err := q.Ack(t.Context(), held, 0); err != nil {
		t.Errorf("Ack of the claim after the failover = %v, want nil", err)
	}
}

// remember returns what puts a tenant's structures back to what they are now.
func remember(t *testing.T, rdb *redis.Client, tn tenant.ID) func() {
	t.Helper()
	n := queue.NamesOf(tn)
	names := []string{n.Meta, n.Jobs, n.Due, n.Leased, n.Dead, n.Died}
	kept := map[string]string{}
	for _, name := range names {
		dump, err := rdb.Dump(t.Context(), name).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatalf("Dump(%s) = %v, want nil", name, err)
		}
		kept[name] = dump
	}
	return func() {
		t.Helper()
		if err := rdb.Del(t.Context(), names...).Err(); err != nil {
			t.Fatalf("Del = %v, want nil", err)
		}
		for name, dump := range kept {
			if dump == "" {
				continue
			}
			if err := rdb.Restore(t.Context(), name, 0, dump).Err(); err != nil {
				t.Fatalf("Restore(%s) = %v, want nil", name, err)
			}
		}
	}
}
