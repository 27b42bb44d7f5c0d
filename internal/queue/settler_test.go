package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// claimed returns n jobs of a new tenant, leased.
func claimed(t *testing.T, q *queue.Queue, n int) []job.Job {
	t.Helper()
	const here = tenant.ID("here")
	var entries []queue.Entry
	for i := range n {
		key := job.Key{Resource: event.Product, ID: fmt.Sprintf("p%d", i)}
		entries = append(entries, queue.Entry{Tenant: here, Key: key})
	}
	if _, err := q.Enqueue(t.Context(), entries); err != nil {
		t.Fatalf("Enqueue = %v, want nil", err)
	}
	var jobs []job.Job
	for len(jobs) < n {
		c, err := q.Claim(t.Context(), here, n-len(jobs))
		if err != nil || len(c.Jobs) == 0 {
			t.Fatalf("Claim = %+v, %v, want jobs", c, err)
		}
		jobs = append(jobs, c.Jobs...)
	}
	return jobs
}

func TestSettlerGivesEveryoneTheirOwnAnswer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	rdb := server.Empty(t)
	q := newQueue(t, rdb, queue.Options{})
	jobs := claimed(t, q, 200)
	// Scripts that the server has forgotten are loaded again in the middle.
	if err := rdb.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s := queue.NewSettler(q, 0)
	errs := make([]error, len(jobs))
	var all sync.WaitGroup
	for i, j := range jobs {
		if i%4 == 0 {
			j.Token++ // the lease of somebody else
		}
		all.Go(func() { _, errs[i] = s.Ack(t.Context(), j, 0) })
	}
	all.Wait()
	for i, err := range errs {
		if lost := errors.Is(err, queue.ErrLeaseLost); lost != (i%4 == 0) || err != nil && !lost {
			t.Errorf("Ack of job %d = %v, want a lost lease for every fourth alone", i, err)
		}
	}
	if stats, err := q.Stats(t.Context(), "here"); err != nil || stats.Leased != 50 {
		t.Errorf("Stats = %+v, %v, want 50 leased", stats, err)
	}
}

func TestSettlerSeesEventsThatArrived(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	q := newQueue(t, server.Empty(t), queue.Options{})
	jobs := claimed(t, q, 20)
	for _, j := range jobs[:10] {
		if _, err := q.Enqueue(t.Context(), []queue.Entry{{Tenant: j.Tenant, Key: j.Key}}); err != nil {
			t.Fatal(err)
		}
	}
	s := queue.NewSettler(q, 0)
	again := make([]bool, len(jobs))
	var all sync.WaitGroup
	for i, j := range jobs {
		all.Go(func() {
			var err error
			if again[i], err = s.Ack(t.Context(), j, 0); err != nil {
				t.Errorf("Ack of job %d = %v, want nil", i, err)
			}
		})
	}
	all.Wait()
	for i, due := range again {
		if due != (i < 10) {
			t.Errorf("Ack of job %d: due again %t, want the first ten alone", i, due)
		}
	}
	if stats, err := q.Stats(t.Context(), "here"); err != nil || stats.Ready != 10 || stats.Leased != 0 {
		t.Errorf("Stats = %+v, %v, want 10 ready", stats, err)
	}
}

func TestSettlerDoesNotKeepAnybodyWaiting(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	q := newQueue(t, server.Empty(t), queue.Options{})
	j := claimed(t, q, 1)[0]
	s := queue.NewSettler(q, 0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Ack(gone, j, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("Ack with an ended context = %v, want context.Canceled", err)
	}
	server.Kill()
	if _, err := s.Ack(t.Context(), j, 0); err == nil {
		t.Error("Ack without a server = nil, want an error")
	}
	server.Restart()
	if _, err := s.Ack(t.Context(), j, 0); err != nil {
		t.Errorf("Ack after the server came back = %v, want nil", err)
	}
}
