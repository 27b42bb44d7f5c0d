package flow

import (
	"context"
	"net/http"
)

// Checked is a row of the table and what became of calling it.
type Checked struct {
	Route
	// Called says that the route was called. Writes and reads that need an object never are.
	Called bool
	// Err is what the call ended with; nil when it succeeded or was not made.
	Err error
}

// Check calls every read that needs nothing but the tenant, one after the other, and returns all
// rows in the order of the table. It writes nothing. A failed call does not end it, unless ctx is
// done.
func (c *Client) Check(ctx context.Context) []Checked {
	var rows []Checked
	for _, row := range c.routes.Rows() {
		checked := Checked{Route: row}
		if row.checkable() && ctx.Err() == nil {
			checked.Called = true
			checked.Err = c.check(ctx, row)
		}
		rows = append(rows, checked)
	}
	return rows
}

func (r Route) checkable() bool {
	placeholders := placeholder.FindAllString(r.Path, -1)
	return r.Method == http.MethodGet && len(placeholders) == 1 && placeholders[0] == "{"+tenantUID+"}"
}

func (c *Client) check(ctx context.Context, row Route) error {
	if row.Name == TenantGet {
		return c.Probe(ctx)
	}
	// The first item is enough to see that the envelope can be read.
	_, err := find(ctx, c, call{op: row.Name}, func(struct{}) bool { return true })
	return err
}
