package mapping

import (
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// openYear is the year of the dates that mean "for ever" in Omnium, such as 9999-12-31.
const openYear = 9999

// window is when a price or an assortment code holds: from its start on, up to but not at its end, so
// that what changes at a moment has changed at that moment. A zero or year-9999 end is open, and so
// is a zero start.
type window struct{ from, until time.Time }

func windowOf(from, until omnium.Time) window {
	w := window{from.Time, until.Time}
	if w.until.Year() >= openYear {
		w.until = time.Time{}
	}
	return w
}

// over reports that the window has closed for good.
func (w window) over(now time.Time) bool {
	return !w.until.IsZero() && !w.until.After(now)
}

func (w window) contains(now time.Time) bool {
	return !w.from.After(now) && !w.over(now)
}

// edge is the next moment at which the window opens or closes; zero when none comes.
func (w window) edge(now time.Time) time.Time {
	switch {
	case w.over(now), w.from.Year() >= openYear:
		return time.Time{}
	case w.from.After(now):
		return w.from
	default:
		return w.until
	}
}

// earlier is the earlier of two moments, where zero means none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
