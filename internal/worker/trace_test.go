package worker_test

import (
	"context"
	"testing"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/worker"
)

type traced struct{}

// TestTraceSurroundsTheHandler wants the handler to run on the context of the hook, and the end to be told
// after everything is settled, even when the handler panics.
func TestTraceSurroundsTheHandler(t *testing.T) {
	var of context.Context
	var begun, settledBefore int
	var f *fixture
	inBubble(t, func(bubble *fixture) {
		f = bubble
		f.enqueue(here, "a", "b")
		f.drain(8, handle(func(ctx context.Context, _ []job.Job, _ func(job.Job, job.Outcome)) {
			of = ctx
			panic("boom")
		}))
		f.settle()
		if of == nil || of.Value(traced{}) != "yes" || begun != 2 || settledBefore != 2 {
			f.Errorf("hook was told of %d jobs and of its end after %d were settled, want 2 and 2; handler's context %v",
				begun, settledBefore, of)
		}
	}, func(o *worker.Options) {
		o.Trace = func(ctx context.Context, jobs []job.Job) (context.Context, func()) {
			begun += len(jobs)
			return context.WithValue(ctx, traced{}, "yes"), func() { settledBefore = len(f.finished()) }
		}
	})
}
