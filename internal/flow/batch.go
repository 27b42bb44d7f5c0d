package flow

import (
	"context"
	"errors"
	"net/http"
)

// maxBatch bounds the items of one request; the vendor's limit is not documented.
const maxBatch = 100

// RefusedError means that Flow took a batch of one item and said that the item failed, which is
// answered with 207 (reference flow-api.md §1.11). What its body says is not documented.
type RefusedError struct{ Op string }

// Error names the operation.
func (e *RefusedError) Error() string { return e.Op + ": 207: the item failed" }

// inBatches sends items in as few requests as it can and returns one error per item, in order; nil
// for those that Flow took. How a 207 tells which items failed is not documented, and a 4xx says
// nothing about most of them: such a batch is sent again in halves, down to single items, so that one
// bad item holds up nobody. Repeating is harmless, because every item says the whole truth about its
// object. Any other failure ends the work: it is the error of everything that was not answered yet.
func inBatches[T any](
	ctx context.Context, c *Client, items []T, request func([]T) call,
) []error {
	errs := make([]error, len(items))
	var failed error
	var send func(from, to int)
	send = func(from, to int) {
		if from == to {
			return
		}
		err := failed
		if err == nil {
			err = c.batch(ctx, request(items[from:to]))
		}
		_, refused := errors.AsType[*RefusedError](err)
		switch {
		case err == nil:
		case to-from > 1 && (refused || definite(err)):
			half := (from + to) / 2
			send(from, half)
			send(half, to)
		default:
			if !refused && !definite(err) {
				failed = err
			}
			for i := from; i < to; i++ {
				errs[i] = err
			}
		}
	}
	for from := 0; from < len(items); from += maxBatch {
		send(from, min(from+maxBatch, len(items)))
	}
	return errs
}

// batch sends one request; 207 is a *RefusedError.
func (c *Client) batch(ctx context.Context, r call) error {
	var code int
	r.accepted = &code
	if err := c.do(ctx, r); err != nil {
		return err
	}
	if code == http.StatusMultiStatus {
		return &RefusedError{r.op}
	}
	return nil
}
