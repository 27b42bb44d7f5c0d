package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

func (b *book) bury(key job.Key, now time.Time, reason, detail string) {
	r := b.jobs[key]
	delete(b.jobs, key)
	b.dead[key] = &letter{
		generation: r.generation,
		DeadLetter: queue.DeadLetter{
			Key: key, Reason: reason, Detail: detail, Attempts: r.attempts, DiedAt: now, Cause: r.cause,
		},
	}
}

func poisonDetail(crashes int) string {
	return fmt.Sprintf("%d workers lost their lease while working on it", crashes)
}

// DeadLetter implements Queue.
func (m *Memory) DeadLetter(
	ctx context.Context, t tenant.ID, key job.Key,
) (queue.DeadLetter, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return queue.DeadLetter{}, err
	}
	defer unlock()
	l, err := b.letter(key)
	if err != nil {
		return queue.DeadLetter{}, err
	}
	return l.DeadLetter, nil
}

func (b *book) letter(key job.Key) (*letter, error) {
	l, ok := b.dead[key]
	if !ok {
		return nil, fmt.Errorf("find dead letter %s: %w", key, queue.ErrNotFound)
	}
	return l, nil
}

// DeadLetters implements Queue.
func (m *Memory) DeadLetters(
	ctx context.Context, t tenant.ID, cursor string, limit int,
) ([]queue.DeadLetter, string, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return nil, "", err
	}
	defer unlock()
	seen, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	var page []queue.DeadLetter
	for _, l := range b.youngestFirst() {
		if len(page) >= limit {
			break
		}
		if cursor == "" || youngerFirst(seen, l) < 0 {
			page = append(page, l.DeadLetter)
		}
	}
	if limit < 1 || len(page) < limit {
		return page, "", nil
	}
	last := page[len(page)-1]
	return page, fmt.Sprintf("%d %s:%s", last.DiedAt.UnixMilli(), last.Resource, last.ID), nil
}

func (b *book) youngestFirst() []*letter {
	letters := make([]*letter, 0, len(b.dead))
	for _, l := range b.dead {
		letters = append(letters, l)
	}
	slices.SortFunc(letters, youngerFirst)
	return letters
}

func youngerFirst(x, y *letter) int {
	return -cmp.Or(x.DiedAt.Compare(y.DiedAt), compareKeys(x.Key, y.Key))
}

// parseCursor returns the place of the last letter that was seen.
func parseCursor(cursor string) (*letter, error) {
	if cursor == "" {
		return &letter{}, nil
	}
	at, name, ok := strings.Cut(cursor, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok {
		return nil, queue.ErrCursor
	}
	resource, id, _ := strings.Cut(name, ":")
	return &letter{DeadLetter: queue.DeadLetter{
		Key: job.Key{Resource: event.Resource(resource), ID: id}, DiedAt: time.UnixMilli(ms).UTC(),
	}}, nil
}

// Replay implements Queue.
func (m *Memory) Replay(ctx context.Context, t tenant.ID, key job.Key) error {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	return b.replay(key, m.now())
}

func (b *book) replay(key job.Key, now time.Time) error {
	l, err := b.letter(key)
	if err != nil {
		return err
	}
	delete(b.dead, key)
	b.jobs[key] = &record{generation: l.generation + 1, cause: l.Cause, enqueued: now, due: now}
	return nil
}

// Discard implements Queue.
func (m *Memory) Discard(ctx context.Context, t tenant.ID, key job.Key) error {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = b.letter(key)
	delete(b.dead, key)
	return err
}

// ReplayAll implements Queue.
func (m *Memory) ReplayAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := 0
	for _, d := range letters {
		if b.replay(d.Key, m.now()) == nil {
			n++
		}
	}
	return n, nil
}

// DiscardAll implements Queue.
func (m *Memory) DiscardAll(ctx context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := 0
	for _, d := range letters {
		if l, ok := b.dead[d.Key]; ok && l.DiedAt.Equal(d.DiedAt) {
			delete(b.dead, d.Key)
			n++
		}
	}
	return n, nil
}

// ExpireDeadLetters implements Queue.
func (m *Memory) ExpireDeadLetters(ctx context.Context, t tenant.ID) (int, error) {
	b, unlock, err := m.open(ctx, t)
	if err != nil {
		return 0, err
	}
	defer unlock()
	limit := m.now().Add(-m.opts.DeadLetterRetention)
	forgotten := 0
	for _, l := range slices.Backward(b.youngestFirst()) {
		if l.DiedAt.After(limit) || forgotten == queue.MaxBatch {
			break
		}
		delete(b.dead, l.Key)
		forgotten++
	}
	return forgotten, nil
}
