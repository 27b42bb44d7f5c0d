package queuetest

import (
	"context"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// Enqueue implements Queue.
func (m *Memory) Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error) {
	results := make([]queue.Result, len(entries))
	for i, e := range entries {
		b, unlock, err := m.open(ctx, e.Tenant)
		if err != nil {
			return results, err
		}
		results[i] = b.enqueue(e, m.now(), m.opts)
		unlock()
	}
	return results, nil
}

func (b *book) enqueue(e queue.Entry, now time.Time, o queue.Options) queue.Result {
	if e.Dedupe != "" && b.isDuplicate(e.Dedupe, now, o.DedupeWindow) {
		return queue.Duplicate
	}
	cause := e.Cause
	if !cause.Time.IsZero() {
		cause.Time = inMillis(cause.Time)
	}
	if r, ok := b.jobs[e.Key]; ok {
		r.lane = min(r.lane, e.Lane) // live lifts bulk, never the reverse
		r.coalesce(cause, now, o.Coalesce)
		return queue.Coalesced
	}
	r := &record{
		generation: 1, lane: e.Lane, cause: cause, enqueued: now, due: now.Add(o.Coalesce),
	}
	if l, ok := b.dead[e.Key]; ok {
		r.generation = l.generation + 1
		delete(b.dead, e.Key)
	}
	b.jobs[e.Key] = r
	return queue.Accepted
}

// isDuplicate says whether the identity came in this half window or the two before it: known for at
// least one window and at most one and a half. If not, it is remembered.
func (b *book) isDuplicate(identity string, now time.Time, window time.Duration) bool {
	half := now.UnixMilli() / max(1, window.Milliseconds()/2)
	for then, identities := range b.seen {
		if half-then > 2 {
			delete(b.seen, then)
		} else if identities[identity] {
			return true
		}
	}
	if b.seen[half] == nil {
		b.seen[half] = map[string]bool{}
	}
	b.seen[half][identity] = true
	return false
}

// earlier says that the event of a cause happened before that of another one, to the millisecond. One that does
// not tell is before all that do.
func earlier(a, b job.Cause) bool { return millis(a.Time) < millis(b.Time) }

func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// coalesce adds an event to a job that exists.
func (r *record) coalesce(cause job.Cause, now time.Time, delay time.Duration) {
	r.generation++
	if !earlier(cause, r.cause) {
		r.cause = cause
	}
	backsOff := r.attempts > 0 && !r.dataFault
	if r.token != 0 || backsOff || !r.due.After(now.Add(delay)) {
		return
	}
	r.due = now.Add(delay)
	if r.enqueued.After(now) {
		r.enqueued = now
	}
}
