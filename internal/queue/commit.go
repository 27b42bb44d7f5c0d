package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Committer is the group commit of the intake: all requests that wait while one round trip to Redis
// is under way go out together in the next one. There is no timer; an idle committer sends at once.
// It is safe for concurrent use.
type Committer struct {
	queue    *Queue
	requests chan *commit
	timeout  time.Duration
	onCommit func(entries []Entry)

	mu      sync.RWMutex // guards stopped against sends on requests
	stopped bool
}

// CommitterOptions configure a Committer.
type CommitterOptions struct {
	// Waiting is how many requests may wait for Redis before more are refused with ErrFull. Zero
	// means 1024.
	Waiting int
	// Timeout bounds one round trip. Zero means two seconds.
	Timeout time.Duration
	// OnCommit, when not nil, is told which entries have led to work, so that local workers need
	// not poll for them. It must not block.
	OnCommit func(entries []Entry)
}

// commit is one waiting request.
type commit struct {
	ctx     context.Context //nolint:containedctx // tells whether the requester still waits
	entries []Entry
	done    chan struct{} // closed when results and err are set
	results []Result
	err     error
}

// NewCommitter returns a committer on q; it works while Run runs.
func NewCommitter(q *Queue, o CommitterOptions) *Committer {
	if o.Waiting == 0 {
		o.Waiting = 1024
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	return &Committer{
		queue: q, timeout: o.Timeout, onCommit: o.OnCommit,
		requests: make(chan *commit, o.Waiting),
	}
}

// Enqueue blocks until Redis has the entries and returns one result per entry, in order. On error
// nothing may be acknowledged: the error is ErrFull, ErrStopped, the context's, or Redis's. After an
// error some entries may have been kept all the same; sending them again is harmless.
func (c *Committer) Enqueue(ctx context.Context, entries []Entry) ([]Result, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	r := &commit{ctx: ctx, entries: entries, done: make(chan struct{})}
	if err := c.submit(r); err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.results, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the group commit: %w", context.Cause(ctx))
	}
}

// Park keeps events that no tenant takes now; see Queue.Park. Parking is rare enough to go alone.
func (c *Committer) Park(ctx context.Context, parked []Parked) error {
	c.mu.RLock()
	stopped := c.stopped
	c.mu.RUnlock()
	if stopped {
		return ErrStopped
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.queue.Park(ctx, parked)
}

func (c *Committer) submit(r *commit) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.stopped {
		return ErrStopped
	}
	select {
	case c.requests <- r:
		return nil
	default:
		return ErrFull
	}
}

// Run commits until ctx ends, then refuses new requests, commits those that wait, and returns nil.
// Call it once.
func (c *Committer) Run(ctx context.Context) error {
	// What was taken in is finished even though the service is stopping.
	work := context.WithoutCancel(ctx)
	for {
		select {
		case r := <-c.requests:
			c.flush(work, c.gather(r))
		case <-ctx.Done():
			c.stop()
			for r := range c.requests {
				c.flush(work, c.gather(r))
			}
			return nil
		}
	}
}

func (c *Committer) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	close(c.requests)
}

// maxCommit bounds the entries of one round trip.
const maxCommit = 64 * MaxBatch

// gather collects what waits beside the first request.
func (c *Committer) gather(first *commit) []*commit {
	batch, size := []*commit{first}, len(first.entries)
	for size < maxCommit {
		select {
		case r, ok := <-c.requests:
			if !ok {
				return batch
			}
			batch, size = append(batch, r), size+len(r.entries)
		default:
			return batch
		}
	}
	return batch
}

// flush sends one round trip and gives every request its own part of the answer.
func (c *Committer) flush(ctx context.Context, batch []*commit) {
	var waiting []*commit
	var entries []Entry
	for _, r := range batch {
		if r.ctx.Err() != nil {
			continue // nobody waits any more: the sender will repeat
		}
		waiting, entries = append(waiting, r), append(entries, r.entries...)
	}
	results, errs := c.send(ctx, entries)
	at := 0
	for _, r := range waiting {
		end := at + len(r.entries)
		r.results, r.err = results[at:end:end], errors.Join(distinct(errs[at:end])...)
		at = end
		close(r.done)
	}
	if c.onCommit != nil {
		c.onCommit(worth(entries, results))
	}
}

// send writes entries in round trips of a bounded size, each with a time limit of its own. What
// follows a round trip that failed is not tried.
func (c *Committer) send(ctx context.Context, entries []Entry) ([]Result, []error) {
	var results []Result
	var errs []error
	for len(results) < len(entries) {
		part := entries[len(results):min(len(results)+maxCommit, len(entries))]
		one, cancel := context.WithTimeout(ctx, c.timeout)
		r, e := c.queue.enqueue(one, part)
		cancel()
		results, errs = append(results, r...), append(errs, e...)
		if failed := errors.Join(distinct(e)...); failed != nil && len(results) < len(entries) {
			left := len(entries) - len(results)
			return append(results, make([]Result, left)...), append(errs, slices.Repeat([]error{failed}, left)...)
		}
	}
	return results, errs
}

// worth keeps the entries that led to work.
func worth(entries []Entry, results []Result) []Entry {
	var kept []Entry
	for i, r := range results {
		if r == Accepted || r == Coalesced {
			kept = append(kept, entries[i])
		}
	}
	return kept
}
