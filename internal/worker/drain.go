package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

const (
	// maxIdle bounds how long a loop sleeps: it makes the loop right when a wake-up is lost.
	maxIdle = time.Second
	// maxHinted does so while nothing waits and others announce their work. With the reaper's looks
	// a tenant without work then costs less than one command a second.
	maxHinted = 5 * time.Second
)

// drain is one tenant's loop and the jobs it holds.
type drain struct {
	opts   Options
	tenant Tenant
	wake   chan struct{} // buffered: one signal is as good as many
	leases *leases
	ended  chan struct{} // closed when the loop has ended and no job runs

	mu      sync.Mutex
	running int       // jobs that are claimed and not settled
	until   time.Time // the tenant waits until then: somebody snoozed

	probed time.Time // when the credential was last tried; only the loop touches it
	failed bool      // the last claim failed; only the loop touches it
}

func newDrain(o Options, t Tenant) *drain {
	return &drain{
		opts: o, tenant: t, wake: make(chan struct{}, 1),
		leases: newLeases(o.Queue, t.ID, o.Lease), ended: make(chan struct{}),
	}
}

func (d *drain) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run claims and starts jobs until ctx ends, then waits for those that run. Jobs run on work.
func (d *drain) run(ctx, work context.Context) {
	defer close(d.ended)
	var batches sync.WaitGroup
	for ctx.Err() == nil {
		n, wait := d.room()
		if n > 0 {
			wait = d.claim(ctx, n, func(r event.Resource, jobs []job.Job) {
				batches.Go(func() { d.handle(work, r, jobs) })
			})
		}
		d.sleep(ctx, wait)
	}
	batches.Wait()
}

// room returns how many jobs may be claimed now or, when none, how long to wait.
func (d *drain) room() (int, time.Duration) {
	d.mu.Lock()
	free, until, running := d.tenant.Concurrency-d.running, d.until, d.running
	d.mu.Unlock()
	if wait := time.Until(until); wait > 0 {
		return 0, wait
	}
	if free <= 0 {
		return 0, maxIdle // a job that settles wakes the loop
	}
	capacity, wait := d.tenant.Target.Capacity()
	if capacity <= 0 {
		return 0, max(wait, time.Millisecond)
	}
	// A half-open breaker lets few calls through: what already runs counts against them.
	if capacity -= running; capacity <= 0 {
		return 0, maxIdle
	}
	return min(free, capacity, queue.MaxBatch), 0
}

// claim starts what is due and returns how long to wait before the next claim.
func (d *drain) claim(
	ctx context.Context, n int, start func(event.Resource, []job.Job),
) time.Duration {
	c, err := d.opts.Queue.Claim(ctx, d.tenant.ID, n)
	if err != nil {
		d.claimFailed(ctx, err)
		return maxIdle
	}
	if d.failed {
		d.failed = false
		d.opts.Log.Info().Str("tenant", string(d.tenant.ID)).Msg("queue reachable again")
	}
	if c.Blocked == queue.Suspended {
		d.probe(ctx)
		return d.idle()
	}
	d.hold(len(c.Jobs))
	for resource, jobs := range byResource(c.Jobs) {
		start(resource, jobs)
	}
	switch {
	case len(c.Jobs) == n:
		return 0 // there may be more
	case c.Wait < 0:
		return d.idle()
	default:
		return min(c.Wait, maxIdle)
	}
}

// idle is how long a loop sleeps that has nothing to wait for.
func (d *drain) idle() time.Duration {
	if d.opts.Hinted != nil && d.opts.Hinted() {
		return maxHinted
	}
	return maxIdle
}

// claimFailed reports the first of a row of failures; the loop goes on trying.
func (d *drain) claimFailed(ctx context.Context, err error) {
	if ctx.Err() != nil || d.failed {
		return
	}
	d.failed = true
	d.opts.Log.Error().Err(err).Str("tenant", string(d.tenant.ID)).Msg("cannot claim jobs")
}

func byResource(jobs []job.Job) map[event.Resource][]job.Job {
	groups := map[event.Resource][]job.Job{}
	for _, j := range jobs {
		groups[j.Resource] = append(groups[j.Resource], j)
	}
	return groups
}

func (d *drain) hold(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running += n
}

func (d *drain) settled() {
	d.mu.Lock()
	d.running--
	d.mu.Unlock()
	d.signal()
}

// snooze makes the whole tenant wait.
func (d *drain) snooze(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if until := time.Now().Add(delay); until.After(d.until) {
		d.until = until
	}
}

// sleep waits for the duration, a wake-up or the end of ctx.
func (d *drain) sleep(ctx context.Context, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.wake:
	case <-ctx.Done():
	}
}

// handle runs one resource's jobs and sees to it that every one of them is settled exactly once.
func (d *drain) handle(work context.Context, resource event.Resource, jobs []job.Job) {
	ctx, release := d.leases.hold(work, jobs)
	defer release()
	b := &batch{drain: d, ctx: ctx, started: time.Now(), open: map[job.Key]job.Job{}}
	for _, j := range jobs {
		b.open[j.Key] = j
	}
	defer b.finish()
	handler, ok := d.tenant.Handlers[resource]
	if !ok {
		err := fmt.Errorf("no handler for resource %q", resource)
		for _, j := range jobs {
			b.settle(j, job.Bury("unknown_resource", err))
		}
		return
	}
	handler.Handle(ctx, jobs, b.settle)
}
