package demo

import (
	"maps"
	"reflect"
	"slices"
)

// holding is something that Flow shall hold.
type holding struct {
	// source is the job that brings it, named as dead letters are: resource, slash and Omnium id. Empty
	// when no single object does.
	source string
	// bodies are what it may look like: several when whoever comes first decides, as for a brand that
	// products spell in two ways.
	bodies []any
	// optional says that it may be missing, too.
	optional bool
	// left says that Omnium no longer has what it was made from.
	left bool
}

// holdings are by uid.
type holdings map[Kind]map[string]holding

func (h holdings) set(k Kind, uid string, v holding) {
	if h[k] == nil {
		h[k] = map[string]holding{}
	}
	h[k][uid] = v
}

// hold expects one body. What Flow is to hold of an object is told anew each time.
func (e *expectation) hold(k Kind, uid, source string, body any) {
	e.held.set(k, uid, holding{source: source, bodies: []any{body}})
}

// offer expects a body beside those that were offered before: the first one that gets to Flow stays.
func (e *expectation) offer(k Kind, uid string, body any) {
	h, ok := e.held[k][uid]
	if !ok {
		h = e.before[k][uid]
	}
	if !slices.ContainsFunc(h.bodies, func(other any) bool { return reflect.DeepEqual(other, body) }) {
		h.bodies = append(slices.Clip(h.bodies), body)
	}
	e.held.set(k, uid, h)
}

// has reports whether Flow holds something or is about to.
func (e *expectation) has(k Kind, uid string) bool {
	_, now := e.held[k][uid]
	_, before := e.before[k][uid]
	return now || before
}

// stick expects a dead letter: what Flow has of the object stays as it is.
func (e *expectation) stick(source string) { e.stuck[source] = true }

// leave decides about everything that was there before and that nothing has told of now.
func (e *expectation) leave() {
	for _, a := range aspects() {
		for uid, h := range e.before[a.kind] {
			if _, told := e.held[a.kind][uid]; told {
				continue
			}
			if e.stuck[h.source] || e.waits[h.source] {
				e.held.set(a.kind, uid, h)
				continue
			}
			h.left = true
			if h.bodies = a.leave(e, uid, h.bodies); h.bodies != nil {
				e.held.set(a.kind, uid, h)
			}
		}
	}
}

// continued is a copy of what was expected before, to be told anew.
func (e expectation) continued() *expectation {
	return &expectation{
		before: e.held, held: holdings{}, stuck: map[string]bool{}, waits: map[string]bool{},
		units: maps.Clone(e.units), classes: maps.Clone(e.classes),
		media: maps.Clone(e.media), links: maps.Clone(e.links),
	}
}
