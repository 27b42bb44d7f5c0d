package queuetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/omniflow/omniflow/internal/queue"
)

// Park implements Queue.
func (m *Memory) Park(ctx context.Context, parked []queue.Parked) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("park events: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range parked {
		m.parked[place(p)] = p
	}
	return nil
}

// place is what one parked event is kept for: newer ones replace it.
func place(p queue.Parked) string {
	return fmt.Sprintf("%q %q %q %q %q",
		p.Reason, p.Event.Resource, p.Event.Market, p.Event.Store, p.Event.Objects)
}

// ParkedEvents implements Queue. What is parked or unparked meanwhile is visited or not.
func (m *Memory) ParkedEvents(ctx context.Context, visit func(queue.Parked) bool) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("list parked events: %w", err)
	}
	m.mu.Lock()
	parked := slices.Collect(maps.Values(m.parked))
	m.mu.Unlock()
	for _, p := range parked {
		if !visit(p) {
			return nil
		}
	}
	return nil
}

// ParkedPage implements Queue. The cursor is how many were returned before, in the order of their
// places; it misses one when an earlier one leaves between two pages.
func (m *Memory) ParkedPage(
	ctx context.Context, cursor uint64, limit int,
) ([]queue.Parked, uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, fmt.Errorf("list parked events: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var page []queue.Parked
	for i, at := range slices.Sorted(maps.Keys(m.parked)) {
		switch {
		case uint64(i) < cursor:
		case len(page) == limit:
			return page, uint64(i), nil
		default:
			page = append(page, m.parked[at])
		}
	}
	return page, 0, nil
}

// ParkedCount implements Queue.
func (m *Memory) ParkedCount(ctx context.Context) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("count parked events: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.parked), nil
}

// Unpark implements Queue.
func (m *Memory) Unpark(ctx context.Context, p queue.Parked) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("unpark event: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept, ok := m.parked[place(p)]; ok && reflect.DeepEqual(kept, p) {
		delete(m.parked, place(p)) // a newer one that has taken its place stays
	}
	return nil
}
