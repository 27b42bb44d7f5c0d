package omnium

import (
	"context"
	"sync"
	"time"
)

// kept is something that is read as a whole and kept for a while. It is safe for concurrent use.
type kept[T any] struct {
	keep  time.Duration
	reads *calls[struct{}, T]

	mu        sync.Mutex // guards the fields below
	value     T
	readAt    time.Time // when the read of value began; zero when there is none
	forgotten time.Time // reads that began before do not count
}

func newKept[T any](keep time.Duration) *kept[T] {
	return &kept[T]{keep: keep, reads: newCalls[struct{}, T](0, 0)}
}

// get returns the value as it was at since or later, and no older than keep. Concurrent callers share
// one read. When the read fails, the last known value comes with the error.
func (k *kept[T]) get(
	ctx context.Context, since time.Time, read func(context.Context) (T, error),
) (T, error) {
	last, since, ok := k.last(since)
	if ok {
		return last, nil
	}
	value, err := k.reads.do(ctx, struct{}{}, since, func(ctx context.Context) (T, error) {
		started := time.Now()
		value, err := read(ctx)
		if err == nil {
			k.store(value, started)
		}
		return value, err
	})
	if err != nil {
		return last, err
	}
	return value, nil
}

// forget makes the next call of get read again.
func (k *kept[T]) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten = time.Now()
	k.readAt = time.Time{}
}

// last also returns since when a read counts, and whether the value will do.
func (k *kept[T]) last(since time.Time) (T, time.Time, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := !k.readAt.IsZero() && time.Since(k.readAt) < k.keep && !k.readAt.Before(since)
	if since.Before(k.forgotten) {
		since = k.forgotten
	}
	return k.value, since, fresh
}

func (k *kept[T]) store(value T, started time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if started.Before(k.forgotten) || started.Before(k.readAt) {
		return
	}
	k.value, k.readAt = value, started
}
