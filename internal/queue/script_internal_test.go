package queue

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// TestPipelineRepeatsRefusedCallsAlone mixes scripts that the server knows with one that it does not,
// as happens when one node of a cluster has failed over.
func TestPipelineRepeatsRefusedCallsAlone(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	q, err := New(rdb, Options{})
	if err != nil {
		t.Fatalf("New = %v, want nil", err)
	}
	if err := q.scripts.enqueue.Load(t.Context(), rdb).Err(); err != nil {
		t.Fatalf("Load = %v, want nil", err)
	}
	entries := []Entry{
		{Tenant: "a", Key: job.Key{Resource: event.Product, ID: "1"}},
		{Tenant: "b", Key: job.Key{Resource: event.Product, ID: "1"}},
	}
	a, b := keysOf("a"), keysOf("b")
	cmds := pipeline(t.Context(), rdb, []call{
		q.enqueueCall("a", entries, []int{0}),
		{script: q.scripts.stats, keys: []string{a.meta, a.due, a.bulk, a.leased, a.died}},
		q.enqueueCall("b", entries, []int{1}),
		{script: q.scripts.stats, keys: []string{b.meta, b.due, b.bulk, b.leased, b.died}},
	})
	for _, at := range []int{0, 2} {
		// A call that ran twice would say coalesced.
		codes, err := cmds[at].Int64Slice()
		if err != nil || len(codes) != 1 || enqueueResult(codes[0]) != Accepted {
			t.Errorf("pipeline: call %d = %v, %v, want [1]: accepted", at, codes, err)
		}
	}
	for _, at := range []int{1, 3} {
		reply, err := cmds[at].Slice()
		if err != nil || len(reply) != 11 || reply[0] != int64(1) {
			t.Errorf("pipeline: call %d = %v, %v, want one ready job", at, reply, err)
		}
	}
}
