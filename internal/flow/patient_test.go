package flow_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

type patience struct{}

// TestPatientCallsDoNotHoldUpOthers sends a hundred calls that may wait through a rate limit of ten a
// second, and one that may not.
func TestPatientCallsDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			mu             sync.Mutex
			inFlight, peak int
		)
		c := newClient(t, flow.Options{
			RequestsPerSecond: 10, Burst: 1,
			Patient:      func(ctx context.Context) bool { return ctx.Value(patience{}) != nil },
			PatientCalls: 2,
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				inFlight++
				peak = max(peak, inFlight)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				inFlight--
				mu.Unlock()
				return answering(200).RoundTrip(r)
			}),
		})
		var all sync.WaitGroup
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), patience{}, true))
		for range 100 {
			all.Go(func() { _ = c.Probe(ctx) })
		}
		time.Sleep(10 * time.Second)
		began := time.Now()
		if err := c.Probe(t.Context()); err != nil {
			t.Errorf("Probe: %v", err)
		}
		if took := time.Since(began) - time.Second; took > 300*time.Millisecond {
			t.Errorf("a call waited %v beside a hundred patient ones, want at most their two turns", took)
		}
		if peak > 3 {
			t.Errorf("%d calls in flight, want at most two patient ones and the other", peak)
		}
		cancel()
		all.Wait()
	})
}
