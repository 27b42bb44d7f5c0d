package queuetest

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Exact is a queue under test whose clock stands still, so that its answers can be predicted.
type Exact struct {
	Queue
	// SetTime says what time the next call sees. It is called before every call.
	SetTime func(tenants []tenant.ID, now time.Time)
	// Audit returns an error when what is kept for a tenant contradicts itself.
	Audit func(t tenant.ID) error
}

// Property checks that random sequences of verbs have the same results on an empty queue, which open
// returns, and on Memory; that no job is lost or doubled; and that what is kept stays consistent.
func Property(t *testing.T, open func(o queue.Options) Exact) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		o := queue.Options{
			DedupeWindow: time.Hour, Lease: 20 * time.Second, MaxCrashes: 2,
			DeadLetterRetention: 24 * time.Hour,
			Coalesce:            rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(rt, "coalesce"),
		}
		p := &pair{
			ctx: t.Context(), subject: open(o), owed: map[tenant.ID]map[job.Key]bool{},
			// Far in the future, for queues that can only be told to go forward.
			now: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		p.model = NewMemoryAt(o, func() time.Time { return p.now })
		rt.Repeat(map[string]func(*rapid.T){
			"":             p.check,
			"enqueue":      p.enqueue,
			"enqueue more": p.enqueue,
			"claim":        p.claim,
			"claim more":   p.claim,
			"settle":       p.settle,
			"settle more":  p.settle,
			"extend":       p.extend,
			"reap":         p.reap,
			"expire":       p.expire,
			"dead letter":  p.deadLetter,
			"list":         p.list,
			"view":         p.view,
			"hasten":       p.hasten,
			"many letters": p.manyLetters,
			"block":        p.block,
			"time passes":  p.pass,
		})
	})
}
