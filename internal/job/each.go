package job

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// bulkAtOnce is how many jobs of one batch of the bulk lane run at once: hundreds would leave the live
// ones waiting for the processor and for connections.
const bulkAtOnce = 16

// Each runs work for every job in a goroutine of its own and settles each with what it returns, as
// soon as it returns. In the bulk lane 16 run at once, in their order. It blocks until all are settled. A
// panic fails only its own job; the stack is in the outcome's Detail.
func Each(
	ctx context.Context, jobs []Job, settle func(Job, Outcome),
	work func(context.Context, Job) Outcome,
) {
	atOnce := len(jobs)
	if LaneOf(ctx) == Bulk {
		atOnce = min(atOnce, bulkAtOnce)
	}
	room := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, j := range jobs {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			settle(j, guarded(ctx, j, work))
		})
	}
	wg.Wait()
}

func guarded(
	ctx context.Context, j Job, work func(context.Context, Job) Outcome,
) (o Outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = Panicked(v)
		}
	}()
	return work(ctx, j)
}

// Panicked is the outcome of a run that panicked with v; call it from the deferred function.
func Panicked(v any) Outcome {
	o := Fail("panic", fmt.Errorf("panic: %v", v))
	o.Detail = string(debug.Stack())
	return o
}
