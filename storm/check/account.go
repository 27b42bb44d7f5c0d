package check

import (
	"fmt"
	"time"
)

// Accepted is an event that was answered 202, once per tenant that it concerns.
type Accepted struct {
	Event, Tenant string
	// Source is the object in Omnium, as resource, slash and id.
	Source string
	// Sent is when the event was sent for the first time.
	Sent time.Time
}

// Trace is what is known of an object at the end.
type Trace struct {
	// Outcome is when its last run ended; zero when no run is known.
	Outcome time.Time
	// Letter says that there is a dead letter of it, with a reason, that no repetition can help.
	Letter bool
	// Written is when something was last written to Flow because of it; zero when never.
	Written time.Time
	// Differs says that Flow does not hold of it what it shall.
	Differs bool
}

// Fate is what became of an accepted event.
type Fate string

// The fates. Repaired is an event of which no run is known although Flow agrees: its job, or the memory of
// its run, went with a process that was killed.
const (
	Written  Fate = "written"
	Settled  Fate = "settled"
	Letter   Fate = "dead letter"
	Repaired Fate = "repaired"
	Lost     Fate = "lost"
)

// Account tells the fate of every accepted event. Traces are by tenant, slash and source. Crashes says that
// processes were killed, so that traces may be missing.
func Account(accepted []Accepted, traces map[string]Trace, crashes bool) (map[Fate]int, []string) {
	fates := map[Fate]int{}
	var lost []string
	for _, a := range accepted {
		trace := traces[a.Tenant+"/"+a.Source]
		fate := a.fate(trace, crashes)
		fates[fate]++
		if fate == Lost {
			lost = append(lost, fmt.Sprintf("%s %s: event %s, sent %s; last run %s, last write %s, differs: %t",
				a.Tenant, a.Source, a.Event, clock(a.Sent), clock(trace.Outcome), clock(trace.Written), trace.Differs))
		}
	}
	return fates, lost
}

func (a Accepted) fate(t Trace, crashes bool) Fate {
	switch {
	case t.Letter:
		return Letter
	case t.Differs:
		return Lost
	case !t.Written.Before(a.Sent):
		return Written
	case !t.Outcome.Before(a.Sent):
		return Settled
	case crashes:
		return Repaired
	}
	return Lost
}
