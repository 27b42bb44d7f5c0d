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
	return m.claim(ctx, t, n, (*book).next)
}

// ClaimLane implements Queue.
func (m *Memory) ClaimLane(
	ctx context.Context, t tenant.ID, lane job.Lane, n int,
) (queue.Claimed, error) {
	return m.claim(ctx, t, n, func(b *book, now time.Time) (job.Key, bool) {
		key, ok := b.first(lane)
		ok = ok && !b.jobs[key].due.After(now)
		if ok && lane == job.Bulk {
			b.turn = 0
		}
		return key, ok
	})
}

func (m *Memory) claim(
	ctx context.Context, t tenant.ID, n int, next func(*book, time.Time) (job.Key, bool),
) (queue.Claimed, error) {
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
	for range min(n, queue.MaxBatch) {
		key, ok := next(b, now)
		if !ok {
			break
		}
		j := b.lease(key, now, m.opts.Lease)
		j.Tenant, j.Claimed = t, m.clock()
		c.Jobs = append(c.Jobs, j)
	}
	for _, lane := range []job.Lane{job.Live, job.Bulk} {
		if first, ok := b.first(lane); ok {
			wait := max(0, b.jobs[first].due.Sub(now))
			if c.Wait < 0 || wait < c.Wait {
				c.Wait = wait
			}
		}
	}
	return c, nil
}

// next returns the job whose turn it is: a live one, unless three of them went before a bulk one
// that is due.
func (b *book) next(now time.Time) (job.Key, bool) {
	due := func(lane job.Lane) (job.Key, bool) {
		key, ok := b.first(lane)
		return key, ok && !b.jobs[key].due.After(now)
	}
	live, isLive := due(job.Live)
	bulk, isBulk := due(job.Bulk)
	switch {
	case isBulk && (!isLive || b.turn >= 3):
		b.turn = 0
		return bulk, true
	case isBulk:
		b.turn++
	}
	return live, isLive
}

// first returns the job of a lane that waits and is due first.
func (b *book) first(lane job.Lane) (job.Key, bool) {
	var keys []job.Key
	for k, r := range b.jobs {
		if r.token == 0 && r.lane == lane {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return job.Key{}, false
	}
	return slices.MinFunc(keys, func(x, y job.Key) int {
		return cmp.Or(b.jobs[x].due.Compare(b.jobs[y].due), compareKeys(x, y))
	}), true
}

// lease gives out a token that is at least the time, as a queue must whose newest claims may be taken
// back.
func (b *book) lease(key job.Key, now time.Time, length time.Duration) job.Job {
	b.token = max(b.token+1, now.UnixMilli())
	r := b.jobs[key]
	r.token, r.leaseEnd = b.token, now.Add(length)
	return job.Job{
		Key: key, Token: r.token, Generation: r.generation, Attempts: r.attempts,
		Crashes: r.crashes, Lane: r.lane, Cause: r.cause, Enqueued: r.enqueued,
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
