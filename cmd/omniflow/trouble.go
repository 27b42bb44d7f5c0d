package main

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// troublePause is the least time between two rounds of lists: a breaker may close every second.
	troublePause = time.Minute
	// troubleRetry is how soon Redis is asked again to keep a wish.
	troubleRetry = 5 * time.Second
)

// trouble has the changes of tenants listed at once when trouble is over that may have cost events. It
// is safe for concurrent use; a nil one does nothing, because nobody catches up.
type trouble struct {
	want func(ctx context.Context, r event.Resource, since time.Time) error
	log  zerolog.Logger

	mu      sync.Mutex
	pending map[event.Resource]bool
	wake    chan struct{} // buffered
}

func newTrouble(
	want func(context.Context, event.Resource, time.Time) error, log zerolog.Logger,
) *trouble {
	return &trouble{
		want: want, log: log, pending: map[event.Resource]bool{}, wake: make(chan struct{}, 1),
	}
}

// over asks for what a tenant exports, from its checkpoints on. It never blocks.
func (t *trouble) over(of *tenant.Tenant) {
	if t == nil {
		return
	}
	t.mu.Lock()
	for _, name := range of.Resources {
		t.pending[event.Resource(name)] = true
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// run makes wishes of what was asked for, until ctx ends.
func (t *trouble) run(ctx context.Context) error {
	pace := rate.NewLimiter(rate.Every(troublePause), 1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		}
		_ = pace.Wait(ctx) // it fails when ctx ends, which is looked at next
		for ctx.Err() == nil && !t.flush(ctx) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(troubleRetry):
			}
		}
	}
}

// flush reports whether nothing is left to wish for.
func (t *trouble) flush(ctx context.Context) bool {
	t.mu.Lock()
	taken := t.pending
	t.pending = map[event.Resource]bool{}
	t.mu.Unlock()
	whole := true
	for r := range taken {
		asking, cancel := context.WithTimeout(ctx, time.Second)
		err := t.want(asking, r, time.Now())
		cancel()
		if err == nil {
			continue
		}
		whole = false
		t.log.Warn().Err(err).Str("resource", string(r)).Msg("changes after trouble are listed later")
		t.mu.Lock()
		t.pending[r] = true
		t.mu.Unlock()
	}
	return whole
}
