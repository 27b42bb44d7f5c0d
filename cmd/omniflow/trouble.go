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
	want, afresh want
	log          zerolog.Logger

	mu      sync.Mutex
	pending map[event.Resource]bool // whether what was listed before has to be looked at again
	wake    chan struct{}           // buffered
}

// want asks for the changes of a resource since a moment.
type want func(ctx context.Context, r event.Resource, since time.Time) error

func newTrouble(known, afresh want, log zerolog.Logger) *trouble {
	return &trouble{
		want: known, afresh: afresh, log: log, pending: map[event.Resource]bool{}, wake: make(chan struct{}, 1),
	}
}

// over asks for what a tenant exports, from its checkpoints on. It never blocks.
func (t *trouble) over(of *tenant.Tenant) { t.ask(of, false) }

// gained does the same for a tenant that has got a market: what was listed before did not concern it.
func (t *trouble) gained(of *tenant.Tenant) { t.ask(of, true) }

func (t *trouble) ask(of *tenant.Tenant, afresh bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	for _, name := range of.Resources {
		r := event.Resource(name)
		t.pending[r] = t.pending[r] || afresh
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
	for r, afresh := range taken {
		ask := t.want
		if afresh {
			ask = t.afresh
		}
		asking, cancel := context.WithTimeout(ctx, time.Second)
		err := ask(asking, r, time.Now())
		cancel()
		if err == nil {
			continue
		}
		whole = false
		t.log.Warn().Err(err).Str("resource", string(r)).Msg("changes after trouble are listed later")
		t.mu.Lock()
		t.pending[r] = t.pending[r] || afresh
		t.mu.Unlock()
	}
	return whole
}
