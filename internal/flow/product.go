package flow

import "context"

// PutProduct creates or updates p so that Flow holds it afterwards; see upsert for what known means. It
// sends at most four requests. created reports that Flow did not have it: of one that was known,
// images, links and texts are gone too.
func (c *Client) PutProduct(ctx context.Context, p Product, known bool) (created bool, err error) {
	uid := p.ProductUID
	// Flow would make up a uid for a create without one.
	if err := checkUID(ProductCreate, uid); err != nil {
		return false, err
	}
	update := p
	// The path names the product; bodies of updates leave the uid out (reference flow-api.md §1.8).
	update.ProductUID = ""
	return c.upsert(ctx, upsert{
		create: call{op: ProductCreate, body: p},
		update: call{op: ProductUpdate, uids: []string{productUID, uid}, body: update},
		exists: func() (bool, error) { return c.has(ctx, ProductGet, productUID, uid) },
	}, known)
}

// DeactivateProduct takes a product off sale and leaves the rest of it alone. The error wraps
// ErrNotFound when Flow does not have the product. That an update may be partial is documented for
// other resources only (reference flow-api.md §1.8).
func (c *Client) DeactivateProduct(ctx context.Context, uid string, d Deactivation) error {
	return missing(c.do(ctx, call{op: ProductUpdate, uids: []string{productUID, uid}, body: d}))
}
