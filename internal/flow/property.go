package flow

import "context"

// EnsureProperty makes sure that a property definition with p's uid exists. It looks in the documented
// list, and creates the definition when it is not there. A definition that exists is left as it is.
func (c *Client) EnsureProperty(ctx context.Context, p Property) error {
	exists := func() (bool, error) {
		return find(ctx, c, call{op: PropertyList}, func(q Property) bool { return q.PropertyUID == p.PropertyUID })
	}
	found, err := exists()
	if err != nil || found {
		return err
	}
	// Another job may have created it since.
	return settleCreate(c.do(ctx, call{op: PropertyCreate, body: p}), exists)
}

// SetPropertyText gives a product the text of a property that exists. Setting the same text again
// changes nothing.
func (c *Client) SetPropertyText(ctx context.Context, product, property, text string) error {
	return c.do(ctx, call{
		op:   ProductPropertySet,
		uids: []string{productUID, product, propertyUID, property},
		body: PropertyText{PropertyText: text},
	})
}
