package omnium

import (
	"bytes"
	"encoding/json"
)

// Number is a decimal as the sender wrote it. It is kept as text, so that no digit is lost and a
// value that is not a number is reported where it is used, with the name of its field. Empty means
// null or absent. Numbers in quotes are accepted.
type Number string

// UnmarshalJSON keeps a number's or a string's text; null empties n.
func (n *Number) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	switch {
	case bytes.Equal(raw, []byte("null")):
		*n = ""
		return nil
	case len(raw) > 0 && raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*n = Number(s)
		return nil
	default:
		// Objects, lists and booleans are kept too: they are refused when the value is used.
		*n = Number(raw)
		return nil
	}
}

// MarshalJSON writes a bare number, or null when empty. It is meant for the fake server and tests.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	if json.Valid([]byte(n)) {
		return []byte(n), nil
	}
	return json.Marshal(string(n))
}
