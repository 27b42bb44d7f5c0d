// Package queuetest says what a queue does, twice: Memory is a queue in plain Go that can be read as
// the specification, and Run is the suite of behaviours that every implementation passes. Property
// compares an implementation with Memory over random sequences.
package queuetest

import (
	"context"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Queue is all that a queue can do. The methods of queue.Queue are the full contracts.
type Queue interface {
	// Enqueue keeps entries and returns one result per entry, in order.
	Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error)

	// Claim leases up to n due jobs, those due longest first.
	Claim(ctx context.Context, t tenant.ID, n int) (queue.Claimed, error)
	ClaimLane(ctx context.Context, t tenant.ID, lane job.Lane, n int) (queue.Claimed, error)
	// Extend renews leases and reports which are still held.
	Extend(ctx context.Context, t tenant.ID, jobs []job.Job) ([]bool, error)
	// Reap takes back leases that ran out.
	Reap(ctx context.Context, t tenant.ID) (queue.Reaped, error)

	// Ack ends a job, or makes it due again.
	Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error)
	// Retry returns a job for after the delay and counts an attempt.
	Retry(ctx context.Context, j job.Job, delay time.Duration, dataFault bool) (bool, error)
	// Release returns a job for after the delay and counts nothing.
	Release(ctx context.Context, j job.Job, delay time.Duration) error
	// Bury makes a dead letter of a job, unless events arrived while it was running.
	Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error)

	// DeadLetter returns one dead letter.
	DeadLetter(ctx context.Context, t tenant.ID, key job.Key) (queue.DeadLetter, error)
	// DeadLetters returns a page of dead letters and the cursor of the next.
	DeadLetters(
		ctx context.Context, t tenant.ID, cursor string, limit int,
	) ([]queue.DeadLetter, string, error)
	// Replay makes a dead letter a job again.
	Replay(ctx context.Context, t tenant.ID, key job.Key) error
	// Discard forgets a dead letter.
	Discard(ctx context.Context, t tenant.ID, key job.Key) error
	// ReplayAll makes dead letters jobs again and returns how many.
	ReplayAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error)
	// DiscardAll forgets dead letters that have not died anew and returns how many.
	DiscardAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error)
	// ExpireDeadLetters forgets those older than the retention and returns how many.
	ExpireDeadLetters(ctx context.Context, t tenant.ID) (int, error)

	// Pause stops claims of a tenant.
	Pause(ctx context.Context, t tenant.ID) error
	// Resume lifts a pause.
	Resume(ctx context.Context, t tenant.ID) error
	// Suspend stops claims of a tenant because its credential is refused.
	Suspend(ctx context.Context, t tenant.ID, reason string) error
	// Unsuspend lifts a suspension.
	Unsuspend(ctx context.Context, t tenant.ID) error
	// Stats counts a tenant's jobs.
	Stats(ctx context.Context, t tenant.ID) (queue.Stats, error)
	// Job returns one job in whatever state it is.
	Job(ctx context.Context, t tenant.ID, key job.Key) (queue.View, error)
	// Jobs returns a page of the jobs in a state and the cursor of the next.
	Jobs(
		ctx context.Context, t tenant.ID, state queue.State, cursor string, limit int,
	) ([]queue.View, string, error)
	// Hasten makes a waiting job due now.
	Hasten(ctx context.Context, t tenant.ID, key job.Key) error

	// Park keeps events that no tenant takes now.
	Park(ctx context.Context, parked []queue.Parked) error
	// ParkedEvents visits every parked event until visit returns false.
	ParkedEvents(ctx context.Context, visit func(queue.Parked) bool) error
	// ParkedPage returns a part of the parked events and the cursor of the next.
	ParkedPage(ctx context.Context, cursor uint64, limit int) ([]queue.Parked, uint64, error)
	// ParkedCount returns how many events are parked.
	ParkedCount(ctx context.Context) (int, error)
	// Unpark forgets a parked event.
	Unpark(ctx context.Context, p queue.Parked) error
}

// Harness is a queue under test and its clock.
type Harness struct {
	Queue
	// Advance makes time pass without waiting, for every tenant that was spoken of before.
	Advance func(d time.Duration)
}

// Open returns an empty queue for one test, which runs beside others.
type Open func(t *testing.T, o queue.Options) Harness

// Run checks every behaviour of the queue that open returns.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, group := range []struct {
		name  string
		cases []behaviour
	}{
		{"enqueue", enqueueCases()},
		{"dedupe", dedupeCases()},
		{"claim", claimCases()},
		{"lane", laneCases()},
		{"lease", leaseCases()},
		{"settle", settleCases()},
		{"retry", retryCases()},
		{"dead", deadCases()},
		{"view", viewCases()},
		{"control", controlCases()},
		{"hostile", hostileCases()},
		{"park", parkCases()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, b := range group.cases {
				t.Run(b.name, func(t *testing.T) {
					t.Parallel()
					b.check(newFixture(t, open, b.opts))
				})
			}
		})
	}
}

// behaviour is one fact about a queue: a name that states it and the steps that show it.
type behaviour struct {
	name  string
	opts  queue.Options
	check func(f *fixture)
}
