// Package check judges the history of a storm, in the manner of Jepsen: what was told and taken, and what
// Flow was asked to write, with the times at which it was. It knows nothing of how the history came to be.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Write is a write of one object of Flow.
type Write struct {
	Tenant, Object string
	// Version grows with every change of what it tells; negative when it tells none.
	Version int64
	// Arrived and End are of the request; End is zero when it was not over. GaveUp is when its client went
	// away before the end, else zero.
	Arrived, End, GaveUp time.Time
	// Effect numbers the writes in the order in which they took effect; 0 is for one that took none.
	Effect int64
	// Whole says that nobody but the object's own job writes it: two of them must not be under way at
	// once.
	Whole bool
}

// Overlap is two writes of one object that were under way at the same time.
type Overlap struct{ First, Second Write }

// String puts it into one line.
func (o Overlap) String() string {
	return fmt.Sprintf("%s %s: a write of %s arrived before the one of %s had ended",
		o.First.Tenant, o.First.Object, clock(o.Second.Arrived), clock(o.First.Arrived))
}

// Overlaps finds writes of one object that were under way at once. A write whose client went away is over
// for this purpose.
func Overlaps(writes []Write) []Overlap {
	var found []Overlap
	for _, list := range byObject(writes) {
		list = slices.DeleteFunc(list, func(w Write) bool { return !w.Whole })
		slices.SortStableFunc(list, func(a, b Write) int { return a.Arrived.Compare(b.Arrived) })
		for i, first := range list {
			for _, second := range list[i+1:] {
				if over := first.over(); !over.IsZero() && !second.Arrived.Before(over) {
					continue
				}
				found = append(found, Overlap{first, second})
			}
		}
	}
	slices.SortFunc(found, func(a, b Overlap) int { return a.Second.Arrived.Compare(b.Second.Arrived) })
	return found
}

func (w Write) over() time.Time {
	if w.GaveUp.IsZero() || !w.End.IsZero() && w.End.Before(w.GaveUp) {
		return w.End
	}
	return w.GaveUp
}

// Regression is a write that brought back an older state.
type Regression struct{ Newer, Older Write }

// String puts it into one line.
func (r Regression) String() string {
	return fmt.Sprintf("%s %s: %d of %s came after %d of %s", r.Older.Tenant, r.Older.Object,
		r.Older.Version, clock(r.Older.Arrived), r.Newer.Version, clock(r.Newer.Arrived))
}

// Regressions finds writes that took effect after one of the same object that told more.
func Regressions(writes []Write) []Regression {
	var found []Regression
	for _, list := range byObject(writes) {
		list = slices.DeleteFunc(list, func(w Write) bool { return w.Effect == 0 || w.Version < 0 })
		slices.SortFunc(list, func(a, b Write) int { return cmp.Compare(a.Effect, b.Effect) })
		for i := 1; i < len(list); i++ {
			if list[i].Version < list[i-1].Version {
				found = append(found, Regression{list[i-1], list[i]})
			}
		}
	}
	slices.SortFunc(found, func(a, b Regression) int { return a.Older.Arrived.Compare(b.Older.Arrived) })
	return found
}

func byObject(writes []Write) map[[2]string][]Write {
	groups := map[[2]string][]Write{}
	for _, w := range writes {
		key := [2]string{w.Tenant, w.Object}
		groups[key] = append(groups[key], w)
	}
	return groups
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }
