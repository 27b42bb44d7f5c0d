package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

const (
	here  = tenant.ID("here")
	there = tenant.ID("there")
	lease = 15 * time.Second
	// retention is how long dead letters are kept.
	retention = 6 * time.Hour
)

// diary is a queue in memory that writes down what it is told at the end of a run, and fails when
// it is told to.
type diary struct {
	*queuetest.Memory

	mu    sync.Mutex
	lines []string
	asked int // claims and reaps
	// repaired is what the next reap says it has repaired.
	repaired map[queue.Repair]int
	fail     func(operation string) error
}

// told notes one operation, or returns why it fails.
func (d *diary) told(operation string, format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		if err := d.fail(operation); err != nil {
			return err
		}
	}
	if format != "" {
		d.lines = append(d.lines, operation+" "+fmt.Sprintf(format, args...))
	}
	return nil
}

func (d *diary) failing(fail func(operation string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

func (d *diary) Claim(ctx context.Context, t tenant.ID, n int) (queue.Claimed, error) {
	if err := d.told("claim", ""); err != nil {
		return queue.Claimed{}, err
	}
	d.count()
	return d.Memory.Claim(ctx, t, n)
}

func (d *diary) ClaimLane(
	ctx context.Context, t tenant.ID, lane job.Lane, n int,
) (queue.Claimed, error) {
	if err := d.told("claim", ""); err != nil {
		return queue.Claimed{}, err
	}
	d.count()
	return d.Memory.ClaimLane(ctx, t, lane, n)
}

func (d *diary) Reap(ctx context.Context, t tenant.ID) (queue.Reaped, error) {
	d.count()
	r, err := d.Memory.Reap(ctx, t)
	d.mu.Lock()
	defer d.mu.Unlock()
	r.Repaired, d.repaired = d.repaired, nil
	return r, err
}

func (d *diary) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
}

func (d *diary) Extend(ctx context.Context, t tenant.ID, jobs []job.Job) ([]bool, error) {
	if err := d.told("extend", ""); err != nil {
		return nil, err
	}
	return d.Memory.Extend(ctx, t, jobs)
}

func (d *diary) Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error) {
	if err := d.told("ack", "%s again %v", j.ID, again); err != nil {
		return false, err
	}
	return d.Memory.Ack(ctx, j, again)
}

func (d *diary) Retry(ctx context.Context, j job.Job, delay time.Duration, dataFault bool) (bool, error) {
	if err := d.told("retry", "%s data fault %t", j.ID, dataFault); err != nil {
		return false, err
	}
	return d.Memory.Retry(ctx, j, delay, dataFault)
}

func (d *diary) Release(ctx context.Context, j job.Job, delay time.Duration) error {
	if err := d.told("release", "%s for %v", j.ID, delay); err != nil {
		return err
	}
	return d.Memory.Release(ctx, j, delay)
}

func (d *diary) Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error) {
	if err := d.told("bury", "%s %s: %s", j.ID, reason, detail); err != nil {
		return false, err
	}
	return d.Memory.Bury(ctx, j, reason, detail)
}

func (d *diary) Suspend(ctx context.Context, t tenant.ID, reason string) error {
	if err := d.told("suspend", "%s: %s", t, reason); err != nil {
		return err
	}
	return d.Memory.Suspend(ctx, t, reason)
}

// target is a system that has as much capacity as it says.
type target struct {
	mu       sync.Mutex
	capacity int
	wait     time.Duration
	probes   int
	refuses  bool
}

func (g *target) Capacity() (int, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.capacity, g.wait
}

var errRefused = errors.New("refused")

func (g *target) Probe(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probes++
	if g.refuses {
		return errRefused
	}
	return nil
}

func (g *target) set(change func(*target)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

// handle makes a function a handler.
type handle func(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome))

func (h handle) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	h(ctx, jobs, settle)
}

// each handles jobs one by one, as the real handlers do.
func each(work func(context.Context, job.Job) job.Outcome) handle {
	return func(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
		job.Each(ctx, jobs, settle, work)
	}
}

