package queue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestCluster is one test because a cluster takes seconds to start. What breaks it comes last.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	t.Run("conforms", func(t *testing.T) {
		queuetest.Run(t, func(t *testing.T, o queue.Options) queuetest.Harness {
			rdb := c.Empty(t)
			return queuetest.Harness{Queue: newQueue(t, rdb, o), Advance: clockOf(t, rdb)}
		})
	})
	t.Run("spread", func(t *testing.T) { checkSpread(t, c) })
	t.Run("forgotten scripts", func(t *testing.T) { checkForgottenScripts(t, c) })
	t.Run("moving slot", func(t *testing.T) { checkMovingSlot(t, c) })
	t.Run("wake-ups", func(t *testing.T) { checkWakeUps(t, c) })
	t.Run("server check", func(t *testing.T) { checkClusterServers(t, c) })
	t.Run("dead node", func(t *testing.T) { checkDeadNode(t, c) })
}

// tenantsOf returns one tenant per node of the cluster, in the order of the nodes.
func tenantsOf(t *testing.T, c *redistest.Cluster) []tenant.ID {
	t.Helper()
	found := map[*redistest.Server]tenant.ID{}
	for i := 0; len(found) < len(c.Nodes); i++ {
		tn := tenant.ID(fmt.Sprintf("tenant%d", i))
		found[c.NodeOf(queue.NamesOf(tn).Meta)] = tn
	}
	var tenants []tenant.ID
	for _, n := range c.Nodes {
		tenants = append(tenants, found[n])
	}
	return tenants
}

// oneEach returns an entry for each tenant.
func oneEach(tenants []tenant.ID, id string) []queue.Entry {
	var entries []queue.Entry
	for _, tn := range tenants {
		entries = append(entries, product(tn, id))
	}
	return entries
}

// wantResults compares the results of one Enqueue.
func wantResults(t *testing.T, call string, got []queue.Result, want ...queue.Result) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s = %q, want %q", call, got, want)
	}
}

// checkSpread enqueues for tenants on all nodes in one call.
func checkSpread(t *testing.T, c *redistest.Cluster) {
	q := newQueue(t, c.Empty(t), queue.Options{})
	tenants := tenantsOf(t, c)
	entries := append(oneEach(tenants, "1"), oneEach(tenants, "1")...)
	wantResults(t, "Enqueue", mustEnqueue(t, q, entries...), queue.Accepted, queue.Accepted, queue.Accepted,
		queue.Coalesced, queue.Coalesced, queue.Coalesced)
	for _, tn := range tenants {
		if jobs := mustClaim(t, q, tn, 10); len(jobs) != 1 || jobs[0].Generation != 2 {
			t.Errorf("Claim(%s) = %+v, want one job with generation 2", tn, jobs)
		}
	}
}

// checkForgottenScripts makes one node after the other forget its scripts: the calls that it refuses
// run once, and those of the other nodes are not repeated.
func checkForgottenScripts(t *testing.T, c *redistest.Cluster) {
	q := newQueue(t, c.Empty(t), queue.Options{})
	tenants := tenantsOf(t, c)
	for i, n := range c.Nodes {
		if err := n.Client().ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatalf("ScriptFlush = %v, want nil", err)
		}
		wantResults(t, "Enqueue", mustEnqueue(t, q, oneEach(tenants, fmt.Sprint(i))...),
			queue.Accepted, queue.Accepted, queue.Accepted)
		if err := n.Client().ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatalf("ScriptFlush = %v, want nil", err)
		}
		if jobs := mustClaim(t, q, tenants[i], 10); len(jobs) != i+1 {
			t.Errorf("Claim(%s) without scripts = %d jobs, want %d", tenants[i], len(jobs), i+1)
		}
	}
}

