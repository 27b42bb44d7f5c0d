package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

// minuteSamples has two replicas count what they do, one after the other; the minutes are added up
// because the test may see two of them.
func minuteSamples(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	began := time.Now()
	depth := ledger.Depth{Ready: 5, Delayed: 4, Leased: 3, Dead: 2, Oldest: 90 * time.Second}
	for range 2 {
		s := ledger.NewSampler(rdb, func(context.Context) map[tenant.ID]ledger.Depth {
			return map[tenant.ID]ledger.Depth{fjell: depth}
		})
		s.Count(fjell, job.Outcome{Verdict: job.Done, Result: job.Pushed}, false)
		s.Count(fjell, job.Outcome{Verdict: job.Done, Result: job.Deactivated}, false)
		s.Count(fjell, job.Outcome{Verdict: job.Done, Result: job.Unchanged}, false)
		s.Count(fjell, job.Fail("flow_failed", nil), false)
		s.Count(fjell, job.Fail("flow_failed", nil), true)
		s.Count(skog, job.Bury("unmappable", nil), true)
		runBriefly(t, s)
	}
	now := time.Now()
	for id, want := range map[tenant.ID]ledger.Runs{
		fjell: {Pushed: 4, Agreed: 2, Failed: 2, Buried: 2}, skog: {Buried: 2}, "nobody": {},
	} {
		samples, err := l.Samples(t.Context(), id, began, now)
		if err != nil {
			t.Fatalf("Samples(%s) = %v", id, err)
		}
		var sum ledger.Runs
		var found *ledger.Depth
		for _, s := range samples {
			if s.At.Before(began.Truncate(time.Minute)) || s.At.After(now) {
				t.Errorf("Samples(%s) has the minute %v, want one of the test's", id, s.At)
			}
			sum.Pushed, sum.Agreed = sum.Pushed+s.Pushed, sum.Agreed+s.Agreed
			sum.Failed, sum.Buried = sum.Failed+s.Failed, sum.Buried+s.Buried
			if s.Depth != nil {
				found = s.Depth
			}
		}
		if diff := cmp.Diff(want, sum); diff != "" {
			t.Errorf("Samples(%s) (-want +got):\n%s", id, diff)
		}
		if id == fjell && (found == nil || *found != depth) {
			t.Errorf("Samples(%s) has the depth %+v, want %+v", id, found, depth)
		}
	}
	if past, err := l.Samples(t.Context(), fjell, began.Add(-3*time.Hour), began.Add(-time.Hour)); len(past) != 0 || err != nil {
		t.Errorf("Samples of the past = %v, %v; want none", past, err)
	}
}

// unreadableSamples are taken as not told, and samples do not stay for ever.
func unreadableSamples(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	s := ledger.NewSampler(rdb, func(context.Context) map[tenant.ID]ledger.Depth {
		return map[tenant.ID]ledger.Depth{fjell: {}}
	})
	began := time.Now()
	runBriefly(t, s)
	keys := []string{"omniflow:{fjell_no}:samples:" + began.UTC().Format("2006010215")}
	if ttl := rdb.TTL(t.Context(), keys[0]).Val(); ttl <= ledger.SampleAge || ttl > ledger.SampleAge+time.Hour {
		t.Errorf("samples stay for %v, want a little over %v", ttl, ledger.SampleAge)
	}
	minute := began.UTC().Format("04")
	for _, depth := range []string{"", "1 2 3", "a b c d e"} {
		if err := rdb.HSet(t.Context(), keys[0], minute+":depth", depth, minute+":pushed", "x").Err(); err != nil {
			t.Fatal(err)
		}
		got, err := l.Samples(t.Context(), fjell, began, began)
		if err != nil || len(got) != 1 || got[0].Depth != nil || got[0].Pushed != 0 {
			t.Errorf("Samples with the depth %q = %+v, %v; want nothing told", depth, got, err)
		}
	}
}

// runBriefly runs a sampler until it has written what it was told before.
func runBriefly(t *testing.T, s *ledger.Sampler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	cancel()
	go func() { ended <- s.Run(ctx) }()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
