package queue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// committing is a committer on an in-process Redis, running until the test ends or stop is called.
type committing struct {
	*queue.Committer

	server *miniredis.Miniredis
	queue  *queue.Queue
	stop   func()
}

func newCommitting(t *testing.T, o queue.CommitterOptions) committing {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1, ReadTimeout: time.Minute})
	t.Cleanup(func() { _ = rdb.Close() })
	q, err := queue.New(rdb, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := queue.NewCommitter(q, o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Run(ctx); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return committing{Committer: c, server: server, queue: q, stop: stop}
}

func entry(t tenant.ID, id string) queue.Entry {
	return queue.Entry{
		Tenant: t, Key: job.Key{Resource: event.Product, ID: id},
		Cause: job.Cause{EventID: "e-" + id}, Dedupe: "e-" + id,
	}
}

func TestCommitterGivesEachRequestItsOwnResults(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{})
	var requests sync.WaitGroup
	for i := range 50 {
		requests.Go(func() {
			id := fmt.Sprint(i)
			got, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", id), entry("se", id)})
			if err != nil || len(got) != 2 || got[0] != queue.Accepted || got[1] != queue.Accepted {
				t.Errorf("Enqueue(%s) = %v, %v; want twice accepted", id, got, err)
			}
			got, err = c.Enqueue(t.Context(), []queue.Entry{entry("no", id)})
			if err != nil || len(got) != 1 || got[0] != queue.Duplicate {
				t.Errorf("Enqueue(%s) again = %v, %v; want duplicate", id, got, err)
			}
		})
	}
	requests.Wait()
	for _, id := range []tenant.ID{"no", "se"} {
		stats, err := c.queue.Stats(t.Context(), id)
		if err != nil || stats.Ready != 50 {
			t.Errorf("Stats(%s) = %+v, %v; want 50 ready", id, stats, err)
		}
	}
}

func TestCommitterTellsWhatLedToWork(t *testing.T) {
	t.Parallel()
	told := make(chan []queue.Entry, 2)
	c := newCommitting(t, queue.CommitterOptions{OnCommit: func(e []queue.Entry) { told <- e }})
	for range 2 {
		if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", "1")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-told; len(got) != 1 || got[0].ID != "1" {
		t.Errorf("OnCommit of a new entry = %v, want it", got)
	}
	if got := <-told; len(got) != 0 {
		t.Errorf("OnCommit of a duplicate = %v, want none", got)
	}
}

func TestCommitterReportsAnUnreachableRedis(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{Timeout: time.Second})
	c.server.Close()
	if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", "1")}); err == nil {
		t.Error("Enqueue() without Redis = nil, want an error")
	}
	if err := c.Park(t.Context(), []queue.Parked{{Reason: queue.ParkedUnrouted}}); err == nil {
		t.Error("Park() without Redis = nil, want an error")
	}
	if err := c.server.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", "1")}); err != nil {
		t.Errorf("Enqueue() with Redis back = %v, want nil", err)
	}
}

func TestCommitterKeepsAnErrorToItsOwnTenant(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{})
	if err := c.server.Set("omniflow:{bad}:jobs", "not a hash"); err != nil {
		t.Fatal(err)
	}
	var requests sync.WaitGroup
	for i := range 20 {
		requests.Go(func() {
			if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("bad", fmt.Sprint(i))}); err == nil {
				t.Errorf("Enqueue() for a broken tenant = nil, want an error")
			}
		})
		requests.Go(func() {
			if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", fmt.Sprint(i))}); err != nil {
				t.Errorf("Enqueue() beside a broken tenant = %v, want nil", err)
			}
		})
	}
	requests.Wait()
}

func TestCommitterRefusesWhenFull(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	q, err := queue.New(rdb, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Nothing runs: the one place is taken by the first request for ever.
	c := queue.NewCommitter(q, queue.CommitterOptions{Waiting: 1})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := c.Enqueue(ctx, []queue.Entry{entry("no", "1")})
		first <- err
	}()
	for err = nil; err == nil; {
		short, done := context.WithTimeout(ctx, time.Millisecond)
		if _, e := c.Enqueue(short, []queue.Entry{entry("no", "2")}); errors.Is(e, queue.ErrFull) {
			err = e
		}
		done()
	}
	cancel()
	if err := <-first; err == nil && !errors.Is(err, context.Canceled) && !errors.Is(err, queue.ErrFull) {
		t.Errorf("first Enqueue() = %v, want cancelled or full", err)
	}
}

func TestCommitterStops(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{})
	c.stop()
	if _, err := c.Enqueue(t.Context(), []queue.Entry{entry("no", "1")}); !errors.Is(err, queue.ErrStopped) {
		t.Errorf("Enqueue() after the stop = %v, want ErrStopped", err)
	}
	if err := c.Park(t.Context(), nil); !errors.Is(err, queue.ErrStopped) {
		t.Errorf("Park() after the stop = %v, want ErrStopped", err)
	}
}

func TestCommitterSplitsWhatIsTooLargeForOneRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{Timeout: time.Minute})
	var entries []queue.Entry
	for i := range 3*64*queue.MaxBatch + 5 {
		entries = append(entries, entry(tenant.ID(fmt.Sprint("t", i%200)), fmt.Sprint(i)))
	}
	got, err := c.Enqueue(t.Context(), entries)
	if err != nil || len(got) != len(entries) {
		t.Fatalf("Enqueue(%d entries) = %d results, %v; want all", len(entries), len(got), err)
	}
	for i, r := range got {
		if r != queue.Accepted {
			t.Fatalf("result %d = %q, want accepted", i, r)
		}
	}
	c.server.Close()
	if _, err := c.Enqueue(t.Context(), entries); err == nil {
		t.Error("Enqueue() of many without Redis = nil, want an error")
	}
}

func TestCommitterAcceptsNothing(t *testing.T) {
	t.Parallel()
	c := newCommitting(t, queue.CommitterOptions{})
	if got, err := c.Enqueue(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("Enqueue(nil) = %v, %v; want nothing", got, err)
	}
}
