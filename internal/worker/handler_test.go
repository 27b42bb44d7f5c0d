package worker_test

import (
	"context"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

func TestPanicFailsItsJob(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "bad", "good")
		f.drain(8, each(func(_ context.Context, j job.Job) job.Outcome {
			if j.ID == "bad" {
				panic("boom")
			}
			return done
		}))
		f.settle()
		for _, r := range f.finished() {
			bad := r.Job.ID == "bad"
			if bad && (r.Settled != worker.SettledRetried || r.Outcome.Reason != "panic" ||
				!strings.Contains(r.Outcome.Err.Error(), "boom") || !strings.Contains(r.Outcome.Detail, "handler_test.go")) {
				f.Errorf("report of the panic = %+v, want a retry with the stack", r)
			}
			if !bad && r.Settled != worker.SettledAcked {
				f.Errorf("report of its neighbour = %+v, want an ack", r)
			}
		}
		f.wantStats(queue.Stats{Delayed: 1})
	})
}

func TestPanicOfTheHandlerItselfFailsWhatIsOpen(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "a", "b", "c")
		f.drain(8, handle(func(_ context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
			settle(jobs[0], done)
			panic("boom")
		}))
		f.settle()
		f.wantStats(queue.Stats{Delayed: 2})
		// The pool has survived it.
		f.enqueue(here, "d")
		f.pool.Wake(here)
		f.settle()
		f.wantStats(queue.Stats{Delayed: 2})
	})
}

func TestForgottenJobIsRetried(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "kept", "lost")
		f.drain(8, handle(func(_ context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
			settle(jobs[0], done)
		}))
		f.settle()
		f.wantTold("ack kept again 0s", "retry lost data fault false")
		reports := f.finished()
		if len(reports) != 2 || reports[1].Outcome.Reason != "unsettled" {
			f.Errorf("reports = %+v, want the second to be unsettled", reports)
		}
	})
}

func TestSecondOutcomeIsIgnored(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(8, handle(func(_ context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
			settle(jobs[0], done)
			settle(jobs[0], job.Bury("unmappable", errCause))
		}))
		f.settle()
		f.wantTold("ack p again 0s")
	})
}

// TestJobsOfOneClaimAreHandledTogether: the bulk reads depend on it.
func TestJobsOfOneClaimAreHandledTogether(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var sizes []int
		f.enqueue(here, f.products(12)...)
		f.drain(8, handle(func(_ context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
			sizes = append(sizes, len(jobs))
			for _, j := range jobs {
				settle(j, done)
			}
		}))
		f.settle()
		if len(sizes) == 0 || sizes[0] != 8 {
			f.Errorf("jobs per call = %v, want 8 in the first", sizes)
		}
	})
}
