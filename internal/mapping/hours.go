package mapping

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// HoursScope says which opening hours are sent with a store. What Flow's field looks like is not
// documented (reference mapping.md §8.5), so that it can be left out.
type HoursScope string

// The scopes of opening hours.
const (
	HoursAll  HoursScope = "all"  // the seven days of the week and the dated exceptions
	HoursWeek HoursScope = "week" // the seven days of the week
	HoursNone HoursScope = "none" // none: Flow keeps its own
)

// openingHours are the days of the week from Monday on, then the dated exceptions by date. A store
// that tells of no day has no week.
func openingHours(s *omnium.Store, scope HoursScope) []flow.OpeningHours {
	if scope == HoursNone {
		return nil
	}
	hours := week(s)
	if scope == HoursWeek {
		return hours
	}
	return append(hours, exceptions(s.AdditionalOpeningHours)...)
}

func week(s *omnium.Store) []flow.OpeningHours {
	days := []struct {
		name  string
		hours *omnium.OpeningHours
	}{
		{"MONDAY", s.MondayOpeningHours},
		{"TUESDAY", s.TuesdayOpeningHours},
		{"WEDNESDAY", s.WednesdayOpeningHours},
		{"THURSDAY", s.ThursdayOpeningHours},
		{"FRIDAY", s.FridayOpeningHours},
		{"SATURDAY", s.SaturdayOpeningHours},
		{"SUNDAY", s.SundayOpeningHours},
	}
	var list []flow.OpeningHours
	told := false
	for _, d := range days {
		told = told || d.hours != nil
		day := open(d.hours)
		day.Day = d.name
		list = append(list, day)
	}
	if !told {
		return nil
	}
	return list
}

// exceptions are the hours of single dates. The date counts as it is written, whatever its time zone. Of
// two for one date the later one in the list counts.
func exceptions(special []omnium.SpecialOpeningHours) []flow.OpeningHours {
	byDate := map[string]flow.OpeningHours{}
	for _, s := range special {
		if s.Date.IsZero() {
			continue
		}
		hours := s.OpeningHours
		if s.Closed {
			hours = nil
		}
		day := open(hours)
		day.Date, day.Label = s.Date.Format(time.DateOnly), strings.TrimSpace(s.Label)
		byDate[day.Date] = day
	}
	list := make([]flow.OpeningHours, 0, len(byDate))
	for _, day := range byDate {
		list = append(list, day)
	}
	slices.SortFunc(list, func(a, b flow.OpeningHours) int { return cmp.Compare(a.Date, b.Date) })
	return list
}

// open are the times of one day; none when it is closed, or nothing is known of it.
func open(h *omnium.OpeningHours) flow.OpeningHours {
	if h == nil || !h.IsOpen {
		return flow.OpeningHours{}
	}
	return flow.OpeningHours{IsOpen: true, OpenFrom: clock(h.OpenFrom), OpenTo: clock(h.OpenTo)}
}

// clock shortens HH:MM:SS to HH:MM; anything else that is no time of day is left out. Midnight at the
// end of a day is 24:00.
func clock(text string) string {
	text = strings.TrimSpace(text)
	switch text {
	case "24:00", "24:00:00", "1.00:00:00": // the last is how .NET writes a day
		return "24:00"
	}
	for _, layout := range []string{"15:04:05.999999999", "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format("15:04")
		}
	}
	return ""
}
