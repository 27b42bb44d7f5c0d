package flow

import "context"

// EnsureProductGroup makes sure that a product group with g's uid exists. It reads the group and
// creates it when Flow does not have it. A group that exists is left as it is.
func (c *Client) EnsureProductGroup(ctx context.Context, g ProductGroup) error {
	uids := []string{productGroupUID, g.ProductGroupUID}
	exists := func() (bool, error) { return c.has(ctx, call{op: ProductGroupGet, uids: uids}) }
	found, err := exists()
	if err != nil || found {
		return err
	}
	err = c.do(ctx, call{op: ProductGroupCreate, body: g})
	// Another job may have created it since.
	return settleCreate(err, exists)
}
