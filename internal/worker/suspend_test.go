package worker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func (g *target) probed() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.probes
}

func TestSuspendedTenantIsProbedOnceAMinute(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.target.refuses = true
		var renewed atomic.Bool
		f.enqueue(here, "p")
		f.drain(8, each(func(context.Context, job.Job) job.Outcome {
			if !renewed.Load() {
				return job.Suspend("flow_credential_refused", errCause)
			}
			return done
		}))
		f.settle()
		f.wantTold("suspend here: flow_credential_refused: cause", "release p for 0s")
		f.pass(5*time.Minute + 30*time.Second)
		// The first probe comes at once; the loop looks once a second whether the next is due.
		if got := f.target.probed(); got < 5 || got > 6 {
			f.Errorf("probes in 5m30s = %d, want one at once and then one a minute", got)
		}
		f.wantTold()
		renewed.Store(true)
		f.target.set(func(g *target) { g.refuses = false })
		f.pass(time.Minute + 2*time.Second)
		f.wantTold("ack p again 0s")
		f.wantStats(queue.Stats{})
	})
}

func TestRestartProbesAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		if err := f.queue.Memory.Suspend(f.Context(), here, "by another process"); err != nil {
			f.Fatal(err)
		}
		f.drain(8, always(done))
		f.pass(time.Second)
		f.wantTold("ack p again 0s")
		f.wantStats(queue.Stats{})
	})
}

// TestCredentialThatWorksForTheProbeOnly must not turn into a busy loop of probes and refusals.
func TestCredentialThatWorksForTheProbeOnly(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(8, always(job.Suspend("flow_credential_refused", errCause)))
		f.pass(10 * time.Minute)
		if runs := len(f.finished()); runs < 2 || runs > 12 {
			f.Errorf("runs in 10m = %d, want about one a minute", runs)
		}
	})
}
