package queuetest

import (
	"cmp"
	"context"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Pause implements Queue.
func (m *Memory) Pause(ctx context.Context, t tenant.ID) error {
	return m.set(ctx, t, func(b *book) { b.paused = true })
}

// Resume implements Queue.
func (m *Memory) Resume(ctx context.Context, t tenant.ID) error {
	return m.set(ctx, t, func(b *book) { b.paused = false })
}

// Suspend implements Queue.
func (m *Memory) Suspend(ctx context.Context, t tenant.ID, reason string) error {
	return m.set(ctx, t, func(b *book) { b.suspended = cmp.Or(reason, "no reason given") })
}

// Unsuspend implements Queue.
func (m *Memory) Unsuspend(ctx context.Context, t tenant.ID) error {
	return m.set(ctx, t, func(b *book) { b.suspended = "" })
}

func (m *Memory) set(ctx context.Context, t tenant.ID, change func(*book)) error {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	change(b)
	return nil
}

// Stats implements Queue.
func (m *Memory) Stats(ctx context.Context, t tenant.ID) (queue.Stats, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return queue.Stats{}, err
	}
	defer unlock()
	s := queue.Stats{Dead: len(b.dead), Paused: b.paused, Suspended: b.suspended}
	now := m.now()
	for _, r := range b.jobs {
		switch {
		case r.token != 0:
			s.Leased++
		case r.due.After(now):
			s.Delayed++
		default:
			s.Ready++
			s.Oldest = max(s.Oldest, now.Sub(r.due))
		}
		if r.token == 0 && r.lane == job.Bulk && !r.due.After(now) {
			s.Bulk++
		}
	}
	return s, nil
}
