// Package worker drains the tenants' queues: claim, hand to the resource's handler, settle what the
// handler reports. Every tenant has its own loop and its own slots, so that one that hangs holds up
// nobody else.
package worker

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Handler makes Flow agree with Omnium for jobs of one resource and one tenant.
type Handler interface {
	// Handle calls settle exactly once for every job, as soon as its outcome is known and from any
	// goroutine, and returns when all are settled. ctx ends when the leases can no longer be held
	// or the service has stopped waiting: Handle must then come to an end soon.
	Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome))
}

// Queue is what the workers need of a queue; queue.Queue documents each method.
type Queue interface {
	Claim(ctx context.Context, t tenant.ID, n int) (queue.Claimed, error)
	ClaimLane(ctx context.Context, t tenant.ID, lane job.Lane, n int) (queue.Claimed, error)
	Extend(ctx context.Context, t tenant.ID, jobs []job.Job) ([]bool, error)
	Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error)
	Retry(ctx context.Context, j job.Job, delay time.Duration, dataFault bool) (bool, error)
	Release(ctx context.Context, j job.Job, delay time.Duration) error
	Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error)
	Reap(ctx context.Context, t tenant.ID) (queue.Reaped, error)
	ExpireDeadLetters(ctx context.Context, t tenant.ID) (int, error)
	Suspend(ctx context.Context, t tenant.ID, reason string) error
	Unsuspend(ctx context.Context, t tenant.ID) error
}

// Target is the system behind a tenant, as far as draining is concerned.
type Target interface {
	// Capacity returns how many jobs may run now and, when that is 0, how long to wait before asking
	// again. It does not block.
	Capacity() (int, time.Duration)
	// Probe checks the tenant's credential with one cheap call.
	Probe(ctx context.Context) error
}

// Tenant is one tenant to drain.
type Tenant struct {
	ID tenant.ID
	// Concurrency is how many live jobs may run at once; at least 1. Jobs of the bulk lane have room of
	// their own.
	Concurrency int
	Handlers    map[event.Resource]Handler
	Target      Target
	// Drained, when not nil, is called once when the tenant is no longer drained and none of its jobs
	// runs any more.
	Drained func()
}

// Options configure a Pool.
type Options struct {
	// Queue is required.
	Queue Queue
	// Lease is the length of the queue's leases. Required.
	Lease time.Duration
	// MaxAttempts is how many counted attempts a job has before it is buried. Zero means 12.
	MaxAttempts int
	// Backoff spreads the attempts. Zero fields mean 1 second and 10 minutes.
	Backoff Backoff
	// Grace is how long running jobs may go on when the pool is stopping, before their contexts end
	// and they are released. Zero means not at all.
	Grace time.Duration
	// SnoozeLimit is the age from which a snoozed job counts attempts all the same, so that nothing
	// sleeps for ever. Zero means 24 hours.
	SnoozeLimit time.Duration
	// ProbeEvery is how often a suspended tenant's credential is tried. Zero means one minute.
	ProbeEvery time.Duration
	// Hinted, when not nil, reports whether the work that other processes enqueue is announced with
	// Wake: then a loop without work looks by itself only now and then.
	Hinted func() bool
	// Trace, when not nil, is told of jobs that are handed to a handler, before it begins. The handler gets
	// the context that it returns, and end is called when all of them are settled. It must not block.
	Trace func(ctx context.Context, jobs []job.Job) (_ context.Context, end func())
	// Observe, when not nil, is told of every finished run. It must not block.
	Observe func(Report)
	// OnRepair, when not nil, is told what the reaper has repaired in a tenant's queue, and how often.
	// It must not block.
	OnRepair func(id tenant.ID, kind queue.Repair, n int)
	Log      zerolog.Logger
}

func (o Options) withDefaults() Options {
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 12
	}
	if o.Backoff.Min == 0 {
		o.Backoff.Min = time.Second
	}
	if o.Backoff.Max == 0 {
		o.Backoff.Max = 10 * time.Minute
	}
	if o.SnoozeLimit == 0 {
		o.SnoozeLimit = 24 * time.Hour
	}
	if o.ProbeEvery == 0 {
		o.ProbeEvery = time.Minute
	}
	return o
}
