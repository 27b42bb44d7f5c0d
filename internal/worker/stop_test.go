package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

func grace(d time.Duration) func(*worker.Options) {
	return func(o *worker.Options) { o.Grace = d }
}

func TestStopWaitsForJobsWithinTheGrace(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p", "next")
		f.drain(1, untilEnd(3*lease, nil)) // longer than a lease: it is extended while stopping
		f.settle()
		f.stop()
		f.end()
		f.wantTold("ack next again 0s")
		f.wantStats(queue.Stats{Ready: 1}) // nothing new was claimed
	}, grace(4*lease))
}

func TestStopReleasesWhatOutlastsTheGrace(t *testing.T) {
	inBubble(t, func(f *fixture) {
		began := time.Now()
		causes := make(chan error, 1)
		f.enqueue(here, "p")
		f.drain(1, untilEnd(time.Hour, causes))
		f.settle()
		f.end()
		if took := time.Since(began); took != 20*time.Second {
			f.Errorf("Run ended after %v, want the grace of 20s", took)
		}
		f.wantTold("release p for 0s")
		f.wantUntouched()
	}, grace(20*time.Second))
}

// wantUntouched wants one job that is due and has neither attempts nor crashes.
func (f *fixture) wantUntouched() {
	f.Helper()
	c, err := f.queue.Memory.Claim(f.Context(), here, 8)
	if err != nil || len(c.Jobs) != 1 || c.Jobs[0].Attempts != 0 || c.Jobs[0].Crashes != 0 {
		f.Errorf("Claim = %+v, %v, want one job without attempts and crashes", c, err)
	}
}

func TestStopWithoutGraceReleasesAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		began := time.Now()
		causes := make(chan error, 1)
		f.enqueue(here, "p")
		f.drain(1, untilEnd(time.Hour, causes))
		f.settle()
		f.end()
		if took := time.Since(began); took != 0 {
			f.Errorf("Run ended after %v, want at once", took)
		}
		f.wantTold("release p for 0s")
	})
}

// TestInterruptedJobIsNeitherBuriedNorSuspended: what a job says when it was cut off says nothing.
func TestInterruptedJobIsNeitherBuriedNorSuspended(t *testing.T) {
	for name, o := range map[string]job.Outcome{
		"permanent": job.Bury("unmappable", errCause),
		"suspended": job.Suspend("flow_credential_refused", errCause),
		"failed":    job.Fail("flow_failed", errCause),
		"snoozed":   job.Snooze(time.Minute, "flow_throttled", errCause),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				f.enqueue(here, "p")
				f.drain(1, each(func(ctx context.Context, _ job.Job) job.Outcome {
					<-ctx.Done()
					return o
				}))
				f.settle()
				f.end()
				f.wantTold("release p for 0s")
			})
		})
	}
}

func TestJobThatAgreesInSpiteOfTheStopIsAcked(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, each(func(ctx context.Context, _ job.Job) job.Outcome {
			<-ctx.Done()
			return done
		}))
		f.settle()
		f.end()
		f.wantTold("ack p again 0s")
	})
}

func TestStopOfAnIdlePoolIsQuick(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.drain(8, always(done))
		f.pass(time.Minute)
		began := time.Now()
		f.end()
		if took := time.Since(began); took != 0 {
			f.Errorf("Run ended after %v, want at once", took)
		}
	}, grace(time.Minute))
}
