package flow

import (
	"context"
	"net/http"
)

// upsert is an object that Flow shall hold. No upsert is documented (reference flow-api.md §1.8): one
// is made of a create and an update.
type upsert struct {
	create, update call
	// exists is asked when the create was answered with 400, which may mean that the uid is taken.
	exists func() (bool, error)
}

// upsert creates or updates. known, which says that the uid was pushed before, only chooses what is
// tried first: the update, and the create when Flow does not have it; or the create, and the update
// when Flow has it already. It sends at most three requests and those of exists. created reports that
// Flow did not have the object.
func (c *Client) upsert(ctx context.Context, u upsert, known bool) (created bool, err error) {
	if known {
		err := c.do(ctx, u.update)
		if status(err) != http.StatusNotFound {
			return false, err
		}
	}
	err = c.do(ctx, u.create)
	if err == nil {
		return true, nil
	}
	if err := settleCreate(err, u.exists); err != nil {
		return false, err
	}
	return false, c.do(ctx, u.update)
}
