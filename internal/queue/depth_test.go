package queue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestDepthByLane has due and delayed jobs in both lanes.
func TestDepthByLane(t *testing.T) {
	t.Parallel()
	ctx, q := t.Context(), newQueue(t, redistest.Start(t).Client(), queue.Options{})
	for i, lane := range []job.Lane{job.Live, job.Live, job.Bulk, job.Bulk, job.Bulk} {
		e := product("t", string(rune('a'+i)))
		e.Lane = lane
		mustEnqueue(t, q, e)
	}
	for lane, n := range map[job.Lane]int{job.Live: 1, job.Bulk: 2} {
		c, err := q.ClaimLane(ctx, "t", lane, n)
		if err != nil || len(c.Jobs) != n {
			t.Fatalf("ClaimLane(%v, %d) = %+v, %v", lane, n, c, err)
		}
		for _, j := range c.Jobs {
			if err := q.Release(ctx, j, 3600e9); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := q.Depth(ctx, "t")
	if err != nil {
		t.Fatal(err)
	}
	for lane := range got.Lanes {
		got.Lanes[lane].Oldest = 0
	}
	got.Oldest = 0
	want := queue.Depth{
		Stats: queue.Stats{Ready: 2, Delayed: 3, Bulk: 1},
		Lanes: [2]queue.LaneDepth{job.Live: {Ready: 1, Delayed: 1}, job.Bulk: {Ready: 1, Delayed: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Depth (-want +got):\n%s", diff)
	}
}
