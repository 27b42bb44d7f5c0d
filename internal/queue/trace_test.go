package queue_test

import (
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestTracesOfCoalescedEvents has six events join one job: it remembers where the newest four are traced,
// and everything else as if nothing was.
func TestTracesOfCoalescedEvents(t *testing.T) {
	t.Parallel()
	q := newQueue(t, redistest.Start(t).Client(), queue.Options{})
	word := func(c string) string { return strings.Repeat(c, 32) }
	for _, step := range []struct{ trace, want string }{
		{"", ""},
		{word("a"), word("a")},
		{word("b"), word("b") + "~" + word("a")},
		{word("c"), word("c") + "~" + word("b") + "~" + word("a")},
		{word("d"), word("d") + "~" + word("c") + "~" + word("b") + "~" + word("a")},
		{word("e"), word("e") + "~" + word("d") + "~" + word("c") + "~" + word("b")},
		{"", ""},
	} {
		e := product("t", "lamp")
		e.Cause.EventID, e.Cause.Trace = "an id with ~ and blanks", step.trace
		mustEnqueue(t, q, e)
		v, err := q.Job(t.Context(), "t", e.Key)
		want := e.Cause
		want.Trace = step.want
		if err != nil || v.Cause != want {
			t.Errorf("cause after an event with the trace %q = %+v, %v; want %+v", step.trace, v.Cause, err, want)
		}
	}
}
