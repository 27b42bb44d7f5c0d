package queue

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options configure a Queue.
type Options struct {
	// DedupeWindow is for how long at least an event id is remembered (at most one and a half
	// times as long). Zero means one hour.
	DedupeWindow time.Duration
	// Coalesce delays new jobs, so that more events on one object join them. Zero means not at all.
	Coalesce time.Duration
	// Lease is how long a claim holds without being extended. Zero means 15 seconds.
	Lease time.Duration
	// MaxCrashes is how many leases of one job may run out before it is buried as poison. Zero
	// means five.
	MaxCrashes int
	// DeadLetterRetention is how long dead letters are kept. Zero means 30 days.
	DeadLetterRetention time.Duration
}

func (o Options) withDefaults() Options {
	if o.DedupeWindow == 0 {
		o.DedupeWindow = time.Hour
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.MaxCrashes == 0 {
		o.MaxCrashes = 5
	}
	if o.DeadLetterRetention == 0 {
		o.DeadLetterRetention = 30 * 24 * time.Hour
	}
	return o
}

// Queue keeps jobs in Redis. It is safe for concurrent use, and any number of processes may share
// one Redis. Errors are those of the connection or of a script; where a method documents a sentinel,
// errors.Is finds it.
type Queue struct {
	rdb     redis.UniversalClient
	opts    Options
	scripts scripts
	// listening says that wake-ups of other processes arrive.
	listening atomic.Bool
}

// New returns a queue on rdb, which stays the caller's to close.
func New(rdb redis.UniversalClient, o Options) (*Queue, error) {
	if rdb == nil {
		return nil, errors.New("queue: no Redis client")
	}
	if o.DedupeWindow < 0 || o.Coalesce < 0 || o.Lease < 0 || o.MaxCrashes < 0 ||
		o.DeadLetterRetention < 0 {
		return nil, errors.New("queue: negative option")
	}
	return &Queue{rdb: rdb, opts: o.withDefaults(), scripts: loadScripts()}, nil
}

// Lease returns the length of the leases that Claim and Extend give.
func (q *Queue) Lease() time.Duration { return q.opts.Lease }
