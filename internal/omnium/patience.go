package omnium

import (
	"context"
	"fmt"
)

// scrolls keeps scrolls apart: Omnium wants none to be started beside another (reference omnium-api.md
// §1.4), so that one request of all scrolls is under way at a time. A scroll that somebody waits for goes
// through in one piece. Patient ones, which may be long or many, hand the turn on after every page: the
// others wait for one page of theirs at most. One list, one other patient scroll and one more are open at
// the same time at most, because each holds memory of the server.
type scrolls struct {
	turn    chan struct{}
	patient chan struct{}
	list    chan struct{}
}

func newScrolls() scrolls {
	one := func() chan struct{} { return make(chan struct{}, 1) }
	return scrolls{turn: one(), patient: one(), list: one()}
}

// held returns what a scroll holds until it ends and what, if anything, it holds for every page.
func (c *Client) held(ctx context.Context) (whole, page chan struct{}) {
	switch {
	case isList(ctx):
		return c.scrolls.list, c.scrolls.turn
	case c.isPatient(ctx):
		return c.scrolls.patient, c.scrolls.turn
	default:
		return c.scrolls.turn, nil
	}
}

// hold waits for ch, which nil need not, and returns what gives it back.
func hold(ctx context.Context, ch chan struct{}) (release func(), err error) {
	if ch == nil {
		return func() {}, nil
	}
	select {
	case ch <- struct{}{}:
		return func() { <-ch }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the scroll before: %w", ctx.Err())
	}
}

type listKey struct{}

// asList marks the requests of a list, which nobody waits for.
func asList(ctx context.Context) context.Context {
	return context.WithValue(ctx, listKey{}, true)
}

func isList(ctx context.Context) bool { return ctx.Value(listKey{}) != nil }

// isPatient reports whether a request may wait for others.
func (c *Client) isPatient(ctx context.Context) bool {
	return isList(ctx) || c.patient != nil && c.patient(ctx)
}
