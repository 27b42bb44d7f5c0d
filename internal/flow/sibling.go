package flow

import "context"

// LinkSibling makes two products siblings. It is no error when they are already. How siblings are
// linked is not documented (reference flow-api.md §4.3); the route is assumed.
func (c *Client) LinkSibling(ctx context.Context, product, sibling string) error {
	err := c.do(ctx, call{op: ProductLink, uids: []string{productUID, product}, body: Link{ProductUID: sibling}})
	return settleCreate(err, func() (bool, error) {
		return c.findVariant(ctx, product, func(v Variant) bool { return v.ProductUID == sibling })
	})
}

// Variants returns the siblings of a product in Flow's order. The caller owns the result.
func (c *Client) Variants(ctx context.Context, product string) ([]Variant, error) {
	var all []Variant
	_, err := c.findVariant(ctx, product, func(v Variant) bool {
		all = append(all, v)
		return false
	})
	return all, err
}

func (c *Client) findVariant(ctx context.Context, product string, match func(Variant) bool) (bool, error) {
	return find(ctx, c, call{op: ProductVariants, uids: []string{productUID, product}}, match)
}

// Variant names one item of a product's list of variants (reference flow-api.md §4.2).
type Variant struct {
	ProductVariantUID string `json:"productVariantUid"`
	ProductUID        string `json:"productUid"`
}
