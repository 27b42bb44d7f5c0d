package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// leases are the leases a tenant's loop holds. A job's context ends before its lease can run out
// without having been extended: whoever claims the job next finds nobody at work on it.
type leases struct {
	queue  Queue
	tenant tenant.ID
	length time.Duration

	mu   sync.Mutex
	held map[job.Key]*lease
}

type lease struct {
	job job.Job
	run *run
	// settling says that the job's outcome is being written: the lease may be gone for that reason.
	settling bool
}

// run is what jobs that were claimed together share: their leases are extended together, and end
// together.
type run struct {
	expiry *time.Timer
	cancel context.CancelCauseFunc
}

func newLeases(q Queue, t tenant.ID, length time.Duration) *leases {
	return &leases{queue: q, tenant: t, length: length, held: map[job.Key]*lease{}}
}

// safe is how much of a lease is used: the rest covers the way of a request that is cut off.
func (l *leases) safe() time.Duration { return l.length - l.length/10 }

// hold returns the context that jobs claimed together run on. Call release when all are settled.
func (l *leases) hold(parent context.Context, jobs []job.Job) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	first := jobs[0]
	left := l.safe() - time.Since(first.Claimed)
	r := &run{cancel: cancel, expiry: time.AfterFunc(left, func() { cancel(lost(first)) })}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		l.held[j.Key] = &lease{job: j, run: r} // it may replace one that was settled a moment ago
	}
	return ctx, func() { r.expiry.Stop(); cancel(nil) }
}

func lost(j job.Job) error { return fmt.Errorf("%s: %w", j.Key, queue.ErrLeaseLost) }

// settle marks a lease whose job is being settled, so that a beat that finds it gone does not cut
// off the jobs that were claimed with it.
func (l *leases) settle(j job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held, ok := l.held[j.Key]; ok && held.job.Token == j.Token {
		held.settling = true
	}
}

// drop forgets a lease that was settled.
func (l *leases) drop(j job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held, ok := l.held[j.Key]; ok && held.job.Token == j.Token {
		delete(l.held, j.Key)
	}
}

// extend renews all leases once. An error means that none is known to be renewed; their contexts
// end by themselves if that goes on.
func (l *leases) extend(ctx context.Context) error {
	l.mu.Lock()
	var jobs []job.Job
	for _, held := range l.held {
		jobs = append(jobs, held.job)
	}
	l.mu.Unlock()
	if len(jobs) == 0 {
		return nil
	}
	sent := time.Now()
	alive, err := l.queue.Extend(ctx, l.tenant, jobs)
	if err != nil {
		return fmt.Errorf("extend leases: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, j := range jobs {
		held, ok := l.held[j.Key]
		if !ok || held.job.Token != j.Token || i >= len(alive) {
			continue // settled meanwhile
		}
		if !alive[i] {
			if !held.settling {
				held.run.cancel(lost(j))
			}
			continue
		}
		// A timer that has fired already has ended the context: nothing is left to renew.
		if held.run.expiry.Stop() {
			held.run.expiry.Reset(l.safe() - time.Since(sent))
		}
	}
	return nil
}
