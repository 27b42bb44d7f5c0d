package flow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// Sent is a write as it would go to Flow.
type Sent struct {
	Route

	// Target is the path below the base URL, filled in.
	Target string
	// Body is the JSON; nil when there is none.
	Body json.RawMessage

	uids []string // as in a call
}

// Dry returns a client that reads as c does, within the same limits and through the same breaker, and
// writes nothing: record gets every write, which then counts as accepted. record must be safe for
// concurrent use. Close c, not the result.
func (c *Client) Dry(record func(Sent)) *Client {
	dry := *c
	dry.own, dry.record = nil, record
	return &dry
}

// reads reports whether the route changes nothing.
func (r Route) reads() bool {
	return r.Method == http.MethodGet || r.Name == BrandSearch || r.Name == StockRead
}

// pretend records a write instead of sending it.
func (c *Client) pretend(route Route, path string, r call) error {
	s := Sent{Route: route, Target: path, uids: slices.Clone(r.uids)}
	if r.body != nil {
		body, err := json.Marshal(r.body)
		if err != nil {
			return fmt.Errorf("%s %s: encode body: %w", route.Method, r.op, err)
		}
		s.Body = body
	}
	c.record(s)
	if r.accepted != nil {
		*r.accepted = http.StatusOK
	}
	return nil
}
