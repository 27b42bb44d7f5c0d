package worker

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
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
	// replaced says that the tenant is drained by the successor, or no longer when there is none.
	replaced  atomic.Bool
	successor atomic.Pointer[drain]

	mu      sync.Mutex
	running [2]int    // jobs that are claimed and not settled, by lane
	until   time.Time // the tenant waits until then: somebody snoozed

	// narrow says that the target took few jobs when it was last asked, so that each that settles counts.
	narrow atomic.Bool

	probed time.Time // when the credential was last tried; only the loop touches it
	failed bool      // the last claim failed; only the loop touches it
	turns  int       // claims that live jobs have filled; only the loop touches it
}

func newDrain(o Options, t Tenant) *drain {
	return &drain{
		opts: o, tenant: t, wake: make(chan struct{}, 1),
		leases: newLeases(o.Queue, t.ID, o.Lease), ended: make(chan struct{}),
	}
}

// signal tells the loop, or the one that has taken over, that a job may be due.
func (d *drain) signal() {
	for d.successor.Load() != nil {
		d = d.successor.Load()
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run claims and starts jobs until ctx ends, then waits for those that run. Jobs run on work.
func (d *drain) run(ctx, work context.Context) {
	defer close(d.ended)
	var batches sync.WaitGroup
	start := func(jobs []job.Job) {
		batches.Go(func() { d.handle(work, jobs) })
	}
	for ctx.Err() == nil {
		r, wait := d.room()
		if r != (room{}) {
			wait = d.claim(ctx, r, start)
		}
		d.sleep(ctx, wait)
	}
	batches.Wait()
	if d.tenant.Drained != nil {
		d.tenant.Drained()
	}
}

const (
	// bulkBatch is how many jobs of the bulk lane are claimed at once when there are so many. They are
	// read from Omnium together, and most of them need no request to Flow.
	bulkBatch = 4 * queue.MaxBatch
	// bulkRoom is how many are held at once: while one batch is compared, the next is read.
	bulkRoom = 2 * bulkBatch
)

// room is how many jobs may be claimed now.
type room struct {
	live, bulk int
	// either, when not 0, is how many of both lanes together: a breaker that is half-open lets few calls
	// through.
	either int
}

// room returns how many jobs may be claimed now or, when none, how long to wait. Jobs of the bulk lane
// never take the place of live ones; they are claimed in large batches.
func (d *drain) room() (room, time.Duration) {
	d.mu.Lock()
	running, until := d.running, d.until
	d.mu.Unlock()
	if wait := time.Until(until); wait > 0 {
		return room{}, wait
	}
	r := room{live: min(d.tenant.Concurrency-running[job.Live], queue.MaxBatch)}
	if r.live <= 0 {
		return room{}, maxIdle // a job that settles wakes the loop
	}
	if running[job.Bulk] <= bulkRoom-bulkBatch {
		r.bulk = bulkBatch
	}
	capacity, wait := d.tenant.Target.Capacity()
	d.narrow.Store(capacity < d.tenant.Concurrency+bulkRoom)
	switch {
	case capacity <= 0:
		return room{}, max(wait, time.Millisecond)
	case capacity >= d.tenant.Concurrency+bulkRoom:
		return r, 0
	}
	// What already runs counts against the few calls.
	r.either = min(capacity-running[job.Live]-running[job.Bulk], queue.MaxBatch)
	if r.either <= 0 {
		return room{}, maxIdle
	}
	return r, 0
}

// claim starts what is due and returns how long to wait before the next claim.
func (d *drain) claim(ctx context.Context, r room, start func([]job.Job)) time.Duration {
	if r.either > 0 {
		c, ok := d.take(ctx, start, func() (queue.Claimed, error) {
			return d.opts.Queue.Claim(ctx, d.tenant.ID, r.either)
		})
		return d.pause(c, ok, len(c.Jobs) == r.either)
	}
	live, ok := d.takeLane(ctx, start, job.Live, r.live)
	full := len(live.Jobs) == r.live
	// A claim of live jobs that leaves room and need not wait has seen bulk ones that are due.
	bulkDue := ok && !full && live.Wait == 0 && live.Blocked == queue.Open
	switch {
	case r.bulk > 0 && (bulkDue || full && d.turn()):
		bulk, ok := d.takeLane(ctx, start, job.Bulk, r.bulk)
		return d.pause(bulk, ok, full || len(bulk.Jobs) == r.bulk)
	case bulkDue:
		return maxIdle // there is no room for them: one that settles wakes the loop
	default:
		return d.pause(live, ok, full)
	}
}

// turn reports true for every fourth claim that live jobs alone have filled: the bulk lane has one in
// four even when the live lane never runs dry.
func (d *drain) turn() bool {
	d.turns++
	return d.turns%4 == 0
}

func (d *drain) takeLane(
	ctx context.Context, start func([]job.Job), lane job.Lane, n int,
) (queue.Claimed, bool) {
	return d.take(ctx, start, func() (queue.Claimed, error) { return d.claimLane(ctx, lane, n) })
}

// claimLane claims as many jobs of a lane as are due and wanted, with several scripts when they are more
// than one hands out. What was claimed before an error is worked on; the next claim meets it again.
func (d *drain) claimLane(ctx context.Context, lane job.Lane, n int) (queue.Claimed, error) {
	all, err := d.opts.Queue.ClaimLane(ctx, d.tenant.ID, lane, min(n, queue.MaxBatch))
	for last := len(all.Jobs); err == nil && last == queue.MaxBatch && len(all.Jobs) < n; {
		more, failed := d.opts.Queue.ClaimLane(ctx, d.tenant.ID, lane, min(n-len(all.Jobs), queue.MaxBatch))
		if failed != nil {
			break
		}
		all.Jobs, all.Wait, last = append(all.Jobs, more.Jobs...), more.Wait, len(more.Jobs)
	}
	return all, err
}

// take claims and starts jobs. It reports false when Redis did not answer.
func (d *drain) take(
	ctx context.Context, start func([]job.Job), claim func() (queue.Claimed, error),
) (queue.Claimed, bool) {
	c, err := claim()
	if err != nil {
		d.claimFailed(ctx, err)
		return c, false
	}
	if d.failed {
		d.failed = false
		d.opts.Log.Info().Str("tenant", string(d.tenant.ID)).Msg("queue reachable again")
	}
	if c.Blocked == queue.Suspended {
		d.probe(ctx)
		return c, true
	}
	for _, jobs := range together(c.Jobs) {
		d.hold(jobs[0].Lane, len(jobs))
		start(jobs)
	}
	return c, true
}

// pause is how long to wait after a claim; full says that there may be more.
func (d *drain) pause(c queue.Claimed, ok, full bool) time.Duration {
	switch {
	case !ok:
		return maxIdle
	case c.Blocked == queue.Suspended:
		return d.idle()
	case full:
		return 0
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

// together groups jobs that one handler works on at once.
func together(jobs []job.Job) map[group][]job.Job {
	groups := map[group][]job.Job{}
	for _, j := range jobs {
		g := group{j.Resource, j.Lane}
		groups[g] = append(groups[g], j)
	}
	return groups
}

type group struct {
	resource event.Resource
	lane     job.Lane
}

func (d *drain) hold(lane job.Lane, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running[lane] += n
}

// settled gives the room of a job back and wakes the loop when it can do something with it: one of the
// bulk lane, when there is room for a batch again.
func (d *drain) settled(lane job.Lane) {
	d.mu.Lock()
	d.running[lane]--
	batch := d.running[job.Bulk] == bulkRoom-bulkBatch
	d.mu.Unlock()
	if lane == job.Live || batch || d.narrow.Load() {
		d.signal()
	}
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

// handle runs jobs of one resource and lane, and sees to it that every one of them is settled exactly
// once.
func (d *drain) handle(work context.Context, jobs []job.Job) {
	resource := jobs[0].Resource
	work = job.InLane(work, jobs[0].Lane)
	if d.opts.Trace != nil {
		traced, end := d.opts.Trace(work, jobs)
		defer end()
		work = traced
	}
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
