package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Job implements Queue.
func (m *Memory) Job(ctx context.Context, t tenant.ID, key job.Key) (queue.View, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return queue.View{}, err
	}
	defer unlock()
	for _, v := range b.views(m.now()) {
		if v.Key == key {
			return v, nil
		}
	}
	return queue.View{}, fmt.Errorf("find job %s: %w", key, queue.ErrNotFound)
}

// Jobs implements Queue. The cursor is the place of the last one returned.
func (m *Memory) Jobs(
	ctx context.Context, t tenant.ID, state queue.State, cursor string, limit int,
) ([]queue.View, string, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return nil, "", err
	}
	defer unlock()
	seen, err := parsePlace(cursor)
	if err != nil || limit < 1 {
		return nil, "", err
	}
	var page []queue.View
	for _, v := range b.views(m.now()) {
		if state != "" && v.State != state || cursor != "" && comparePlaces(v, seen) <= 0 {
			continue
		}
		if len(page) == limit {
			return page, placeOf(page[limit-1]), nil
		}
		page = append(page, v)
	}
	return page, "", nil
}

// views lists every job of the tenant.
func (b *book) views(now time.Time) []queue.View {
	var all []queue.View
	for key, r := range b.jobs {
		v := queue.View{
			Key: key, State: queue.Ready, Lane: r.lane, Generation: r.generation, Attempts: r.attempts,
			Due: r.due, Enqueued: r.enqueued, Cause: r.cause,
		}
		switch {
		case r.token != 0:
			v.State, v.Due = queue.Leased, r.leaseEnd
		case r.due.After(now):
			v.State = queue.Delayed
		}
		all = append(all, v)
	}
	for key, l := range b.dead {
		all = append(all, queue.View{
			Key: key, State: queue.Dead, Generation: l.generation, Attempts: l.Attempts, Due: l.DiedAt,
			Cause: l.Cause, Reason: l.Reason, Detail: l.Detail,
		})
	}
	slices.SortFunc(all, comparePlaces)
	return all
}

// shelf is where a job is listed: what waits in the live lane, in the bulk lane, leased, dead.
func shelf(v queue.View) int {
	switch v.State {
	case queue.Leased:
		return 2
	case queue.Dead:
		return 3
	default:
		return int(v.Lane)
	}
}

func comparePlaces(x, y queue.View) int {
	order := cmp.Or(x.Due.Compare(y.Due), compareKeys(x.Key, y.Key))
	if shelf(x) == 3 {
		order = -order
	}
	return cmp.Or(cmp.Compare(shelf(x), shelf(y)), order)
}

func placeOf(v queue.View) string {
	return fmt.Sprintf("%d %d %s:%s", shelf(v), v.Due.UnixMilli(), v.Resource, v.ID)
}

// parsePlace returns a job that is listed where the cursor says.
func parsePlace(cursor string) (queue.View, error) {
	if cursor == "" {
		return queue.View{}, nil
	}
	text, rest, _ := strings.Cut(cursor, " ")
	n, err := strconv.Atoi(text)
	if err != nil {
		return queue.View{}, queue.ErrCursor
	}
	l, err := parseCursor(rest)
	if err != nil || n < 0 || n > 3 {
		return queue.View{}, queue.ErrCursor
	}
	v := queue.View{Key: l.Key, Due: l.DiedAt, Lane: job.Lane(n)}
	switch n {
	case 2:
		v.State = queue.Leased
	case 3:
		v.State = queue.Dead
	}
	return v, nil
}

// Hasten implements Queue.
func (m *Memory) Hasten(ctx context.Context, t tenant.ID, key job.Key) error {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	r, ok := b.jobs[key]
	if !ok || r.token != 0 {
		return fmt.Errorf("hasten %s: %w", key, queue.ErrNotFound)
	}
	if now := m.now(); r.due.After(now) {
		r.due = now
		if r.enqueued.After(now) {
			r.enqueued = now
		}
	}
	return nil
}
