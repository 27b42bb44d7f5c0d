package flow

import (
	"context"
	"net/url"
)

// EnsureBrand makes sure that a brand with b's uid exists. It looks in the documented list, filtered
// by name, and creates the brand when it is not there. A brand that exists is left as it is, whatever
// its name.
func (c *Client) EnsureBrand(ctx context.Context, b Brand) error {
	found, err := c.findBrand(ctx, url.Values{"brandName": {b.Name}}, b.BrandUID)
	if err != nil || found {
		return err
	}
	err = c.do(ctx, call{op: BrandCreate, body: b})
	// Several spellings of a name fall on one uid, so that it can exist under another name.
	return settleCreate(err, func() (bool, error) { return c.findBrand(ctx, nil, b.BrandUID) })
}

func (c *Client) findBrand(ctx context.Context, filter url.Values, uid string) (bool, error) {
	return find(ctx, c, call{op: BrandList, query: filter}, func(b Brand) bool { return b.BrandUID == uid })
}