// checkMovingSlot gives a tenant's slot to another node. While its keys are on both, scripts are
// refused and nothing is lost; once they have moved, the queue follows without a restart.
func checkMovingSlot(t *testing.T, c *redistest.Cluster) {
	ctx, rdb := t.Context(), c.Empty(t)
	q := newQueue(t, rdb, queue.Options{})
	tenants := tenantsOf(t, c)
	mustEnqueue(t, q, oneEach(tenants, "1")...)
	from, to := c.Nodes[0].Client(), c.Nodes[1].Client()
	slot := from.ClusterKeySlot(ctx, queue.NamesOf(tenants[0]).Meta).Val()
	fromID, toID := from.ClusterMyID(ctx).Val(), to.ClusterMyID(ctx).Val()
	do := func(on *redis.Client, args ...any) {
		t.Helper()
		if err := on.Do(ctx, args...).Err(); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID)
	do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID)
	migrate := func(keys []string) {
		t.Helper()
		port := c.Nodes[1].Addr()[len("127.0.0.1:"):]
		args := []any{"MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS"}
		for _, key := range keys {
			args = append(args, key)
		}
		do(from, args...)
	}
	keys := from.ClusterGetKeysInSlot(ctx, int(slot), 100).Val()
	if len(keys) < 3 {
		t.Fatalf("keys of the slot = %q, want the tenant's", keys)
	}
	migrate(keys[:1])
	got, err := q.Enqueue(ctx, oneEach(tenants, "2"))
	if err == nil || got[0] != "" {
		t.Errorf("Enqueue in the middle of a move = %q, %v, want an error and no result", got, err)
	}
	wantResults(t, "Enqueue for the others", got[1:], queue.Accepted, queue.Accepted)
	if _, err := q.Claim(ctx, tenants[0], 10); err == nil {
		t.Error("Claim in the middle of a move = nil, want an error")
	}
	migrate(keys[1:])
	for _, node := range []*redis.Client{to, from} {
		do(node, "CLUSTER", "SETSLOT", slot, "NODE", toID)
	}
	wantResults(t, "Enqueue after the move", mustEnqueue(t, q, oneEach(tenants, "2")...),
		queue.Accepted, queue.Coalesced, queue.Coalesced)
	if jobs := mustClaim(t, q, tenants[0], 10); len(jobs) != 2 {
		t.Errorf("Claim after the move = %+v, want two jobs", jobs)
	}
}

// checkWakeUps: what a script says on one node is heard on the others.
func checkWakeUps(t *testing.T, c *redistest.Cluster) {
	q := newQueue(t, c.Empty(t), queue.Options{})
	heard := listen(t, newQueue(t, c.Client(), queue.Options{}))
	for _, tn := range tenantsOf(t, c) {
		mustEnqueue(t, q, product(tn, "1"))
		wantHeard(t, heard, tn)
	}
}

func checkClusterServers(t *testing.T, c *redistest.Cluster) {
	ctx, rdb := t.Context(), c.Empty(t)
	if got, err := queue.CheckServer(ctx, rdb); len(got) > 0 || err != nil {
		t.Errorf("CheckServer = %q, %v, want nothing", got, err)
	}
	evicting := c.Nodes[1]
	set := func(policy string) {
		t.Helper()
		if err := evicting.Client().ConfigSet(ctx, "maxmemory-policy", policy).Err(); err != nil {
			t.Fatalf("ConfigSet = %v, want nil", err)
		}
	}
	set("allkeys-lru")
	want := evicting.Addr() + ": maxmemory-policy is allkeys-lru: a full Redis would drop jobs; set it to noeviction"
	if got, err := queue.CheckServer(ctx, rdb); len(got) != 1 || got[0] != want || err != nil {
		t.Errorf("CheckServer = %q, %v, want [%s]", got, err, want)
	}
	set("noeviction")
	if _, err := queue.CheckServer(ctx, evicting.Client()); !errors.Is(err, queue.ErrClusterNode) {
		t.Errorf("CheckServer of one node = %v, want %v", err, queue.ErrClusterNode)
	}
}

// checkDeadNode kills a node. Its tenants are refused at once, the others are served until the
// cluster notices that slots are away, and everything is there when the node is back.
func checkDeadNode(t *testing.T, c *redistest.Cluster) {
	q := newQueue(t, c.Empty(t), queue.Options{Lease: time.Hour})
	tenants := tenantsOf(t, c)
	mustEnqueue(t, q, oneEach(tenants, "1")...)
	leased := mustClaim(t, q, tenants[2], 1)[0]
	c.Nodes[2].Kill()
	got, err := q.Enqueue(t.Context(), oneEach(tenants, "2"))
	if err == nil || got[2] != "" {
		t.Errorf("Enqueue without a node = %q, %v, want an error and no result for its tenant", got, err)
	}
	wantResults(t, "Enqueue for the others", got[:2], queue.Accepted, queue.Accepted)
	if _, err := q.Ack(t.Context(), leased, 0); err == nil {
		t.Error("Ack without a node = nil, want an error")
	}
	eventually(t, func(ctx context.Context) error {
		_, err := q.Claim(ctx, tenants[0], 0)
		if !redis.HasErrorPrefix(err, "CLUSTERDOWN") {
			return fmt.Errorf("Claim while slots are away = %w, want CLUSTERDOWN", err)
		}
		return nil
	})
	c.Nodes[2].Restart()
	c.WaitServing()
	eventually(t, func(ctx context.Context) error {
		_, err := q.Ack(ctx, leased, 0)
		return err
	})
	mustEnqueue(t, q, oneEach(tenants, "2")...)
	for i, want := range []int{2, 2, 1} {
		if jobs := mustClaim(t, q, tenants[i], 10); len(jobs) != want {
			t.Errorf("Claim(%s) = %d jobs, want %d", tenants[i], len(jobs), want)
		}
	}
}

// eventually repeats check until it is content.
func eventually(t *testing.T, check func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in time: %v", err)
		}
	}
}
