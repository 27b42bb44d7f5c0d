package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

// untilEnd works for d, or until its context ends, whose cause it sends.
func untilEnd(d time.Duration, causes chan<- error) handle {
	return each(func(ctx context.Context, _ job.Job) job.Outcome {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return done
		case <-ctx.Done():
			causes <- context.Cause(ctx)
			return job.Fail("flow_unreachable", ctx.Err())
		}
	})
}

func TestLeaseIsHeldForAsLongAsTheJobRuns(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, untilEnd(10*lease, nil))
		f.pass(10*lease - time.Second)
		if reaped, err := f.queue.Reap(f.Context(), here); err != nil || len(reaped.Returned) > 0 {
			f.Errorf("Reap = %+v, %v, want nothing: the lease is extended", reaped, err)
		}
		f.pass(time.Second)
		f.wantTold("ack p again 0s")
	})
}

func TestJobEndsBeforeALeaseThatCannotBeExtended(t *testing.T) {
	inBubble(t, func(f *fixture) {
		causes := make(chan error, 1)
		f.enqueue(here, "p")
		f.drain(1, untilEnd(time.Hour, causes))
		f.pass(2 * lease) // extended several times by now, the last time at this moment
		f.queue.failing(func(operation string) error {
			if operation == "extend" {
				return errCause
			}
			return nil
		})
		f.pass(lease - lease/10)
		select {
		case cause := <-causes:
			if !errors.Is(cause, queue.ErrLeaseLost) {
				f.Errorf("cause of the job's end = %v, want %v", cause, queue.ErrLeaseLost)
			}
		default:
			f.Errorf("job runs on after %v, want it to end before its lease of %v", lease-lease/10, lease)
		}
		// Its failure was none: no attempt is counted.
		f.wantTold("release p for 0s")
		f.end()
	})
}

func TestLeaseThatSomebodyElseHoldsIsLost(t *testing.T) {
	inBubble(t, func(f *fixture) {
		causes := make(chan error, 2)
		f.enqueue(here, "p")
		f.drain(1, untilEnd(time.Hour, causes))
		f.settle()
		other := f.steal()
		f.pass(lease / 3)
		if cause := <-causes; !errors.Is(cause, queue.ErrLeaseLost) {
			f.Errorf("cause of the job's end = %v, want %v", cause, queue.ErrLeaseLost)
		}
		reports := f.finished()
		if len(reports) != 1 || reports[0].Settled != worker.SettledLost || !errors.Is(reports[0].Err, queue.ErrLeaseLost) {
			f.Errorf("reports = %+v, want one of a lost lease", reports)
		}
		if held, err := f.queue.Memory.Extend(f.Context(), here, []job.Job{other}); err != nil || !held[0] {
			f.Errorf("Extend by the new holder = %v, %v, want it undisturbed", held, err)
		}
	})
}

// steal lets the lease of the one job run out and claims it for somebody else.
func (f *fixture) steal() job.Job {
	f.Helper()
	f.queue.Advance(lease)
	if _, err := f.queue.Reap(f.Context(), here); err != nil {
		f.Fatal(err)
	}
	c, err := f.queue.Memory.Claim(f.Context(), here, 1)
	if err != nil || len(c.Jobs) != 1 {
		f.Fatalf("Claim = %+v, %v, want the job", c, err)
	}
	return c.Jobs[0]
}

func TestSuccessUnderALostLeaseIsNotAcked(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			f.steal()
			return done
		}))
		f.settle()
		if reports := f.finished(); len(reports) != 1 || reports[0].Settled != worker.SettledLost {
			f.Errorf("reports = %+v, want one of a lost lease", reports)
		}
		f.wantStats(queue.Stats{Leased: 1})
	})
}

// abandon claims a job as a worker does that dies with it.
func (f *fixture) abandon() {
	f.Helper()
	if c, err := f.queue.Memory.Claim(f.Context(), here, 1); err != nil || len(c.Jobs) != 1 {
		f.Fatalf("Claim = %+v, %v, want a job", c, err)
	}
}

func TestJobOfADeadWorkerIsTakenOver(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.drain(1, always(done))
		// A moment that the loop's own looking does not share with the reaper's.
		f.pass(250 * time.Millisecond)
		f.pool.Wake(here)
		f.settle()
		f.enqueue(here, "p")
		f.abandon()
		f.pass(lease)
		f.wantTold()
		f.pass(lease/5 - 200*time.Millisecond)
		f.wantTold("ack p again 0s")
		if reports := f.finished(); len(reports) != 1 || reports[0].Job.Crashes != 1 || reports[0].Job.Attempts != 0 {
			f.Errorf("reports = %+v, want one of a job with a crash and no attempt", reports)
		}
	})
}

func TestJobThatKillsItsWorkersIsBuried(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		for range 4 {
			f.abandon()
			f.queue.Advance(lease)
			if _, err := f.queue.Reap(f.Context(), here); err != nil {
				f.Fatal(err)
			}
		}
		f.abandon()
		f.drain(1, always(done))
		f.pass(lease + lease/5)
		f.wantTold()
		letter, err := f.queue.DeadLetter(f.Context(), here, job.Key{Resource: "product", ID: "p"})
		if err != nil || letter.Reason != queue.ReasonPoison {
			f.Errorf("DeadLetter = %+v, %v, want reason %s", letter, err, queue.ReasonPoison)
		}
	})
}
