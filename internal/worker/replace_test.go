package worker_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// of is a tenant whose products h handles.
func (f *fixture) of(id tenant.ID, h worker.Handler) worker.Tenant {
	return worker.Tenant{
		ID: id, Concurrency: 4, Target: f.target, Handlers: map[event.Resource]worker.Handler{event.Product: h},
	}
}

func (f *fixture) replace(tenants ...worker.Tenant) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
	defer cancel()
	if err := f.pool.Replace(ctx, tenants); err != nil {
		f.Fatalf("Replace = %v, want nil", err)
	}
}

// handledBy counts by name who has handled jobs.
type handledBy map[string]int

func (h handledBy) handler(name string, o job.Outcome) worker.Handler {
	return each(func(context.Context, job.Job) job.Outcome {
		h[name]++ // the tests look at it when nothing runs
		return o
	})
}

func TestReplaceAddsRemovesAndChangesTenants(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var drained []string
		note := func(w worker.Tenant, name string) worker.Tenant {
			w.Drained = func() { drained = append(drained, name) }
			return w
		}
		handled := handledBy{}
		f.drainAll(note(f.of(here, handled.handler("here, before", done)), "here"))
		f.enqueue(here, "a")
		f.enqueue(there, "b")
		f.pass(2 * time.Second)
		f.replace(f.of(here, handled.handler("here", done)), note(f.of(there, handled.handler("there", done)), "there"))
		f.settle()
		f.enqueue(here, "c")
		f.pool.Wake(here)
		f.settle()
		f.replace(f.of(here, handled.handler("here, alone", done)))
		f.enqueue(there, "left alone")
		f.pool.Wake(there)
		f.pool.WakeAll()
		f.pass(time.Minute)
		if got, want := fmt.Sprint(handled), "map[here:1 here, before:1 there:1]"; got != want {
			t.Errorf("handled %s, want %s", got, want)
		}
		if got, want := fmt.Sprint(drained), "[here there]"; got != want {
			t.Errorf("drained %s, want %s", got, want)
		}
		if s, err := f.queue.Stats(t.Context(), there); err != nil || s.Ready != 1 {
			t.Errorf("queue of the removed tenant = %+v, %v, want its job untouched", s, err)
		}
	})
}

// A job that runs while its tenant is replaced is nobody else's until it has ended.
func TestReplaceLetsJobsFinish(t *testing.T) {
	inBubble(t, func(f *fixture) {
		handled := handledBy{}
		f.enqueue(here, "slow")
		f.drainAll(f.of(here, untilEnd(3*lease, nil)))
		f.settle()
		f.replace(f.of(here, handled.handler("new", done)))
		f.enqueue(here, "slow", "quick") // what runs becomes due again when it has ended
		f.pool.Wake(here)
		f.settle()
		f.wantTold("ack quick again 0s")
		f.pass(3*lease - time.Second)
		f.wantTold()
		f.pass(time.Second)
		f.wantTold("ack slow again 0s", "ack slow again 0s")
		if handled["new"] != 2 {
			t.Errorf("the new handler ran %d times, want for both", handled["new"])
		}
		f.wantStats(queue.Stats{})
	}, grace(4*lease))
}

func TestReplaceReleasesWhatOutlastsTheGrace(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drainAll(f.of(here, untilEnd(time.Hour, make(chan error, 1))))
		f.settle()
		f.replace(f.of(here, always(done)))
		f.pass(19 * time.Second)
		f.wantTold()
		f.pass(time.Second)
		f.wantTold("release p for 0s", "ack p again 0s")
	}, grace(20*time.Second))
}

// The refusal of a credential that has been replaced says nothing about the new one.
func TestRefusalOfAReplacedCredentialDoesNotSuspend(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drainAll(f.of(here, each(func(context.Context, job.Job) job.Outcome {
			time.Sleep(time.Second) // in a bubble
			return job.Suspend("flow_credential_refused", errCause)
		})))
		f.settle()
		f.replace(f.of(here, always(done)))
		f.pass(time.Second)
		f.wantTold("release p for 0s", "ack p again 0s")
	}, grace(lease))
}

func TestReplaceOfAPoolThatDoesNotRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool, err := worker.New(worker.Options{Queue: &diary{}, Lease: lease}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := pool.Replace(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Replace = %v, want the end of its context", err)
		}
	})
}

// Replacing all the time neither loses nor doubles anything.
func TestReplaceUnderLoad(t *testing.T) {
	inBubble(t, func(f *fixture) {
		running := map[string]bool{}
		lock := make(chan struct{}, 1)
		work := each(func(_ context.Context, j job.Job) job.Outcome {
			lock <- struct{}{}
			if running[j.ID] {
				t.Errorf("%s runs twice at a time", j.ID)
			}
			running[j.ID] = true
			<-lock
			time.Sleep(70 * time.Millisecond) // in a bubble
			lock <- struct{}{}
			running[j.ID] = false
			<-lock
			return done
		})
		f.target.capacity = math.MaxInt
		f.drainAll(f.of(here, work))
		for i := range 100 {
			f.enqueue(here, fmt.Sprint("p", i%7), fmt.Sprint("q", i))
			f.pool.Wake(here)
			f.pass(10 * time.Millisecond)
			f.replace(f.of(here, work))
		}
		f.pass(time.Minute)
		f.wantStats(queue.Stats{})
		for _, r := range f.finished() {
			if r.Settled != worker.SettledAcked {
				t.Errorf("%s was %s, want acked", r.Job.ID, r.Settled)
			}
		}
	}, grace(lease))
}
