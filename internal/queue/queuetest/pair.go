package queuetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// pair is a queue and its model, which see the same calls at the same times.
type pair struct {
	ctx     context.Context //nolint:containedctx // of the test that owns the pair
	subject Exact
	model   *Memory
	now     time.Time

	claimed []job.Job // every lease there ever was; most are lost
	events  int
	// owed are the jobs that were accepted and have not ended: conservation means that they are
	// exactly those that exist.
	owed map[tenant.ID]map[job.Key]bool
}

func tenants() []tenant.ID { return []tenant.ID{"a", "b"} }

func anyTenant(rt *rapid.T) tenant.ID { return rapid.SampledFrom(tenants()).Draw(rt, "tenant") }

func anyKey(rt *rapid.T) job.Key {
	return job.Key{
		Resource: rapid.SampledFrom([]event.Resource{event.Product, event.Store}).Draw(rt, "resource"),
		ID:       rapid.SampledFrom([]string{"1", "2", "æ\n:"}).Draw(rt, "id"),
	}
}

func anyDelay(rt *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{
		0, time.Millisecond, time.Second, 20 * time.Second, 10 * time.Minute,
	}).Draw(rt, "delay")
}

// answer is what a call returned; errors compare by the sentinel that callers branch on.
type answer struct {
	Value any
	Err   string
}

func answerOf(value any, err error) answer {
	for _, sentinel := range []error{queue.ErrLeaseLost, queue.ErrNotFound, queue.ErrCursor} {
		if errors.Is(err, sentinel) {
			return answer{Value: value, Err: sentinel.Error()}
		}
	}
	if err != nil {
		return answer{Value: value, Err: "unexpected: " + err.Error()}
	}
	return answer{Value: value}
}

// both makes one call on the queue and on the model and returns the model's answer.
func (p *pair) both(rt *rapid.T, name string, call func(Queue) (any, error)) any {
	want := answerOf(call(p.model))
	p.subject.SetTime(tenants(), p.now)
	got := answerOf(call(p.subject.Queue))
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(job.Job{}, "Claimed"))
	if diff != "" {
		rt.Fatalf("%s differs from the model (-want +got):\n%s", name, diff)
	}
	return want.Value
}

func (p *pair) owes(t tenant.ID, key job.Key, owed bool) {
	if p.owed[t] == nil {
		p.owed[t] = map[job.Key]bool{}
	}
	if owed {
		p.owed[t][key] = true
	} else {
		delete(p.owed[t], key)
	}
}

func (p *pair) enqueue(rt *rapid.T) {
	entries := make([]queue.Entry, rapid.IntRange(1, 4).Draw(rt, "entries"))
	for i := range entries {
		p.events++
		key := anyKey(rt)
		entries[i] = queue.Entry{
			Tenant: anyTenant(rt), Key: key, Lane: rapid.SampledFrom([]job.Lane{job.Live, job.Bulk}).Draw(rt, "lane"),
			Cause: job.Cause{EventID: fmt.Sprint("event ", p.events), Change: event.Changed, Time: p.now},
		}
		if identity := rapid.IntRange(0, 6).Draw(rt, "identity"); identity > 0 {
			entries[i].Dedupe = fmt.Sprint(identity, key)
		}
	}
	value := p.both(rt, "Enqueue", func(q Queue) (any, error) { return q.Enqueue(p.ctx, entries) })
	results, _ := value.([]queue.Result)
	for i, r := range results {
		if r == queue.Accepted {
			p.owes(entries[i].Tenant, entries[i].Key, true)
		}
	}
}

func (p *pair) claim(rt *rapid.T) {
	t, n := anyTenant(rt), rapid.IntRange(1, 4).Draw(rt, "n")
	lane := rapid.SampledFrom([]job.Lane{job.Live, job.Bulk, -1}).Draw(rt, "lane")
	value := p.both(rt, "Claim", func(q Queue) (any, error) {
		if lane < 0 {
			return q.Claim(p.ctx, t, n)
		}
		return q.ClaimLane(p.ctx, t, lane, n)
	})
	c, _ := value.(queue.Claimed)
	p.claimed = append(p.claimed, c.Jobs...)
}

// anyLease prefers young leases, since most old ones are lost.
func (p *pair) anyLease(rt *rapid.T) job.Job {
	if len(p.claimed) == 0 {
		rt.Skip("nothing was claimed")
	}
	return p.claimed[len(p.claimed)-1-rapid.IntRange(0, min(7, len(p.claimed)-1)).Draw(rt, "lease")]
}

