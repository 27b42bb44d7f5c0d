package omnium

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// patience is the longest pause that a call waits out; for a longer one it fails with
	// *ThrottledError, so that its caller can give back what it holds.
	patience = 5 * time.Second
	// firstPause is Omnium's advice for a 429 without Retry-After (reference omnium-api.md §1.4).
	firstPause = 2 * time.Second
	maxPause   = time.Minute
)

// budget keeps one API user within Omnium's limits: requests in flight, requests per second, and
// the pause that a 429 asks for. The pause holds for the whole client, since the limit does.
type budget struct {
	slots chan struct{}
	// patient holds an element for every request that may wait for others and that has a slot, or waits
	// for one or for the rate. The rest never queues up behind more than those few.
	patient chan struct{}
	rate    *rate.Limiter

	mu      sync.Mutex // guards the fields below
	until   time.Time  // no request starts before
	since   time.Time  // when the newest pause was set
	doubled int        // pauses without Retry-After in a row
}

func newBudget(concurrent int, perSecond float64) *budget {
	return &budget{
		slots:   make(chan struct{}, concurrent),
		patient: make(chan struct{}, max(1, concurrent/4)),
		// A burst of one tenth of a second smooths scheduling without ever adding up to a peak.
		rate: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/10))),
	}
}

// acquire waits for a slot and for the rate. The caller calls release when the request has ended.
func (b *budget) acquire(ctx context.Context, patient bool) (release func(), err error) {
	// A pause that is too long shall not first cost a wait for a slot.
	if err := b.waitOutPause(ctx); err != nil {
		return nil, err
	}
	slots := []chan struct{}{b.slots}
	if patient {
		slots = []chan struct{}{b.patient, b.slots}
	}
	release, err = take(ctx, slots)
	if err != nil {
		return nil, err
	}
	if err := b.waitForTurn(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// take waits for an element of each, in their order.
func take(ctx context.Context, slots []chan struct{}) (release func(), err error) {
	taken := 0
	release = func() {
		for _, s := range slots[:taken] {
			<-s
		}
	}
	for _, s := range slots {
		select {
		case s <- struct{}{}:
			taken++
		case <-ctx.Done():
			release()
			return nil, fmt.Errorf("wait for an Omnium slot: %w", ctx.Err())
		}
	}
	return release, nil
}

func (b *budget) waitForTurn(ctx context.Context) error {
	if err := b.rate.Wait(ctx); err != nil {
		return fmt.Errorf("wait for the Omnium rate: %w", err)
	}
	// A 429 may have arrived since.
	return b.waitOutPause(ctx)
}

// waitOutPause returns when no pause is in force, or an error when ctx or patience ends before.
func (b *budget) waitOutPause(ctx context.Context) error {
	limit := time.Now().Add(patience)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(limit) {
		limit = deadline
	}
	for {
		until := b.pausedUntil()
		wait := time.Until(until)
		if wait <= 0 {
			return nil
		}
		if until.After(limit) {
			return &ThrottledError{Wait: wait}
		}
		if err := sleep(ctx, wait); err != nil {
			return fmt.Errorf("wait for Omnium's pause: %w", err)
		}
	}
}

func (b *budget) pausedUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until
}

// throttle pauses the client after a 429 and returns how long the pause still is. Requests that were
// in flight together are refused together: only the first of them makes the pause longer.
func (b *budget) throttle(started time.Time, retryAfter time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	pause := retryAfter
	if pause <= 0 {
		if b.until.After(now) && !started.After(b.since) {
			return b.until.Sub(now)
		}
		pause = min(firstPause<<min(b.doubled, 10), maxPause)
		b.doubled++
	}
	if until := now.Add(pause); until.After(b.until) {
		b.until, b.since = until, now
	}
	return b.until.Sub(now)
}

// recover ends the doubling: a request that started after the newest pause was set was served.
func (b *budget) recover(started time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if started.After(b.since) {
		b.doubled = 0
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
