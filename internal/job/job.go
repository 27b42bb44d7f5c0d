// Package job is the vocabulary that queue, worker and reconcile share: the key of a job, the job
// that a worker has claimed, and the outcome a handler reports. It does no I/O.
package job

import (
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Key identifies a job within a tenant: at most one job exists per key.
type Key struct {
	Resource event.Resource
	ID       string // the object's id in Omnium, as the event or the reader spelled it
}

// String renders the key as resource/id.
func (k Key) String() string { return string(k.Resource) + "/" + k.ID }

// Cause is the newest event that asked for a job, by its time; of those without one, the last to come.
type Cause struct {
	EventID string
	Change  event.Change
	Time    time.Time // the sender's clock, UTC; zero when not told
	// Trace is where the trace of the event goes on, as package tracing writes it: words of 32 characters,
	// separated by tildes. The queue appends those of up to three earlier events that it has joined.
	// Empty when the event is not traced.
	Trace string
}

// Job is an object that a worker holds a lease on.
type Job struct {
	Tenant tenant.ID
	Key

	// Token fences the lease: only its holder can settle or extend. It grows with every claim.
	Token int64
	// Generation counts the events coalesced into the job when it was claimed.
	Generation int64
	// Attempts counts the finished runs that failed since the object last agreed.
	Attempts int
	// Crashes counts the leases that ran out in a row.
	Crashes int
	// Lane is where the job was when it was claimed; a live event may have lifted it since.
	Lane  Lane
	Cause Cause
	// Enqueued is when the object first became due since it last agreed, by the clock of Redis.
	Enqueued time.Time
	// Claimed is this process's clock just before the claim was sent. A read of the object that
	// started after it sees every event the claim covers.
	Claimed time.Time
}
