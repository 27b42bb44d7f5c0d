package flowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// fields is a JSON object with its values as they were sent.
type fields map[string]json.RawMessage

// The vendor's pattern for uids is not anchored at its end; that the server anchors it is an
// assumption (reference flow-api.md §1.4).
var (
	uidPattern         = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	optionalUIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
	integerPattern     = regexp.MustCompile(`^-?[0-9]+$`)
	datePattern        = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	timePattern        = regexp.MustCompile(`^[0-9]{2}:[0-9]{2}$`)
)

// kind says what a field may hold, and returns what is wrong with a value.
type kind func(raw json.RawMessage) error

// schema is the fields that a body may have, and those a create must have. Refusing unknown fields
// is an assumption; it is here so that a misspelt name does not pass.
type schema struct {
	kinds    map[string]kind
	required []string
}

// checkCreate returns what is wrong with the body of a create.
func (s schema) checkCreate(body fields) error {
	for _, name := range s.required {
		if isNull(body[name]) {
			return fmt.Errorf("%s is required", name)
		}
	}
	return s.check(body)
}

// checkUpdate returns what is wrong with a partial update. Null clears a field, but not a required
// one.
func (s schema) checkUpdate(body fields) error {
	for _, name := range s.required {
		if raw, sent := body[name]; sent && isNull(raw) {
			return fmt.Errorf("%s cannot be cleared", name)
		}
	}
	return s.check(body)
}

func (s schema) check(body fields) error {
	for name, raw := range body {
		k, known := s.kinds[name]
		if !known {
			return fmt.Errorf("%s is not a field", name)
		}
		if isNull(raw) {
			continue
		}
		if err := k(raw); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// text returns a string field, or "".
func (f fields) text(name string) string {
	var s string
	// Anything but a string was refused before, or is not what the caller looks for.
	_ = json.Unmarshal(f[name], &s)
	return s
}

// decode reads the fields into out, which a schema has made safe.
func (f fields) decode(out any) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

func anyText(raw json.RawMessage) error {
	var s string
	return json.Unmarshal(raw, &s)
}

func anyBool(raw json.RawMessage) error {
	var b bool
	return json.Unmarshal(raw, &b)
}

// integer takes whole numbers only: amounts have two implied decimals (reference flow-api.md §1.5).
func integer(raw json.RawMessage) error {
	if !integerPattern.Match(raw) {
		return fmt.Errorf("%s is not an integer", raw)
	}
	_, err := strconv.ParseInt(string(raw), 10, 64)
	return err
}

func uid(raw json.RawMessage) error { return matching(raw, uidPattern) }

func optionalUID(raw json.RawMessage) error { return matching(raw, optionalUIDPattern) }

func matching(raw json.RawMessage, pattern *regexp.Regexp) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if !pattern.MatchString(s) {
		return fmt.Errorf("%q does not match %s", s, pattern)
	}
	return nil
}

func calendarDate(raw json.RawMessage) error { return matching(raw, datePattern) }

func timeOfDay(raw json.RawMessage) error { return matching(raw, timePattern) }

func dateTime(raw json.RawMessage) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err
}

// webURL takes what could be a public address: media are fetched by their URL (reference
// flow-api.md §5).
func webURL(raw json.RawMessage) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not an http(s) URL", s)
	}
	return nil
}

func oneOf(values ...string) kind {
	return func(raw json.RawMessage) error {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		if !slices.Contains(values, s) {
			return fmt.Errorf("%q is not one of %v", s, values)
		}
		return nil
	}
}

func listOf(k kind) kind {
	return func(raw json.RawMessage) error {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return err
		}
		for _, item := range items {
			if err := k(item); err != nil {
				return err
			}
		}
		return nil
	}
}

func object(s schema) kind {
	return func(raw json.RawMessage) error {
		var f fields
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		return s.checkCreate(f)
	}
}

// with returns a copy in which one field is set.
func (f fields) with(name string, raw json.RawMessage) fields {
	c := maps.Clone(f)
	c[name] = raw
	return c
}

// complete sets the fields that are not there.
func (f fields) complete(defaults fields) {
	for name, raw := range defaults {
		if isNull(f[name]) {
			f[name] = raw
		}
	}
}