// always reports the same outcome for every job.
func always(o job.Outcome) handle {
	return each(func(context.Context, job.Job) job.Outcome { return o })
}

var done = job.Outcome{Verdict: job.Done, Result: job.Pushed}

// fixture is a pool that drains a queue in memory, in a bubble of its own time.
type fixture struct {
	*testing.T

	queue  *diary
	target *target
	opts   worker.Options
	log    bytes.Buffer

	pool  *worker.Pool
	stop  context.CancelFunc
	ended chan struct{}

	mu      sync.Mutex
	reports []worker.Report
}

// inBubble runs a test in a synctest bubble with a fixture; vary changes the options of the pool.
func inBubble(t *testing.T, test func(f *fixture), vary ...func(*worker.Options)) {
	t.Parallel()
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{
			T:      t,
			queue:  &diary{Memory: queuetest.NewMemory(queue.Options{Lease: lease, DeadLetterRetention: retention})},
			target: &target{capacity: math.MaxInt},
		}
		f.opts = worker.Options{Queue: f.queue, Lease: lease, Observe: f.observe, Log: zerolog.New(zerolog.SyncWriter(&f.log))}
		for _, change := range vary {
			change(&f.opts)
		}
		test(f)
		f.end()
	})
}

func (f *fixture) observe(r worker.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(f.reports, r)
}

// drain starts the pool for one tenant.
func (f *fixture) drain(concurrency int, h worker.Handler) {
	f.drainAll(worker.Tenant{
		ID: here, Concurrency: concurrency, Target: f.target,
		Handlers: map[event.Resource]worker.Handler{event.Product: h},
	})
}

func (f *fixture) drainAll(tenants ...worker.Tenant) {
	f.Helper()
	var err error
	if f.pool, err = worker.New(f.opts, tenants); err != nil {
		f.Fatal(err)
	}
	var ctx context.Context
	ctx, f.stop = context.WithCancel(f.Context())
	f.ended = make(chan struct{})
	go func() {
		defer close(f.ended)
		if err := f.pool.Run(ctx); err != nil {
			f.Errorf("Run = %v, want nil", err)
		}
	}()
}

// end stops the pool and waits for it.
func (f *fixture) end() {
	if f.stop != nil {
		f.stop()
		<-f.ended
		f.stop = nil
	}
}

func (f *fixture) enqueue(t tenant.ID, ids ...string) {
	f.Helper()
	for _, id := range ids {
		entry := queue.Entry{
			Tenant: t, Key: job.Key{Resource: event.Product, ID: id}, Cause: job.Cause{EventID: "event of " + id},
		}
		if _, err := f.queue.Enqueue(f.Context(), []queue.Entry{entry}); err != nil {
			f.Fatal(err)
		}
	}
}

// settle lets everything happen that happens without time passing.
func (f *fixture) settle() { synctest.Wait() }

// pass lets time pass.
func (f *fixture) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told returns what the queue was told and forgets it.
func (f *fixture) told() []string {
	f.queue.mu.Lock()
	defer f.queue.mu.Unlock()
	lines := f.queue.lines
	f.queue.lines = nil
	return lines
}

// asked returns how often the queue was asked for work, and forgets it.
func (f *fixture) asked() int {
	f.queue.mu.Lock()
	defer f.queue.mu.Unlock()
	n := f.queue.asked
	f.queue.asked = 0
	return n
}

func (f *fixture) wantTold(want ...string) {
	f.Helper()
	if got := f.told(); !slices.Equal(got, want) {
		f.Errorf("the queue was told %q, want %q", got, want)
	}
}

// finished returns the reports of runs and forgets them.
func (f *fixture) finished() []worker.Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	reports := f.reports
	f.reports = nil
	return reports
}

func (f *fixture) wantStats(want queue.Stats) {
	f.Helper()
	got, err := f.queue.Stats(f.Context(), here)
	got.Oldest = 0
	if err != nil || got != want {
		f.Errorf("Stats = %+v, %v, want %+v", got, err, want)
	}
}
