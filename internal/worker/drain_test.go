package worker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

// gauge counts how many jobs run at once, and how many ran.
type gauge struct {
	mu                 sync.Mutex
	running, peak, ran int
}

// busy handles each job for d.
func (g *gauge) busy(d time.Duration) handle {
	return each(func(context.Context, job.Job) job.Outcome {
		g.count(1)
		time.Sleep(d)
		g.count(-1)
		return done
	})
}

func (g *gauge) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running += n
	g.peak = max(g.peak, g.running)
	g.ran += max(0, -n)
}

func (g *gauge) want(f *fixture, peak, ran int) {
	f.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.peak != peak || g.ran != ran {
		f.Errorf("peak = %d, jobs that ran = %d, want %d and %d", g.peak, g.ran, peak, ran)
	}
}

func (f *fixture) products(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("p%02d", i)
	}
	return ids
}

func TestConcurrencyIsUsedAndKept(t *testing.T) {
	inBubble(t, func(f *fixture) {
		g := new(gauge)
		f.enqueue(here, f.products(20)...)
		f.drain(4, g.busy(time.Second))
		f.pass(5*time.Second + time.Millisecond)
		g.want(f, 4, 20)
		f.wantStats(queue.Stats{})
	})
}

func TestSlotIsFreeAsSoonAsItsJobIsSettled(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "a-slow-one", "b", "c", "d")
		f.drain(2, each(func(_ context.Context, j job.Job) job.Outcome {
			if j.ID == "a-slow-one" {
				time.Sleep(time.Minute)
			}
			return done
		}))
		f.settle() // no time passes
		f.wantTold("ack b again 0s", "ack c again 0s", "ack d again 0s")
		f.pass(time.Minute)
		f.wantTold("ack a-slow-one again 0s")
	})
}

func TestHalfOpenTargetGetsOneJobAtATime(t *testing.T) {
	inBubble(t, func(f *fixture) {
		g := new(gauge)
		f.target.capacity = 1
		f.enqueue(here, f.products(5)...)
		f.drain(8, g.busy(time.Second))
		f.pass(4500 * time.Millisecond)
		g.want(f, 1, 4)
		f.pass(time.Second)
	})
}

func TestOpenTargetGetsNothingUntilItsWaitIsOver(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.target.capacity, f.target.wait = 0, 30*time.Second
		f.enqueue(here, "p")
		f.drain(8, always(done))
		f.pass(29 * time.Second)
		f.wantTold()
		f.wantStats(queue.Stats{Ready: 1})
		f.target.set(func(g *target) { g.capacity, g.wait = 8, 0 })
		f.pass(time.Second)
		f.wantTold("ack p again 0s")
	})
}

func TestWakeStartsAJobAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.drain(8, always(done))
		f.pass(300 * time.Millisecond)
		f.enqueue(here, "woken")
		f.pool.Wake(here)
		f.pool.Wake(there) // nobody's here: ignored
		f.settle()
		f.wantTold("ack woken again 0s")

		f.enqueue(here, "unheard")
		f.pass(time.Second)
		f.wantTold("ack unheard again 0s")
	})
}

func TestLoopSleepsUntilTheNextJobIsDue(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var at []time.Time
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			at = append(at, time.Now())
			return job.Defer(250*time.Millisecond, "read_too_early")
		}))
		f.pass(time.Second)
		if len(at) != 5 || at[4].Sub(at[0]) != time.Second {
			f.Errorf("runs = %v, want one every 250ms", at)
		}
	})
}

func TestEventDuringARunMakesTheJobRunAgainAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		runs := 0
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			runs++
			if runs == 1 {
				f.enqueue(here, "p")
			}
			return done
		}))
		f.settle() // no time passes
		f.wantTold("ack p again 0s", "ack p again 0s")
		f.wantStats(queue.Stats{})
	})
}

