package flow

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/omniflow/omniflow/internal/rest"
)

// call is one request to Flow.
type call struct {
	op string
	// uids are placeholder, value pairs beside the tenant, such as "productUid", "shoe_42".
	uids  []string
	query url.Values
	body  any
	// out, when not nil, is where the answer is decoded to.
	out any
	// accepted, when not nil, gets the status of an answer within 2xx.
	accepted *int
}

// do is the only way to Flow: the rate limit, the breaker and the timeout apply to every request.
func (c *Client) do(ctx context.Context, r call) error {
	route := c.routes.rows[r.op]
	path, err := route.expand(append([]string{tenantUID, c.tenant}, r.uids...))
	if err != nil {
		return err
	}
	if c.record != nil && !route.reads() {
		return c.pretend(route, path, r)
	}
	// A call that would be refused must not wait for the rate limit first, nor use it up.
	if c.circuit.isOpen() {
		return c.circuit.unavailable(r.op)
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return fmt.Errorf("%s: wait for other calls: %w", r.op, err)
	}
	defer leave()
	if err := c.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("%s: wait for rate limit: %w", r.op, waitError(ctx, err))
	}
	return c.circuit.run(ctx, r.op, func() error {
		code, err := c.rest.Do(ctx, rest.Request{
			Method: route.Method,
			Path:   path,
			Query:  r.query,
			Label:  r.op,
			Body:   r.body,
			Bearer: c.token(),
		}, r.out)
		if err == nil && r.accepted != nil {
			*r.accepted = code
		}
		return err
	})
}

// enter makes a patient call wait for its turn; others pass.
func (c *Client) enter(ctx context.Context) (leave func(), err error) {
	if c.patient == nil || !c.patient(ctx) {
		return func() {}, nil
	}
	select {
	case c.queue <- struct{}{}:
		return func() { <-c.queue }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// waitError makes the limiter's refusal to outwait a deadline look like that deadline.
func waitError(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return err
}

// expand fills the template with escaped uids. Escaping leaves no brace, so that a uid cannot be
// taken for a placeholder.
func (r Route) expand(uids []string) (string, error) {
	path := r.Path
	for i := 0; i+1 < len(uids); i += 2 {
		name, uid := uids[i], uids[i+1]
		if err := checkUID(r.Name, uid); err != nil {
			return "", err
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(uid))
	}
	return path, nil
}

// checkUID refuses what escaping cannot make a path segment of its own: an empty uid would name the
// collection, a dot segment something else altogether.
func checkUID(op, uid string) error {
	if uid == "" || uid == "." || uid == ".." {
		return fmt.Errorf("%s: %w: %q", op, ErrBadUID, uid)
	}
	return nil
}
