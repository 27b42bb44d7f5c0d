package queuetest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Claim implements Queue.
func (m *Memory) Claim(ctx context.Context, t tenant.ID, n int) (queue.Claimed, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return queue.Claimed{}, err
	}
	defer unlock()
	c := queue.Claimed{Wait: -time.Millisecond}
	switch {
	case b.paused:
		c.Blocked = queue.Paused
		return c, nil
	case b.suspended != "":
		c.Blocked = queue.Suspended
		return c, nil
	}
	now := m.now()
	waiting := b.waiting()
	due := slices.IndexFunc(waiting, func(k job.Key) bool { return b.jobs[k].due.After(now) })
	if due < 0 {
		due = len(waiting)
	}
	taken := max(0, min(n, queue.MaxBatch, due))
	for _, key := range waiting[:taken] {
		j := b.lease(key, now.Add(m.opts.Lease))
		j.Tenant, j.Claimed = t, m.clock()
		c.Jobs = append(c.Jobs, j)
	}
	if taken < len(waiting) {
		c.Wait = max(0, b.jobs[waiting[taken]].due.Sub(now))
	}
	return c, nil
}

// waiting returns the keys of the jobs that are not leased, due longest first.
func (b *book) waiting() []job.Key {
	var keys []job.Key
	for k, r := range b.jobs {
		if r.token == 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y job.Key) int {
		return cmp.Or(b.jobs[x].due.Compare(b.jobs[y].due), compareKeys(x, y))
	})
	return keys
}

func (b *book) lease(key job.Key, end time.Time) job.Job {
	b.token++
	r := b.jobs[key]
	r.token, r.leaseEnd = b.token, end
	return job.Job{
		Key: key, Token: r.token, Generation: r.generation, Attempts: r.attempts,
		Crashes: r.crashes, Cause: r.cause, Enqueued: r.enqueued,
	}
}

// held returns the record of a job whose lease the caller still holds, else nil.
func (b *book) held(j job.Job) *record {
	r, ok := b.jobs[j.Key]
	if !ok || r.token == 0 || r.token != j.Token {
		return nil
	}
	return r
}

// Extend implements Queue.
func (m *Memory) Extend(ctx context.Context, t tenant.ID, jobs []job.Job) ([]bool, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return nil, err
	}
	defer unlock()
	held := make([]bool, len(jobs))
	for i, j := range jobs {
		if r := b.held(j); r != nil {
			r.leaseEnd = m.now().Add(m.opts.Lease)
			held[i] = true
		}
	}
	return held, nil
}

// Reap implements Queue.
func (m *Memory) Reap(ctx context.Context, t tenant.ID) (queue.Reaped, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return queue.Reaped{}, err
	}
	defer unlock()
	var reaped queue.Reaped
	now := m.now()
	ended := b.ended(now)
	for _, key := range ended[:min(len(ended), queue.MaxBatch)] {
		r := b.jobs[key]
		r.crashes++
		if r.crashes >= m.opts.MaxCrashes {
			b.bury(key, now, queue.ReasonPoison, poisonDetail(m.opts.MaxCrashes))
			reaped.Buried = append(reaped.Buried, key)
			continue
		}
		r.token, r.due = 0, now
		reaped.Returned = append(reaped.Returned, key)
	}
	return reaped, nil
}

// ended returns the keys of the jobs whose leases have run out, those that ended first in front.
func (b *book) ended(now time.Time) []job.Key {
	var keys []job.Key
	for k, r := range b.jobs {
		if r.token != 0 && !r.leaseEnd.After(now) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y job.Key) int {
		return cmp.Or(b.jobs[x].leaseEnd.Compare(b.jobs[y].leaseEnd), compareKeys(x, y))
	})
	return keys
}
