package redistest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue/redistest"
)

func TestClusterServesOnAllNodes(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	rdb := c.Empty(t)
	used := map[string]bool{}
	for i := range 50 {
		key := fmt.Sprint(i)
		if err := rdb.Set(t.Context(), key, "kept", 0).Err(); err != nil {
			t.Fatalf("Set(%s) = %v, want nil", key, err)
		}
		used[c.NodeOf(key).Addr()] = true
	}
	if len(used) != len(c.Nodes) {
		t.Errorf("nodes of 50 keys = %v, want all %d", used, len(c.Nodes))
	}
}

func TestSentinelPromotesTheReplica(t *testing.T) {
	t.Parallel()
	f := redistest.StartSentinel(t)
	rdb := f.Client()
	if err := rdb.Set(t.Context(), "key", "kept", 0).Err(); err != nil {
		t.Fatalf("Set = %v, want nil", err)
	}
	f.WaitInSync()
	f.Master.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		got, err := rdb.Get(ctx, "key").Result()
		if ctx.Err() != nil {
			t.Fatalf("Get after the failover = %v, want nil", err)
		}
		if err == nil {
			if got != "kept" {
				t.Errorf("Get after the failover = %q, want kept", got)
			}
			break
		}
	}
	info, err := f.Replica.Client().Info(t.Context(), "replication").Result()
	if err != nil || !strings.Contains(info, "role:master") {
		t.Errorf("Info of the replica = %s, %v, want role:master", info, err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.TLS(t))
	if err := s.Client().Ping(t.Context()).Err(); err != nil {
		t.Errorf("Ping = %v, want nil", err)
	}
	plain := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { _ = plain.Close() })
	if err := plain.Ping(t.Context()).Err(); err == nil {
		t.Error("Ping without TLS = nil, want an error")
	}
}
