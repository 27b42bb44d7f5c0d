package queuetest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
)

func shoe(eventID string) []queue.Entry {
	return []queue.Entry{{
		Tenant: "t", Key: job.Key{Resource: event.Product, ID: "shoe"},
		Cause: job.Cause{EventID: eventID, Change: event.Changed}, Dedupe: eventID,
	}}
}

// TestMemoryInBubble: in a synctest bubble leases end and delays pass on the bubble's clock.
func TestMemoryInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := queuetest.NewMemory(queue.Options{Lease: 15 * time.Second})
		if _, err := m.Enqueue(t.Context(), shoe("e1")); err != nil {
			t.Fatalf("Enqueue = %v, want nil", err)
		}
		if c, err := m.Claim(t.Context(), "t", 1); err != nil || len(c.Jobs) != 1 {
			t.Fatalf("Claim = %+v, %v, want the job", c, err)
		}
		for _, want := range []int{0, 1} {
			r, err := m.Reap(t.Context(), "t")
			if err != nil || len(r.Returned) != want {
				t.Errorf("Reap = %+v, %v, want %d returned", r, err, want)
			}
			<-time.After(15 * time.Second)
		}
		c, err := m.Claim(t.Context(), "t", 1)
		if err != nil || len(c.Jobs) != 1 || c.Jobs[0].Crashes != 1 {
			t.Errorf("Claim = %+v, %v, want the job with one crash", c, err)
		}
	})
}

func ExampleMemory() {
	ctx := context.Background()
	q := queuetest.NewMemory(queue.Options{})
	for _, id := range []string{"e1", "e1", "e2"} {
		results, _ := q.Enqueue(ctx, shoe(id))
		fmt.Println(id, results[0])
	}
	c, _ := q.Claim(ctx, "t", 10)
	_, _ = q.Enqueue(ctx, shoe("e3")) // while the job is running
	again, _ := q.Ack(ctx, c.Jobs[0], 0)
	fmt.Println("due again:", again)
	// Output:
	// e1 accepted
	// e1 duplicate
	// e2 coalesced
	// due again: true
}
