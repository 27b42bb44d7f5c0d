package queuetest

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// lease is long enough for no lease to run out while a test really runs.
	lease = 10 * time.Minute
	// slack is how much real time a test may take on a slow machine.
	slack = 30 * time.Second
	// here is the tenant of most tests.
	here tenant.ID = "here"
)

// fixture is one test's queue; its methods are verbs that end the test when they fail.
type fixture struct {
	*testing.T
	q       Queue
	advance func(d time.Duration)
}

func newFixture(t *testing.T, open Open, o queue.Options) *fixture {
	t.Helper()
	o.Lease = cmp.Or(o.Lease, lease)
	h := open(t, o)
	return &fixture{T: t, q: h.Queue, advance: h.Advance}
}

func product(id string) job.Key { return job.Key{Resource: event.Product, ID: id} }

// entry asks for a product of the tenant here; the event has the given id and is no duplicate.
func entry(id, eventID string) queue.Entry {
	return queue.Entry{
		Tenant: here, Key: product(id), Cause: job.Cause{EventID: eventID, Change: event.Changed},
	}
}

func (f *fixture) ctx() context.Context { return f.Context() }

func (f *fixture) ok(call string, err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%s = %v, want nil", call, err)
	}
}

func (f *fixture) wantError(call string, got, want error) {
	f.Helper()
	if !errors.Is(got, want) {
		f.Errorf("%s = %v, want %v", call, got, want)
	}
}

// send enqueues entries and returns the results.
func (f *fixture) send(entries ...queue.Entry) []queue.Result {
	f.Helper()
	results, err := f.q.Enqueue(f.ctx(), entries)
	f.ok("Enqueue", err)
	if len(results) != len(entries) {
		f.Fatalf("Enqueue of %d entries returned %d results", len(entries), len(results))
	}
	return results
}

// wantResult enqueues one entry.
func (f *fixture) wantResult(e queue.Entry, want queue.Result) {
	f.Helper()
	if got := f.send(e)[0]; got != want {
		f.Errorf("Enqueue(%s, dedupe %q) = %s, want %s", e.Key, e.Dedupe, got, want)
	}
}

// enqueue makes jobs of products.
func (f *fixture) enqueue(ids ...string) {
	f.Helper()
	for _, id := range ids {
		f.send(entry(id, "event of "+id))
	}
}

func (f *fixture) claim(n int) queue.Claimed {
	f.Helper()
	c, err := f.q.Claim(f.ctx(), here, n)
	f.ok("Claim", err)
	return c
}

// take enqueues a product and leases it.
func (f *fixture) take(id string) job.Job {
	f.Helper()
	f.enqueue(id)
	return f.takeDue(id)
}

// takeDue leases the only job that is due.
func (f *fixture) takeDue(id string) job.Job {
	f.Helper()
	c := f.claim(10)
	if len(c.Jobs) != 1 || c.Jobs[0].Key != product(id) {
		f.Fatalf("Claim(10) = %v, want %s alone", keysOf(c.Jobs), product(id))
	}
	return c.Jobs[0]
}

func (f *fixture) ack(j job.Job, again time.Duration) bool {
	f.Helper()
	due, err := f.q.Ack(f.ctx(), j, again)
	f.ok("Ack", err)
	return due
}

func (f *fixture) retry(j job.Job, delay time.Duration, dataFault bool) bool {
	f.Helper()
	due, err := f.q.Retry(f.ctx(), j, delay, dataFault)
	f.ok("Retry", err)
	return due
}

func (f *fixture) release(j job.Job, delay time.Duration) {
	f.Helper()
	f.ok("Release", f.q.Release(f.ctx(), j, delay))
}

func (f *fixture) bury(j job.Job, reason, detail string) bool {
	f.Helper()
	due, err := f.q.Bury(f.ctx(), j, reason, detail)
	f.ok("Bury", err)
	return due
}

func (f *fixture) reap() queue.Reaped {
	f.Helper()
	r, err := f.q.Reap(f.ctx(), here)
	f.ok("Reap", err)
	return r
}

func (f *fixture) letter(id string) queue.DeadLetter {
	f.Helper()
	d, err := f.q.DeadLetter(f.ctx(), here, product(id))
	f.ok("DeadLetter", err)
	return d
}

// wantNothingDue says that a claim gets nothing although jobs may wait.
func (f *fixture) wantNothingDue() {
	f.Helper()
	if c := f.claim(10); len(c.Jobs) != 0 {
		f.Errorf("Claim(10) = %v, want no job", keysOf(c.Jobs))
	}
}

// wantStats compares all but Oldest.
func (f *fixture) wantStats(want queue.Stats) {
	f.Helper()
	got, err := f.q.Stats(f.ctx(), here)
	f.ok("Stats", err)
	got.Oldest = 0
	if got != want {
		f.Errorf("Stats = %+v, want %+v", got, want)
	}
}

// wantAbout compares times that may differ by what the test really took.
func (f *fixture) wantAbout(what string, got, want time.Duration) {
	f.Helper()
	if d := got - want; d > slack || d < -slack {
		f.Errorf("%s = %v, want about %v", what, got, want)
	}
}

func keysOf(jobs []job.Job) []job.Key {
	keys := make([]job.Key, 0, len(jobs))
	for _, j := range jobs {
		keys = append(keys, j.Key)
	}
	return keys
}
