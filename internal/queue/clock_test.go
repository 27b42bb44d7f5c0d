package queue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestClockSteppingBack(t *testing.T) {
	t.Parallel()
	o := queue.Options{Lease: 10 * time.Minute}
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		m, rdb := startMini(t)
		now := time.Now()
		move := func(d time.Duration) {
			now = now.Add(d)
			m.SetTime(now)
		}
		move(0)
		checkSteppingBack(t, newQueue(t, rdb, o), move)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		rdb := redistest.Start(t).Client()
		checkSteppingBack(t, newQueue(t, rdb, o), clockOf(t, rdb))
	})
}

// checkSteppingBack lets the clock jump back twice while a job is leased, one is delayed and one is
// due: order, delays and leases go on as if it had stood still.
func checkSteppingBack(t *testing.T, q *queue.Queue, move func(time.Duration)) {
	t.Helper()
	const tn = tenant.ID("t")
	ctx := t.Context()
	mustEnqueue(t, q, product(tn, "leased"))
	leased := mustClaim(t, q, tn, 1)[0]
	mustEnqueue(t, q, product(tn, "delayed"))
	if err := q.Release(ctx, mustClaim(t, q, tn, 1)[0], 9*time.Minute); err != nil {
		t.Fatalf("Release = %v, want nil", err)
	}
	move(2 * time.Second)
	mustEnqueue(t, q, product(tn, "z old"))
	move(2 * time.Second)
	if _, err := q.Stats(ctx, tn); err != nil {
		t.Fatalf("Stats = %v, want nil", err)
	}

	for _, back := range []time.Duration{time.Hour, 24 * time.Hour} {
		move(-back)
		s, err := q.Stats(ctx, tn)
		if err != nil || s.Oldest < time.Second || s.Oldest > time.Minute {
			t.Errorf("Stats after a step back of %v = %+v, %v, want the oldest to wait a few seconds",
				back, s, err)
		}
		move(2 * time.Second)
	}
	mustEnqueue(t, q, product(tn, "a new"))
	jobs := mustClaim(t, q, tn, 10)
	if got, want := ids(jobs), []string{"z old", "a new"}; !slices.Equal(got, want) {
		t.Fatalf("Claim after the steps = %q, want %q", got, want)
	}
	if !jobs[1].Enqueued.After(jobs[0].Enqueued) {
		t.Errorf("Enqueued = %v after %v, want a later one", jobs[1].Enqueued, jobs[0].Enqueued)
	}

	if r, err := q.Reap(ctx, tn); err != nil || len(r.Returned) != 0 {
		t.Errorf("Reap = %+v, %v, want nothing yet", r, err)
	}
	move(9 * time.Minute)
	if got := ids(mustClaim(t, q, tn, 10)); !slices.Equal(got, []string{"delayed"}) {
		t.Errorf("Claim after the delay = %q, want [delayed]", got)
	}
	move(55 * time.Second)
	r, err := q.Reap(ctx, tn)
	if err != nil || !slices.Equal(r.Returned, []job.Key{leased.Key}) {
		t.Errorf("Reap = %+v, %v, want %s alone", r, err, leased.Key)
	}
}

func ids(jobs []job.Job) []string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.ID)
	}
	return out
}