func (p *pair) settle(rt *rapid.T) {
	j, delay, fault := p.anyLease(rt), anyDelay(rt), rapid.Bool().Draw(rt, "fault")
	switch verb := rapid.SampledFrom([]string{"Ack", "Retry", "Release", "Bury"}).Draw(rt, "verb"); verb {
	case "Ack":
		value := p.both(rt, verb, func(q Queue) (any, error) {
			due, err := q.Ack(p.ctx, j, delay)
			return [2]bool{due, err == nil}, err
		})
		if ended, _ := value.([2]bool); !ended[0] && ended[1] && delay == 0 {
			p.owes(j.Tenant, j.Key, false)
		}
	case "Retry":
		p.both(rt, verb, func(q Queue) (any, error) { return q.Retry(p.ctx, j, delay, fault) })
	case "Release":
		p.both(rt, verb, func(q Queue) (any, error) { return nil, q.Release(p.ctx, j, delay) })
	case "Bury":
		p.both(rt, verb, func(q Queue) (any, error) { return q.Bury(p.ctx, j, "reason", "a\x00 detail") })
	}
}

func (p *pair) extend(rt *rapid.T) {
	t := anyTenant(rt)
	jobs := []job.Job{p.anyLease(rt), p.anyLease(rt)}
	p.both(rt, "Extend", func(q Queue) (any, error) { return q.Extend(p.ctx, t, jobs) })
}

func (p *pair) reap(rt *rapid.T) {
	t := anyTenant(rt)
	p.both(rt, "Reap", func(q Queue) (any, error) { return q.Reap(p.ctx, t) })
}

// expire forgets dead letters, and so are those jobs no longer owed.
func (p *pair) expire(rt *rapid.T) {
	t := anyTenant(rt)
	old := p.letters(rt, t, 100)
	p.both(rt, "ExpireDeadLetters", func(q Queue) (any, error) { return q.ExpireDeadLetters(p.ctx, t) })
	for _, d := range old {
		if p.now.Sub(d.DiedAt) >= 24*time.Hour {
			p.owes(t, d.Key, false)
		}
	}
}

func (p *pair) deadLetter(rt *rapid.T) {
	t, key := anyTenant(rt), anyKey(rt)
	switch verb := rapid.SampledFrom([]string{"DeadLetter", "Replay", "Discard"}).Draw(rt, "verb"); verb {
	case "DeadLetter":
		p.both(rt, verb, func(q Queue) (any, error) { return q.DeadLetter(p.ctx, t, key) })
	case "Replay":
		p.both(rt, verb, func(q Queue) (any, error) { return nil, q.Replay(p.ctx, t, key) })
	case "Discard":
		value := p.both(rt, verb, func(q Queue) (any, error) {
			err := q.Discard(p.ctx, t, key)
			return err == nil, err
		})
		if discarded, _ := value.(bool); discarded {
			p.owes(t, key, false)
		}
	}
}

func (p *pair) list(rt *rapid.T) {
	p.letters(rt, anyTenant(rt), rapid.IntRange(1, 4).Draw(rt, "limit"))
}

// page is an answer of DeadLetters.
type page struct {
	Letters []queue.DeadLetter
	Next    string
}

func (p *pair) letters(rt *rapid.T, t tenant.ID, limit int) []queue.DeadLetter {
	var all []queue.DeadLetter
	for cursor := ""; ; {
		value := p.both(rt, "DeadLetters", func(q Queue) (any, error) {
			letters, next, err := q.DeadLetters(p.ctx, t, cursor, limit)
			return page{letters, next}, err
		})
		got, _ := value.(page)
		all = append(all, got.Letters...)
		if got.Next == "" {
			return all
		}
		cursor = got.Next
	}
}

func (p *pair) block(rt *rapid.T) {
	t := anyTenant(rt)
	verb := rapid.SampledFrom([]string{"Pause", "Suspend", "Resume", "Unsuspend"}).Draw(rt, "verb")
	p.both(rt, verb, func(q Queue) (any, error) {
		switch verb {
		case "Pause":
			return nil, q.Pause(p.ctx, t)
		case "Suspend":
			return nil, q.Suspend(p.ctx, t, "401")
		case "Resume":
			return nil, q.Resume(p.ctx, t)
		default:
			return nil, q.Unsuspend(p.ctx, t)
		}
	})
}

func (p *pair) pass(rt *rapid.T) {
	p.now = p.now.Add(rapid.SampledFrom([]time.Duration{
		time.Millisecond, 999 * time.Millisecond, time.Second, 20 * time.Second, 29 * time.Minute,
		time.Hour, 25 * time.Hour,
	}).Draw(rt, "for"))
}

// check holds after every step.
func (p *pair) check(rt *rapid.T) {
	for _, t := range tenants() {
		value := p.both(rt, "Stats", func(q Queue) (any, error) { return q.Stats(p.ctx, t) })
		s, _ := value.(queue.Stats)
		if got, want := s.Ready+s.Delayed+s.Leased+s.Dead, len(p.owed[t]); got != want {
			rt.Fatalf("tenant %s has %d jobs (%+v), want the %d that were accepted and have not ended: %v",
				t, got, s, want, p.owed[t])
		}
		if err := p.subject.Audit(t); err != nil {
			rt.Fatalf("tenant %s is inconsistent: %v", t, err)
		}
	}
}
