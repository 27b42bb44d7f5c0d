package flow

import (
	"context"
	"net/http"
)

// EnsureProductGroup makes sure that a product group with g's uid exists. It reads the group and
// creates it when Flow does not have it. A group that exists is left as it is.
func (c *Client) EnsureProductGroup(ctx context.Context, g ProductGroup) error {
	find := func() (bool, error) {
		err := c.do(ctx, call{op: ProductGroupGet, uids: []string{productGroupUID, g.ProductGroupUID}})
		if status(err) == http.StatusNotFound {
			return false, nil
		}
		return err == nil, err
	}
	found, err := find()
	if err != nil || found {
		return err
	}
	err = c.do(ctx, call{op: ProductGroupCreate, body: g})
	// Another job may have created it since.
	return settleCreate(err, find)
}
