package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

// objects shares the reads by id of one kind of object: all tenants that an event concerns ask for it.
type objects[T any] struct {
	// op names the operation; path, such as /api/Suppliers/, is followed by the id.
	op, path string
	// check completes what was read or says that it is malformed; nil accepts everything.
	check func(*T) error
	reads *calls[string, *T]
}

func newObjects[T any](op, path string, check func(*T) error) *objects[T] {
	return &objects[T]{op: op, path: path, check: check, reads: newCalls[string, *T](maxSharedReads, shareFor)}
}

// read returns the object as it was at since or later; see Client.Product for the contract.
func (o *objects[T]) read(ctx context.Context, c *Client, id string, since time.Time) (*T, error) {
	return o.reads.do(ctx, id, since, func(ctx context.Context) (*T, error) {
		escaped, ok := segment(id)
		if !ok {
			return nil, ErrNotFound
		}
		raw, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: o.path + escaped, Label: o.op})
		if notFound(err, o.op) {
			return nil, ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return o.decode(raw)
	})
}

func (o *objects[T]) decode(raw json.RawMessage) (*T, error) {
	v := new(T)
	if err := decode(o.op, raw, v); err != nil {
		return nil, err
	}
	if o.check == nil {
		return v, nil
	}
	if err := o.check(v); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, o.op, err)
	}
	return v, nil
}

// notFound reports whether err is an operation's own 404: only that says that the object is gone. The
// token's would make every object look deleted.
func notFound(err error, op string) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Label == op && e.StatusCode == http.StatusNotFound
}
