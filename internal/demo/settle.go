package demo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// settleTimeout bounds the wait for something that the vendors hear nothing of. It is far beyond what
	// the service's backoff takes.
	settleTimeout = 60 * time.Second
	// settleAtMost bounds the wait for rest of a service that does not stop asking the vendors.
	settleAtMost = 5 * time.Minute
	pollEvery    = 20 * time.Millisecond
)

// errBusy says that the service did not come to rest in time.
var errBusy = errors.New("the service did not come to rest")

// errUnavailable says that the service could not answer just now.
var errUnavailable = errors.New("the service is unavailable")

// Settled waits until no tenant has anything left to do but what waits for a price or assortment
// window to open or close. It gives up after a minute without any
// request to a vendor: a machine may be slow.
func (d *Day) Settled(ctx context.Context) error {
	return d.settled(ctx, d.world.books(), d.oracles...)
}

// settled waits for the tenants of some oracles.
func (d *Day) settled(ctx context.Context, of Books, oracles ...*oracle) error {
	b := backlog{books: of, waiting: map[delayed]int{}}
	return d.until(ctx, func(states map[string]state) (bool, error) {
		left := 0
		for _, o := range oracles {
			left += b.left(o, states[o.tenant.uid])
		}
		for _, o := range oracles {
			// A job that waits for a window may have been asked for again and failed: how many wait does
			// not tell.
			if left > 0 || states[o.tenant.uid].Queue.Delayed == 0 {
				continue
			}
			n, err := d.service.retrying(ctx, o.tenant.uid)
			if err != nil {
				return false, err
			}
			left += n
		}
		d.progress.Note(fmt.Sprintf("jobs left: %d", left))
		return left == 0, nil
	})
}

// backlog tells the jobs that are to be waited for from those that wait for a window.
type backlog struct {
	books Books
	// waiting keeps how many jobs wait for a window. When one opens, its job is no longer delayed:
	// as long as the number of delayed jobs is the same, so is that of those.
	waiting map[delayed]int
}

type delayed struct {
	tenant string
	jobs   int
}

// left counts what a tenant still has to do.
func (b backlog) left(o *oracle, s state) int {
	if s.busy() > 0 || s.Queue.Delayed == 0 {
		return s.busy() + s.Queue.Delayed
	}
	key := delayed{o.tenant.uid, s.Queue.Delayed}
	waiting, known := b.waiting[key]
	if !known {
		waiting = o.expect(b.books, time.Now()).waiting
		b.waiting[key] = waiting
	}
	return max(0, s.Queue.Delayed-waiting)
}

// until asks for the tenants' states until they are as wanted.
func (d *Day) until(ctx context.Context, wanted func(map[string]state) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settleAtMost, errBusy)
	defer cancel()
	heard, at := d.heard(), time.Now()
	return poll(ctx, pollEvery, func() (bool, error) {
		if now := d.heard(); now != heard {
			heard, at = now, time.Now()
		}
		if time.Since(at) > settleTimeout {
			return false, errBusy
		}
		states, err := d.service.states(ctx)
		if errors.Is(err, errUnavailable) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return wanted(states)
	})
}

// heard is how many requests the vendors had.
func (d *Day) heard() int64 {
	return d.world.Flow.Requests() + int64(d.world.Omnium.Total())
}

// poll calls done until it is, or fails, or ctx ends.
func poll(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		ok, err := done()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