func TestSnoozeMakesTheTenantWait(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "a")
		f.enqueue(there, "x")
		sleepy := always(job.Snooze(10*time.Second, "flow_throttled", errCause))
		f.drainAll(
			worker.Tenant{
				ID: here, Concurrency: 8, Target: f.target,
				Handlers: map[event.Resource]worker.Handler{event.Product: sleepy},
			},
			worker.Tenant{
				ID: there, Concurrency: 8, Target: f.target,
				Handlers: map[event.Resource]worker.Handler{event.Product: always(done)},
			},
		)
		f.settle()
		f.told()
		f.enqueue(here, "b")
		f.enqueue(there, "y")
		f.pool.Wake(here)
		f.pool.Wake(there)
		f.pass(9 * time.Second)
		f.wantTold("ack y again 0s") // the neighbour does not wait
		f.pass(time.Second)
		if got := f.told(); len(got) != 2 {
			f.Errorf("after the wait the queue was told %q, want both jobs to have run", got)
		}
	})
}

func TestShorterSnoozeDoesNotEndALongerOne(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "a", "b")
		waits := map[string]time.Duration{"a": time.Minute, "b": time.Second}
		f.drain(8, handle(func(_ context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
			for _, j := range jobs {
				settle(j, job.Snooze(waits[j.ID], "flow_throttled", errCause))
			}
		}))
		f.settle()
		f.wantTold("release a for 1m0s", "release b for 1s")
		f.pass(59 * time.Second)
		f.wantTold()
	})
}

func TestDeferredJobWaitsAlone(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "early", "other")
		f.drain(1, each(func(_ context.Context, j job.Job) job.Outcome {
			if j.ID == "early" {
				return job.Defer(time.Minute, "read_too_early")
			}
			return done
		}))
		f.settle()
		f.wantTold("release early for 1m0s", "ack other again 0s")
	})
}

func TestPausedTenantIsLeftAlone(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		if err := f.queue.Pause(f.Context(), here); err != nil {
			f.Fatal(err)
		}
		f.drain(8, always(done))
		f.pass(time.Minute)
		f.wantTold()
		if err := f.queue.Resume(f.Context(), here); err != nil {
			f.Fatal(err)
		}
		f.pass(time.Second)
		f.wantTold("ack p again 0s")
	})
}

func TestOldDeadLettersExpire(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, always(job.Bury("unmappable", errCause)))
		f.pass(retention - time.Minute)
		f.wantStats(queue.Stats{Dead: 1})
		f.pass(time.Hour + 2*time.Minute)
		f.wantStats(queue.Stats{})
	})
}

func TestNewRefusesMissingOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]worker.Options{
		"no queue": {Lease: lease},
		"no lease": {Queue: &diary{}},
	} {
		if _, err := worker.New(o, nil); err == nil {
			t.Errorf("New with %s = nil, want an error", name)
		}
	}
}

// TestIdleTenantAsksSeldom: less than once a second, the reaper's questions included, while others
// announce their work, and a wake-up is heard all the same.
func TestIdleTenantAsksSeldom(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.drain(8, always(done))
		f.settle()
		f.asked()
		f.pass(time.Minute)
		if n := f.asked(); n > 40 {
			f.Errorf("an idle tenant asked the queue %d times in a minute, want at most 40", n)
		}
		f.enqueue(here, "woken")
		f.pool.WakeAll()
		f.settle()
		f.wantTold("ack woken again 0s")
		f.enqueue(here, "unheard")
		f.pass(5 * time.Second)
		f.wantTold("ack unheard again 0s")
	}, func(o *worker.Options) { o.Hinted = func() bool { return true } })
}

// TestDelayedJobIsNotLate: with something to wait for, the loop looks as often as without hints.
func TestDelayedJobIsNotLate(t *testing.T) {
	inBubble(t, func(f *fixture) {
		runs := 0
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			if runs++; runs == 1 {
				return job.Defer(2500*time.Millisecond, "read_too_early")
			}
			return done
		}))
		f.pass(2500 * time.Millisecond)
		f.wantTold("release p for 2.5s", "ack p again 0s")
	}, func(o *worker.Options) { o.Hinted = func() bool { return true } })
}
