package job_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// A handler says what shall happen to each job; a panic fails its own job alone.
func ExampleEach() {
	jobs := []job.Job{{Key: job.Key{Resource: event.Product, ID: "lamp"}}}
	settle := func(j job.Job, o job.Outcome) { fmt.Println(j.Key, o.Verdict, o.Reason, o.Err) }

	job.Each(context.Background(), jobs, settle, func(context.Context, job.Job) job.Outcome {
		return job.Snooze(30*time.Second, "flow_unavailable", errors.New("circuit breaker is open"))
	})
	job.Each(context.Background(), jobs, settle, func(context.Context, job.Job) job.Outcome {
		panic("no such shelf")
	})
	// Output:
	// product/lamp snoozed flow_unavailable circuit breaker is open
	// product/lamp failed panic panic: no such shelf
}

func ExampleKey_String() {
	fmt.Println(job.Key{Resource: event.PurchaseOrder, ID: "PO/7"})
	// Output: purchase_order/PO/7
}
