package api

import (
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// What became of an event, beside the results of the queue.
const (
	resultIgnored  = "ignored"
	resultUnrouted = "unrouted"
)

// reasonNotConfigured is why an event is ignored whose resource no tenant concerned exports.
const reasonNotConfigured = "not_configured"

// tally is the answer to a webhook: how many events met which result.
type tally struct {
	Accepted   int `json:"accepted"`
	Coalesced  int `json:"coalesced"`
	Duplicates int `json:"duplicates"`
	Ignored    int `json:"ignored"`
	Unrouted   int `json:"unrouted"`
}

// placed is one request's events and what has to be made durable for them.
type placed struct {
	events  []placedEvent
	entries []queue.Entry
	parked  []queue.Parked
	// wants are, by resource, since when changes are to be looked for, because an event did not say of
	// what; a zero time is one that was not told. nil means that nobody looks: such events are parked.
	wants map[event.Resource]time.Time
}

// placedEvent is one event and where it goes.
type placedEvent struct {
	notice  omnium.Notice
	tenants []tenant.ID
	// first and end delimit the event's entries among those of the request.
	first, end int
	result     string
}

// place finds out who every event concerns (design §2.3 and §2.4); catchUp says whether somebody looks for
// what an event does not name. It does no I/O.
func place(directory *tenant.Directory, notices []omnium.Notice, catchUp bool) placed {
	p := placed{events: make([]placedEvent, 0, len(notices))}
	if catchUp {
		p.wants = map[event.Resource]time.Time{}
	}
	for _, n := range notices {
		p.add(directory, n)
	}
	return p
}

func (p *placed) add(directory *tenant.Directory, n omnium.Notice) {
	if n.Ignored != "" {
		p.record(placedEvent{notice: n, result: resultIgnored})
		return
	}
	e := n.Event
	route, targets := directory.Targets(concerned(e))
	switch {
	case route.Result == tenant.Ignored:
		n.Ignored = reasonNotConfigured
		p.record(placedEvent{notice: n, result: resultIgnored})
	case !slices.ContainsFunc(e.Objects, func(id string) bool { return id != "" }):
		if p.wants == nil || route.Result == tenant.Unrouted {
			p.park(n, queue.ParkedNoObjectIDs)
			return
		}
		p.want(n, route.Tenants)
	case route.Result == tenant.Unrouted:
		p.park(n, queue.ParkedUnrouted)
	default:
		p.enqueue(n, route.Tenants, targets)
	}
}

// concerned returns what Resolve needs to know of an event. A customer is seen in more markets than the
// one that its events name: additional ones, those of its group, or all; and a tenant whose markets it
// has left, or where it must be erased, is in none of them. Where a store belongs may be what has
// changed, and as a warehouse it may serve stores of other markets. So both concern every tenant that
// exports them, and their handlers decide.
func concerned(e event.Event) (resource, market, store string) {
	if e.Resource == event.Customer || e.Resource == event.Store {
		return string(e.Resource), "", ""
	}
	return string(e.Resource), e.Market, e.Store
}

// enqueue asks for every object the event names, as every target wants it.
func (p *placed) enqueue(n omnium.Notice, tenants []tenant.ID, targets []tenant.Target) {
	first := len(p.entries)
	p.entries = append(p.entries, queue.EntriesOf(n.Event, targets)...)
	p.record(placedEvent{notice: n, tenants: tenants, first: first, end: len(p.entries)})
}

func (p *placed) park(n omnium.Notice, reason string) {
	p.parked = append(p.parked, queue.Parked{Event: n.Event, Reason: reason})
	p.record(placedEvent{notice: n, result: resultUnrouted})
}

// want asks for a list of what has changed, instead of the objects that the event does not name.
func (p *placed) want(n omnium.Notice, tenants []tenant.ID) {
	r, since := n.Event.Resource, n.Event.Time
	if known, wanted := p.wants[r]; !wanted || since.Before(known) {
		p.wants[r] = since
	}
	p.record(placedEvent{notice: n, tenants: tenants, result: string(queue.Accepted)})
}

func (p *placed) record(e placedEvent) { p.events = append(p.events, e) }

// trace makes the jobs go on with the request's trace.
func (p *placed) trace(to string) {
	for i := range p.entries {
		p.entries[i].Cause.Trace = to
	}
}

// settle gives every event the best result of its entries: accepted when any tenant took any object
// as new, else coalesced when any joined a job, else duplicate.
func (p *placed) settle(results []queue.Result) {
	bestFirst := []queue.Result{queue.Accepted, queue.Coalesced, queue.Duplicate}
	for i := range p.events {
		e := &p.events[i]
		own := results[e.first:e.end]
		best := slices.IndexFunc(bestFirst, func(r queue.Result) bool { return slices.Contains(own, r) })
		if best >= 0 { // events that are ignored, parked or looked for have no entries
			e.result = string(bestFirst[best])
		}
	}
}

// tally counts the events per result.
func (p *placed) tally() tally {
	var t tally
	for _, e := range p.events {
		switch e.result {
		case string(queue.Accepted):
			t.Accepted++
		case string(queue.Coalesced):
			t.Coalesced++
		case string(queue.Duplicate):
			t.Duplicates++
		case resultUnrouted:
			t.Unrouted++
		default:
			t.Ignored++
		}
	}
	return t
}
