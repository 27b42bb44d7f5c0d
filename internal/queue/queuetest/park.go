package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/queue"
)

func parkCases() []behaviour {
	return []behaviour{
		{name: "keeps every field", check: parkKeeps},
		{name: "keeps the newest event per object", check: parkReplaces},
		{name: "keeps markets, stores, objects and reasons apart", check: parkApart},
		{name: "visits all of many", check: parkMany},
		{name: "pages list all of many", check: parkPages},
		{name: "ends the visit when told", check: parkVisitEnds},
		{name: "unpark forgets one", check: unpark},
		{name: "unpark leaves a newer event alone", check: unparkNewer},
		{name: "nothing to park", check: parkNothing},
	}
}

func stray(market string, objects ...string) queue.Parked {
	return queue.Parked{
		Reason: queue.ParkedUnrouted,
		Event: event.Event{
			ID: "e1", Resource: event.Product, Change: event.Changed, Objects: objects, Market: market,
		},
	}
}

func (f *fixture) park(parked ...queue.Parked) {
	f.Helper()
	f.ok("Park", f.q.Park(f.ctx(), parked))
}

// parkedEvents returns what is visited, without repetitions, by the id of the event.
func (f *fixture) parkedEvents() map[string]queue.Parked {
	f.Helper()
	visited := map[string]queue.Parked{}
	f.ok("ParkedEvents", f.q.ParkedEvents(f.ctx(), func(p queue.Parked) bool {
		visited[p.Event.ID] = p
		return true
	}))
	return visited
}

func (f *fixture) wantParked(want int) {
	f.Helper()
	got, err := f.q.ParkedCount(f.ctx())
	f.ok("ParkedCount", err)
	if got != want {
		f.Errorf("ParkedCount = %d, want %d", got, want)
	}
}

func parkKeeps(f *fixture) {
	p := stray("se \"øst\" {}", "a:b", "line\nbreak", "æøå")
	p.Event.Store, p.Event.Actor, p.Reason = "17", "someone", queue.ParkedNoObjectIDs
	p.Event.Time = time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.UTC)
	f.park(p)
	f.wantParked(1)
	got := f.parkedEvents()["e1"]
	if !slices.Equal(got.Event.Objects, p.Event.Objects) {
		f.Errorf("Objects = %q, want %q", got.Event.Objects, p.Event.Objects)
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", p) {
		f.Errorf("ParkedEvents = %+v, want %+v", got, p)
	}
}

func parkPages(f *fixture) {
	const n = 1500 // more than what Redis keeps in one piece
	var many []queue.Parked
	for i := range n {
		p := stray("se", fmt.Sprint(i))
		p.Event.ID = fmt.Sprint(i)
		many = append(many, p)
	}
	f.park(many...)
	seen := map[string]bool{}
	cursor := uint64(0)
	for range n {
		page, next, err := f.q.ParkedPage(f.ctx(), cursor, 50)
		f.ok("ParkedPage", err)
		for _, p := range page {
			seen[p.Event.ID] = true
		}
		if cursor = next; next == 0 {
			break
		}
	}
	if len(seen) != n || cursor != 0 {
		f.Errorf("ParkedPage = %d events in all pages, the last cursor is %d, want %d and 0", len(seen), cursor, n)
	}
}

func parkReplaces(f *fixture) {
	for i := range 50 {
		p := stray("se", "shoe")
		p.Event.ID = fmt.Sprint(i)
		p.Event.Time = time.Unix(int64(i), 0).UTC()
		f.park(p)
	}
	f.wantParked(1)
	if got := f.parkedEvents(); got["49"].Event.ID != "49" {
		f.Errorf("ParkedEvents = %v, want the newest alone", got)
	}
}

func parkApart(f *fixture) {
	store, reason, resource := stray("se", "shoe"), stray("se", "shoe"), stray("se", "shoe")
	store.Event.Store = "17"
	reason.Reason = queue.ParkedNoObjectIDs
	resource.Event.Resource = event.Store
	f.park(stray("se", "shoe"), stray("no", "shoe"), stray("se", "boot"), stray("se", "shoe", "boot"),
		stray("se"), store, reason, resource)
	f.wantParked(8)
}

func parkMany(f *fixture) {
	const n = 700
	var parked []queue.Parked
	for i := range n {
		p := stray("se", fmt.Sprint(i))
		p.Event.ID = fmt.Sprint(i)
		parked = append(parked, p)
	}
	f.park(parked...)
	f.wantParked(n)
	if got := len(f.parkedEvents()); got != n {
		f.Errorf("ParkedEvents visited %d events, want %d", got, n)
	}
}

func parkVisitEnds(f *fixture) {
	f.park(stray("se", "a"), stray("se", "b"), stray("se", "c"))
	visits := 0
	f.ok("ParkedEvents", f.q.ParkedEvents(f.ctx(), func(queue.Parked) bool {
		visits++
		return visits < 2
	}))
	if visits != 2 {
		f.Errorf("ParkedEvents visited %d events, want 2", visits)
	}
}

func unpark(f *fixture) {
	kept, gone := stray("se", "kept"), stray("se", "gone")
	kept.Event.ID, gone.Event.ID = "kept", "gone"
	f.park(kept, gone)
	f.ok("Unpark", f.q.Unpark(f.ctx(), gone))
	f.ok("second Unpark", f.q.Unpark(f.ctx(), gone))
	f.wantParked(1)
	if got := f.parkedEvents(); len(got) != 1 || got["kept"].Event.ID != "kept" {
		f.Errorf("ParkedEvents = %v, want the one that was kept", got)
	}
}

func parkNothing(f *fixture) {
	f.park()
	f.wantParked(0)
	if got := f.parkedEvents(); len(got) != 0 {
		f.Errorf("ParkedEvents = %v, want none", got)
	}
}

func unparkNewer(f *fixture) {
	older, newer := stray("DEN", "p1"), stray("DEN", "p1")
	newer.Event.ID = "e2"
	f.park(older)
	f.park(newer)
	f.ok("Unpark of the older", f.q.Unpark(f.ctx(), older))
	f.wantParked(1)
	f.ok("Unpark of the newer", f.q.Unpark(f.ctx(), newer))
	f.wantParked(0)
}
