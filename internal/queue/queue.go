package queue

import (
	"errors"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Errors that callers branch on.
var (
	// ErrLeaseLost means that the lease ran out or was taken over: the caller must not write for
	// that job any more. Whoever holds it now settles it.
	ErrLeaseLost = errors.New("queue: lease lost")
	// ErrNotFound means that no such job or dead letter exists.
	ErrNotFound = errors.New("queue: not found")
	// ErrFull means that too many requests wait for Redis; nothing of the request was kept.
	ErrFull = errors.New("queue: intake is full")
	// ErrStopped means that the committer no longer takes requests.
	ErrStopped = errors.New("queue: stopped")
)

// MaxBatch is the largest number of entries one script call handles: an entry costs 10 to 15 µs, and a
// script shall hold up others for less than 1 ms.
const MaxBatch = 64

// Entry asks for one object of one tenant to be reconciled.
type Entry struct {
	Tenant tenant.ID
	job.Key
	// Lane is where the job goes; the zero value is job.Live. A live entry lifts a job that waits or
	// runs in the bulk lane, and keeps its backoff; a bulk entry leaves a live job where it is.
	Lane  job.Lane
	Cause job.Cause
	// Dedupe identifies the event for this object; an entry whose Dedupe was seen within the window
	// changes nothing. Empty entries are never duplicates.
	Dedupe string
}

// Result says what became of an entry.
type Result string

// The results of Enqueue.
const (
	Accepted  Result = "accepted"  // a new job, or a dead one revived
	Coalesced Result = "coalesced" // joined a job that exists
	Duplicate Result = "duplicate" // seen within the dedupe window
)

// Parked is an event that no tenant takes now, kept for an operator and for a later reload. Parking
// the same object of the same market again replaces the older one.
type Parked struct {
	Event  event.Event
	Reason string // unrouted, or no_object_ids
}

// Reasons for parking.
const (
	ParkedUnrouted    = "unrouted"
	ParkedNoObjectIDs = "no_object_ids"
)

// Stats is a tenant's queue at a glance.
type Stats struct {
	Ready   int // due now
	Delayed int // due later: backoff, snoozed, or waiting for a validity window
	Leased  int
	Dead    int
	Bulk    int // those of Ready that are in the bulk lane
	// Oldest is for how long the job that has been due longest has waited; zero when none is.
	Oldest time.Duration
	Paused bool
	// Suspended is the reason why the tenant is suspended; empty when it is not.
	Suspended string
}

// Depth is Stats, and what waits by lane.
type Depth struct {
	Stats
	// Lanes is indexed by job.Lane.
	Lanes [2]LaneDepth
}

// LaneDepth is what waits in one lane.
type LaneDepth struct {
	Ready, Delayed int
	// Oldest is for how long the job that has been due longest has waited; zero when none is.
	Oldest time.Duration
}

// DeadLetter is a job that is not worked on until somebody replays it or a newer event revives it.
type DeadLetter struct {
	job.Key
	Reason   string
	Detail   string // cause and excerpt of the refused request, for people
	Attempts int
	DiedAt   time.Time
	Cause    job.Cause
}
