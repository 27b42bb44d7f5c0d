package queue

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
)

// Settler is a Queue whose workers settle together: everything that is settled while one round trip
// to Redis is under way goes out in the next one. There is no timer; one that comes alone is sent at
// once. It is safe for concurrent use and needs no stopping.
type Settler struct {
	*Queue
	timeout time.Duration

	mu      sync.Mutex
	sending bool // a goroutine is at work that looks at waiting again
	waiting []*settlement
}

// settlement is one call that waits for its answer.
type settlement struct {
	transition
	done  chan struct{} // closed when again and err are set
	again bool
	err   error
}

// NewSettler returns a settler on q. The timeout bounds one round trip; zero means two seconds.
func NewSettler(q *Queue, timeout time.Duration) *Settler {
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	return &Settler{Queue: q, timeout: timeout}
}

// Ack is Queue.Ack.
func (s *Settler) Ack(ctx context.Context, j job.Job, again time.Duration) (bool, error) {
	return s.settle(ctx, s.ack(j, again))
}

// Retry is Queue.Retry.
func (s *Settler) Retry(
	ctx context.Context, j job.Job, delay time.Duration, dataFault bool,
) (bool, error) {
	return s.settle(ctx, s.retry(j, delay, dataFault))
}

// Release is Queue.Release.
func (s *Settler) Release(ctx context.Context, j job.Job, delay time.Duration) error {
	_, err := s.settle(ctx, s.release(j, delay))
	return err
}

// Bury is Queue.Bury.
func (s *Settler) Bury(ctx context.Context, j job.Job, reason, detail string) (bool, error) {
	return s.settle(ctx, s.bury(j, reason, detail))
}

// settle waits for the group's answer or the end of ctx. After the latter the transition may happen
// all the same; its token keeps it from doing so twice.
func (s *Settler) settle(ctx context.Context, t transition) (bool, error) {
	if err := context.Cause(ctx); err != nil {
		return false, fmt.Errorf("%s: %w", t.name, err)
	}
	w := &settlement{transition: t, done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	if !s.sending {
		s.sending = true
		go s.send(context.WithoutCancel(ctx)) // others will wait for it too
	}
	s.mu.Unlock()
	select {
	case <-w.done:
		return w.again, w.err
	case <-ctx.Done():
		return false, fmt.Errorf("%s: %w", t.name, context.Cause(ctx))
	}
}

// send makes round trips until nobody waits.
func (s *Settler) send(ctx context.Context) {
	for {
		s.mu.Lock()
		group := s.waiting[:min(len(s.waiting), maxCommit)]
		s.waiting = s.waiting[len(group):]
		s.sending = len(group) > 0
		s.mu.Unlock()
		if len(group) == 0 {
			return
		}
		for i, cmd := range s.roundTrip(ctx, group) {
			w := group[i]
			w.again, w.err = w.result(cmd)
			close(w.done)
		}
	}
}

func (s *Settler) roundTrip(ctx context.Context, group []*settlement) []*redis.Cmd {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	calls := make([]call, len(group))
	for i, w := range group {
		calls[i] = w.call
	}
	return pipeline(ctx, s.rdb, calls)
}
