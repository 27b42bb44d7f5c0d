package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Memory is a queue in plain Go. It forgets everything with the process. Like queue.Queue it is
// safe for concurrent use, fails when the context has ended, and counts time in milliseconds.
type Memory struct {
	opts  queue.Options
	clock func() time.Time

	mu      sync.Mutex // guards what follows
	skipped time.Duration
	books   map[tenant.ID]*book
	parked  map[string]queue.Parked
}

var _ Queue = (*Memory)(nil)

// book is what is known about one tenant.
type book struct {
	jobs map[job.Key]*record
	dead map[job.Key]*letter
	// seen holds the dedupe identities by the half window in which they came.
	seen      map[int64]map[string]bool
	token     int64
	turn      int // live jobs that went first since a bulk one did
	paused    bool
	suspended string
}

// record is a job that is not dead: leased when its token is not 0, else waiting for due.
type record struct {
	generation, token int64
	attempts, crashes int
	dataFault         bool // of the last failure
	lane              job.Lane
	cause             job.Cause
	enqueued          time.Time
	due               time.Time
	leaseEnd          time.Time
}

type letter struct {
	queue.DeadLetter
	generation int64
}

// NewMemory returns an empty queue on the clock of package time, so that it works in a synctest
// bubble. The options mean the same as for queue.New.
func NewMemory(o queue.Options) *Memory { return NewMemoryAt(o, time.Now) }

// NewMemoryAt returns an empty queue on the given clock.
func NewMemoryAt(o queue.Options, clock func() time.Time) *Memory {
	o.DedupeWindow = cmp.Or(o.DedupeWindow, time.Hour)
	o.Lease = cmp.Or(o.Lease, 15*time.Second)
	o.MaxCrashes = cmp.Or(o.MaxCrashes, 5)
	o.DeadLetterRetention = cmp.Or(o.DeadLetterRetention, 30*24*time.Hour)
	return &Memory{
		opts: o, clock: clock,
		books: map[tenant.ID]*book{}, parked: map[string]queue.Parked{},
	}
}

// Advance makes d pass at once, on top of the clock.
func (m *Memory) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.skipped += d
}

// now must be called with the lock held.
func (m *Memory) now() time.Time { return inMillis(m.clock().Add(m.skipped)) }

func inMillis(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// open locks the queue and returns the tenant's book and what unlocks it again.
func (m *Memory) open(ctx context.Context, t tenant.ID) (*book, func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("open the book of %s: %w", t, err)
	}
	m.mu.Lock()
	b, ok := m.books[t]
	if !ok {
		b = &book{
			jobs: map[job.Key]*record{}, dead: map[job.Key]*letter{},
			seen: map[int64]map[string]bool{},
		}
		m.books[t] = b
	}
	return b, m.mu.Unlock, nil
}

// compareKeys orders what is due, or died, in the same millisecond.
func compareKeys(a, b job.Key) int {
	return cmp.Compare(string(a.Resource)+":"+a.ID, string(b.Resource)+":"+b.ID)
}
