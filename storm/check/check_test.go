package check_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/storm/check"
)

// at is a moment of the history, in milliseconds.
func at(ms int) time.Time { return time.UnixMilli(int64(1_000_000 + ms)) }

func write(object string, version int64, effect int64, from, to int) check.Write {
	return check.Write{
		Tenant: "no", Object: object, Version: version, Arrived: at(from), End: at(to), Effect: effect, Whole: true,
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	gaveUp := write("p1", 1, 0, 0, 0)
	gaveUp.End, gaveUp.GaveUp = time.Time{}, at(40)
	hanging := write("p1", 1, 0, 0, 0)
	hanging.End = time.Time{}
	shared := write("p1", 2, 2, 10, 60)
	shared.Whole = false
	elsewhere := write("p1", 2, 2, 10, 60)
	elsewhere.Tenant = "se"
	for name, c := range map[string]struct {
		writes []check.Write
		want   int
	}{
		"one after the other":                {[]check.Write{write("p1", 1, 1, 0, 50), write("p1", 2, 2, 50, 90)}, 0},
		"at once":                            {[]check.Write{write("p1", 1, 1, 0, 50), write("p1", 2, 2, 49, 90)}, 1},
		"at once, told in any order":         {[]check.Write{write("p1", 2, 2, 49, 90), write("p1", 1, 1, 0, 50)}, 1},
		"three at once":                      {[]check.Write{write("p1", 1, 1, 0, 50), write("p1", 2, 2, 10, 50), write("p1", 3, 3, 20, 50)}, 3},
		"two objects":                        {[]check.Write{write("p1", 1, 1, 0, 50), write("p2", 2, 2, 10, 90)}, 0},
		"two tenants":                        {[]check.Write{write("p1", 1, 1, 0, 50), elsewhere}, 0},
		"after the client gave up":           {[]check.Write{gaveUp, write("p1", 2, 2, 41, 90)}, 0},
		"before the client gave up":          {[]check.Write{gaveUp, write("p1", 2, 2, 39, 90)}, 1},
		"one that never ends":                {[]check.Write{hanging, write("p1", 2, 2, 500, 900)}, 1},
		"one that others may write as well":  {[]check.Write{write("p1", 1, 1, 0, 50), shared}, 0},
		"one whose end nobody has to notice": {[]check.Write{write("p1", 1, 1, 0, 50), write("p1", 1, 1, 51, 51)}, 0},
	} {
		if got := check.Overlaps(c.writes); len(got) != c.want {
			t.Errorf("%s: Overlaps() = %v, want %d", name, got, c.want)
		}
	}
}

func TestRegressions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		writes []check.Write
		want   int
	}{
		"none":                      {[]check.Write{write("p1", 1, 1, 0, 5), write("p1", 1, 2, 6, 7), write("p1", 4, 3, 8, 9)}, 0},
		"an older one later":        {[]check.Write{write("p1", 4, 1, 0, 5), write("p1", 3, 2, 6, 7)}, 1},
		"by effect, not by arrival": {[]check.Write{write("p1", 4, 2, 0, 5), write("p1", 3, 1, 6, 7)}, 0},
		"without effect":            {[]check.Write{write("p1", 4, 1, 0, 5), write("p1", 3, 0, 6, 7)}, 0},
		"without a version":         {[]check.Write{write("p1", 4, 1, 0, 5), write("p1", -1, 2, 6, 7), write("p1", 4, 3, 8, 9)}, 0},
		"another object":            {[]check.Write{write("p1", 4, 1, 0, 5), write("p2", 3, 2, 6, 7)}, 0},
	} {
		if got := check.Regressions(c.writes); len(got) != c.want {
			t.Errorf("%s: Regressions() = %v, want %d", name, got, c.want)
		}
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	event := check.Accepted{Event: "e1", Tenant: "no", Source: "product/p1", Sent: at(100)}
	for name, c := range map[string]struct {
		trace   check.Trace
		crashes bool
		want    check.Fate
	}{
		"written later":             {check.Trace{Written: at(100), Outcome: at(120)}, false, check.Written},
		"nothing to do":             {check.Trace{Written: at(20), Outcome: at(120)}, false, check.Settled},
		"a dead letter":             {check.Trace{Letter: true, Differs: true}, false, check.Letter},
		"no trace":                  {check.Trace{}, false, check.Lost},
		"no trace, but a crash":     {check.Trace{}, true, check.Repaired},
		"run before it was sent":    {check.Trace{Written: at(99), Outcome: at(99)}, false, check.Lost},
		"differs in spite of a run": {check.Trace{Written: at(140), Outcome: at(140), Differs: true}, true, check.Lost},
	} {
		fates, lost := check.Account([]check.Accepted{event}, map[string]check.Trace{"no/product/p1": c.trace}, c.crashes)
		if diff := cmp.Diff(map[check.Fate]int{c.want: 1}, fates); diff != "" {
			t.Errorf("%s: fates (-want +got):\n%s", name, diff)
		}
		if (c.want == check.Lost) != (len(lost) == 1) {
			t.Errorf("%s: lost = %q, want one line when it is lost", name, lost)
		}
	}
}
