package omnium

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// Time reads the dates that Omnium writes: ISO 8601 with up to seven fractional digits, with or
// without a zone; without one they are UTC (reference omnium-api.md §1.1). Null, an empty string and
// .NET's default date (year 1) all become the zero time.
type Time struct{ time.Time }

// UnmarshalJSON never fails: a date that cannot be read is the zero time, because no single odd date
// may make an object unreadable.
func (t *Time) UnmarshalJSON(raw []byte) error {
	t.Time = time.Time{}
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		t.Time = ParseTime(s)
	}
	return nil
}

// MarshalJSON writes UTC in RFC 3339, or null when zero.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(time.RFC3339Nano))
}

// ParseTime reads one date as Time does; the zero time when it cannot be read.
func ParseTime(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			if at.Year() <= 1 {
				return time.Time{}
			}
			return at.UTC()
		}
	}
	return time.Time{}
}
