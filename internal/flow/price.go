package flow

import (
	"context"
	"net/http"
)

// Price is an entry of a price list: what a product costs there (reference flow-api.md §8.2). Its
// shape is assumed. Amounts are integers with two implied decimals and hold the tax. Every field is
// sent, empty ones as null, so that an entry says the whole truth about its product.
type Price struct {
	ProductUID             string  `json:"productUid"`
	Price                  int64   `json:"price"`
	RecommendedRetailPrice *int64  `json:"recommendedRetailPrice"`
	Currency               *string `json:"currency"`
	// ValidFrom and ValidTo are null when open.
	ValidFrom Date `json:"validFrom"`
	ValidTo   Date `json:"validTo"`
}

// PriceChange is one entry to be written to, or taken out of, a price list.
type PriceChange struct {
	ProductUID string
	// Price is nil when the entry is taken out.
	Price *Price
}

// priceBatch is the body of price.batch, after the documented soas/batch (reference flow-api.md
// §1.11).
type priceBatch struct {
	Upsert []Price        `json:"upsert,omitempty"`
	Delete []priceRemoval `json:"delete,omitempty"`
}

type priceRemoval struct {
	ProductUID string `json:"productUid"`
}

// WritePrices changes entries of a price list and returns one error per change, in order; nil for those
// that Flow took. Taking out an entry that is not there changes nothing. A product must occur once.
func (c *Client) WritePrices(ctx context.Context, list string, changes []PriceChange) []error {
	return inBatches(ctx, c, changes, func(part []PriceChange) call {
		var body priceBatch
		for _, change := range part {
			if change.Price == nil {
				body.Delete = append(body.Delete, priceRemoval{change.ProductUID})
			} else {
				body.Upsert = append(body.Upsert, *change.Price)
			}
		}
		return call{op: PriceBatch, uids: []string{priceListUID, list}, body: body}
	})
}

// HasPriceList reports whether the tenant has a price list.
func (c *Client) HasPriceList(ctx context.Context, uid string) (bool, error) {
	there, err := c.has(ctx, PriceListGet, priceListUID, uid)
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return there, err
}
