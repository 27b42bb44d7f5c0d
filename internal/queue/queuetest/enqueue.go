package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func enqueueCases() []behaviour {
	delay := queue.Options{Coalesce: 10 * time.Minute}
	return []behaviour{
		{name: "a new job is due at once", check: newJobIsDue},
		{name: "another event joins the job", check: eventJoins},
		{name: "an older event joins the job", check: olderEventJoins},
		{name: "an event joins a leased job", check: eventJoinsLeased},
		{name: "resources do not meet", check: resourcesDoNotMeet},
		{name: "results keep the order of the entries", check: resultsInOrder},
		{name: "more than one batch in a call", check: manyEntries},
		{name: "no entries", check: noEntries},
		{name: "coalescing delays a new job", opts: delay, check: coalesceDelays},
		{name: "later events do not prolong the delay", opts: delay, check: coalesceIsBounded},
	}
}

func newJobIsDue(f *fixture) {
	sent := entry("shoe", "e 1")
	sent.Cause.Time = time.Date(2026, 5, 4, 3, 2, 1, 987e6, time.UTC)
	before := time.Now()
	f.wantResult(sent, queue.Accepted)
	f.wantStats(queue.Stats{Ready: 1})

	c := f.claim(10)
	if len(c.Jobs) != 1 || c.Blocked != queue.Open {
		f.Fatalf("Claim(10) = %+v, want one job", c)
	}
	got := c.Jobs[0]
	f.wantAbout("Enqueued after the start", got.Enqueued.Sub(before), 0)
	f.wantAbout("Claimed after the start", got.Claimed.Sub(before), 0)
	if got.Token <= 0 {
		f.Errorf("Token = %d, want a positive one", got.Token)
	}
	want := job.Job{
		Tenant: here, Key: product("shoe"), Token: got.Token, Generation: 1, Cause: sent.Cause,
		Enqueued: got.Enqueued, Claimed: got.Claimed,
	}
	if got != want {
		f.Errorf("Claim(10) = %+v, want %+v", got, want)
	}
	f.wantStats(queue.Stats{Leased: 1})
}

func eventJoins(f *fixture) {
	f.wantResult(entry("shoe", "first"), queue.Accepted)
	newer := entry("shoe", "second")
	newer.Cause.Change = event.Deleted
	f.wantResult(newer, queue.Coalesced)
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.takeDue("shoe"); j.Generation != 2 || j.Cause != newer.Cause {
		f.Errorf("Claim = generation %d, cause %+v, want 2, %+v", j.Generation, j.Cause, newer.Cause)
	}
}

// olderEventJoins has an event come after a younger one: what is known of the younger one stays.
func olderEventJoins(f *fixture) {
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	young, old, timeless := entry("shoe", "young"), entry("shoe", "old"), entry("shoe", "timeless")
	young.Cause.Time, old.Cause.Time = at, at.Add(-time.Millisecond)
	f.wantResult(young, queue.Accepted)
	f.wantResult(old, queue.Coalesced)
	f.wantResult(timeless, queue.Coalesced)
	j := f.takeDue("shoe")
	if j.Generation != 3 || j.Cause != young.Cause {
		f.Errorf("Claim = generation %d, cause %+v, want 3, %+v", j.Generation, j.Cause, young.Cause)
	}
	f.ack(j, 0)
	f.wantResult(timeless, queue.Accepted)
	f.wantResult(old, queue.Coalesced)
	same := old
	same.Cause.EventID = "of the same time"
	f.wantResult(same, queue.Coalesced)
	if j := f.takeDue("shoe"); j.Cause != same.Cause {
		f.Errorf("Claim = cause %+v, want %+v", j.Cause, same.Cause)
	}
}

func eventJoinsLeased(f *fixture) {
	j := f.take("shoe")
	f.wantResult(entry("shoe", "second"), queue.Coalesced)
	f.wantStats(queue.Stats{Leased: 1})
	f.wantNothingDue()
	if !f.ack(j, 0) {
		f.Error("Ack = false, want true: an event came meanwhile")
	}
}

func resourcesDoNotMeet(f *fixture) {
	store := entry("1", "e")
	store.Resource = event.Store
	f.wantResult(entry("1", "e"), queue.Accepted)
	f.wantResult(store, queue.Accepted)
	f.wantStats(queue.Stats{Ready: 2})
}

func resultsInOrder(f *fixture) {
	there := entry("a", "e")
	there.Tenant = "there"
	twice := entry("b", "e")
	twice.Dedupe = "twice"
	got := f.send(entry("a", "e"), there, twice, there, entry("a", "e"), twice)
	want := []queue.Result{
		queue.Accepted, queue.Accepted, queue.Accepted,
		queue.Coalesced, queue.Coalesced, queue.Duplicate,
	}
	if !slices.Equal(got, want) {
		f.Errorf("Enqueue = %v, want %v", got, want)
	}
}

func manyEntries(f *fixture) {
	const n = 2*queue.MaxBatch + 88
	var entries []queue.Entry
	for i := range n {
		entries = append(entries, entry(fmt.Sprint(i), "e"))
	}
	for i, got := range f.send(append(entries, entries[0])...) {
		if want := queue.Accepted; i < n && got != want {
			f.Fatalf("result %d = %s, want %s", i, got, want)
		}
		if want := queue.Coalesced; i == n && got != want {
			f.Errorf("result %d = %s, want %s", i, got, want)
		}
	}
	f.wantStats(queue.Stats{Ready: n})
}

func noEntries(f *fixture) {
	if got := f.send(); len(got) != 0 {
		f.Errorf("Enqueue of nothing = %v, want nothing", got)
	}
}

func coalesceDelays(f *fixture) {
	f.enqueue("shoe")
	f.wantStats(queue.Stats{Delayed: 1})
	c := f.claim(10)
	if len(c.Jobs) != 0 {
		f.Fatalf("Claim(10) = %v, want no job before the delay is over", keysOf(c.Jobs))
	}
	f.wantAbout("Wait", c.Wait, 10*time.Minute)
	f.advance(10 * time.Minute)
	f.takeDue("shoe")
}

func coalesceIsBounded(f *fixture) {
	f.enqueue("shoe")
	for range 9 {
		f.advance(time.Minute)
		f.wantResult(entry("shoe", "later"), queue.Coalesced)
	}
	f.wantAbout("Wait", f.claim(10).Wait, time.Minute)
	f.advance(time.Minute)
	if j := f.takeDue("shoe"); j.Generation != 10 {
		f.Errorf("Generation = %d, want 10", j.Generation)
	}
}
