package queuetest

import (
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/queue"
)

func dedupeCases() []behaviour {
	hour := queue.Options{DedupeWindow: time.Hour}
	return []behaviour{
		{name: "a duplicate changes nothing", check: duplicateChangesNothing},
		{name: "a duplicate of a finished job starts none", check: duplicateOfFinished},
		{name: "a duplicate inside one call", check: duplicateInCall},
		{name: "one event about two objects counts for both", check: eventOfTwoObjects},
		{name: "an empty identity is never a duplicate", check: emptyIdentity},
		{name: "tenants remember separately", check: tenantsRememberSeparately},
		{name: "identities are remembered for the window", opts: hour, check: remembered},
		{name: "identities are forgotten after one and a half windows", opts: hour, check: forgotten},
		{name: "the memory goes round", opts: hour, check: memoryGoesRound},
	}
}

// identified is an entry with a dedupe identity.
func identified(id, identity string) queue.Entry {
	e := entry(id, identity)
	e.Dedupe = identity
	return e
}

func duplicateChangesNothing(f *fixture) {
	first := identified("shoe", "e1")
	f.wantResult(first, queue.Accepted)
	again := first
	again.Cause.EventID = "another"
	f.wantResult(again, queue.Duplicate)
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.takeDue("shoe"); j.Generation != 1 || j.Cause != first.Cause {
		f.Errorf("Claim = generation %d, cause %+v, want 1, %+v", j.Generation, j.Cause, first.Cause)
	}
}

func duplicateOfFinished(f *fixture) {
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
	f.ack(f.takeDue("shoe"), 0)
	f.wantResult(identified("shoe", "e1"), queue.Duplicate)
	f.wantStats(queue.Stats{})
}

func duplicateInCall(f *fixture) {
	got := f.send(identified("shoe", "e1"), identified("shoe", "e1"))
	if got[0] != queue.Accepted || got[1] != queue.Duplicate {
		f.Errorf("Enqueue of one entry twice = %v, want [accepted duplicate]", got)
	}
}

func eventOfTwoObjects(f *fixture) {
	f.wantResult(identified("shoe", "e1 shoe"), queue.Accepted)
	f.wantResult(identified("boot", "e1 boot"), queue.Accepted)
	f.wantResult(identified("shoe", "e1 shoe"), queue.Duplicate)
	f.wantStats(queue.Stats{Ready: 2})
}

func emptyIdentity(f *fixture) {
	f.wantResult(entry("shoe", "e1"), queue.Accepted)
	f.wantResult(entry("shoe", "e1"), queue.Coalesced)
	f.wantResult(entry("boot", "e1"), queue.Accepted)
}

func tenantsRememberSeparately(f *fixture) {
	there := identified("shoe", "e1")
	there.Tenant = "there"
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
	f.wantResult(there, queue.Accepted)
	f.wantResult(there, queue.Duplicate)
}

func remembered(f *fixture) {
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
	f.ack(f.takeDue("shoe"), 0)
	f.advance(59 * time.Minute)
	f.wantResult(identified("shoe", "e1"), queue.Duplicate)
}

func forgotten(f *fixture) {
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
	f.ack(f.takeDue("shoe"), 0)
	f.advance(90 * time.Minute)
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
}

// memoryGoesRound lets the window pass several times.
func memoryGoesRound(f *fixture) {
	const step = 11 * time.Minute
	for i := range 30 {
		f.wantResult(identified("shoe", fmt.Sprint("young ", i)), okOrCoalesced(i))
		f.wantResult(identified("shoe", fmt.Sprint("old ", i)), queue.Coalesced)
		if i >= 5 { // 55 minutes ago
			f.wantResult(identified("shoe", fmt.Sprint("young ", i-5)), queue.Duplicate)
		}
		if i >= 9 { // 99 minutes ago
			f.wantResult(identified("shoe", fmt.Sprint("old ", i-9)), queue.Coalesced)
		}
		f.advance(step)
	}
}

// okOrCoalesced is the result of the first and of the later events about one object.
func okOrCoalesced(i int) queue.Result {
	if i == 0 {
		return queue.Accepted
	}
	return queue.Coalesced
}
