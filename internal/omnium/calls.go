package omnium

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// calls shares work: callers with the same key wait for one run of it, as long as that run started
// late enough for them. It is safe for concurrent use.
type calls[K comparable, V any] struct {
	limit int           // how many finished calls are kept
	keep  time.Duration // for how long

	mu       sync.Mutex // guards the fields below and the waiters of every call
	current  map[K]*call[V]
	finished []finished[K, V] // the oldest first
}

type finished[K comparable, V any] struct {
	key  K
	call *call[V]
	at   time.Time
}

// call is one run. value and err are set before done is closed.
type call[V any] struct {
	started time.Time
	cancel  context.CancelFunc
	waiters int
	done    chan struct{}
	value   V
	err     error
}

func newCalls[K comparable, V any](limit int, keep time.Duration) *calls[K, V] {
	return &calls[K, V]{limit: limit, keep: keep, current: map[K]*call[V]{}}
}

// do returns the result of a run of work that started at since or later: one that is under way or
// has just finished without an error, else a new one. Work runs in its own goroutine with the
// values of the first caller's ctx; it is cancelled, and ends, when nobody waits for it any more.
func (s *calls[K, V]) do(
	ctx context.Context, key K, since time.Time, work func(context.Context) (V, error),
) (V, error) {
	c := s.join(ctx, key, since, work)
	select {
	case <-c.done:
		s.leave(key, c)
		return c.value, c.err
	case <-ctx.Done():
		s.leave(key, c)
		var zero V
		return zero, ctx.Err()
	}
}

func (s *calls[K, V]) join(
	ctx context.Context, key K, since time.Time, work func(context.Context) (V, error),
) *call[V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(time.Now())
	if c := s.current[key]; c != nil && !c.started.Before(since) {
		c.waiters++
		return c
	}
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &call[V]{started: time.Now(), cancel: cancel, waiters: 1, done: make(chan struct{})}
	s.current[key] = c
	go func() {
		defer cancel()
		c.value, c.err = guarded(runCtx, work)
		s.finish(key, c)
		close(c.done)
	}()
	return c
}

// guarded turns a panic into ErrMalformed: the work runs in a goroutine of its own, where nobody else
// would stop it from ending the process, and what it panics on is what it was given to read.
func guarded[V any](
	ctx context.Context, work func(context.Context) (V, error),
) (value V, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: panic: %v\n%s", ErrMalformed, v, debug.Stack())
		}
	}()
	return work(ctx)
}

// leave cancels work that nobody waits for and takes it out of sight, so that no later caller joins
// a run that is about to fail.
func (s *calls[K, V]) leave(key K, c *call[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.waiters--
	if c.waiters > 0 {
		return
	}
	select {
	case <-c.done:
	default:
		c.cancel()
		s.forget(key, c)
	}
}

func (s *calls[K, V]) finish(key K, c *call[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.err != nil || s.keep == 0 {
		s.forget(key, c)
		return
	}
	s.finished = append(s.finished, finished[K, V]{key, c, time.Now()})
}

// prune lets go of finished calls that are too old or too many.
func (s *calls[K, V]) prune(now time.Time) {
	n := 0
	for n < len(s.finished) && (len(s.finished)-n > s.limit || now.Sub(s.finished[n].at) >= s.keep) {
		s.forget(s.finished[n].key, s.finished[n].call)
		n++
	}
	clear(s.finished[:n])
	s.finished = s.finished[n:]
}

// forget removes c unless a newer run has taken its place.
func (s *calls[K, V]) forget(key K, c *call[V]) {
	if s.current[key] == c {
		delete(s.current, key)
	}
}
