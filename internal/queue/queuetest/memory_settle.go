package queuetest

import (
	"context"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// Ack implements Queue.
func (m *Memory) Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error) {
	return m.settle(ctx, j, func(b *book, r *record) bool {
		changed := r.generation != j.Generation
		switch {
		case changed:
			r.renew(m.now())
		case again > 0:
			r.renew(m.now().Add(again.Truncate(time.Millisecond)))
		default:
			delete(b.jobs, j.Key)
		}
		return changed
	})
}

// Retry implements Queue.
func (m *Memory) Retry(
	ctx context.Context, j job.Job, delay time.Duration, dataFault bool,
) (bool, error) {
	return m.settle(ctx, j, func(_ *book, r *record) bool {
		r.attempts++
		r.crashes, r.dataFault = 0, dataFault // whoever reports back is alive
		cured := dataFault && r.generation != j.Generation
		if cured {
			delay = 0
		}
		r.token, r.due = 0, m.now().Add(delay.Truncate(time.Millisecond))
		return cured
	})
}

// Release implements Queue.
func (m *Memory) Release(ctx context.Context, j job.Job, delay time.Duration) error {
	_, err := m.settle(ctx, j, func(_ *book, r *record) bool {
		r.token, r.crashes, r.due = 0, 0, m.now().Add(delay.Truncate(time.Millisecond))
		return false
	})
	return err
}

// maxDetail is how much of a detail is kept, in bytes.
const maxDetail = 4096

// Bury implements Queue.
func (m *Memory) Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error) {
	return m.settle(ctx, j, func(b *book, r *record) bool {
		if r.generation != j.Generation {
			r.renew(m.now())
			return true
		}
		r.attempts++
		b.bury(j.Key, m.now(), reason, detail[:min(len(detail), maxDetail)])
		return false
	})
}

// settle ends the lease with what end does to the record, unless the lease is lost.
func (m *Memory) settle(
	ctx context.Context, j job.Job, end func(b *book, r *record) bool,
) (bool, error) {
	b, unlock, err := m.open(ctx, j.Tenant)
	if err != nil {
		return false, err
	}
	defer unlock()
	r := b.held(j)
	if r == nil {
		return false, fmt.Errorf("settle %s: %w", j.Key, queue.ErrLeaseLost)
	}
	return end(b, r), nil
}

// renew makes a job start anew at the given time: what failed before does not count any more.
func (r *record) renew(at time.Time) {
	r.token, r.attempts, r.crashes, r.dataFault = 0, 0, 0, false
	r.enqueued, r.due = at, at
}
