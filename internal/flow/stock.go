package flow

import (
	"context"
	"net/http"
)

// Stock is how much of a product a warehouse has: the whole truth, not a difference. Both numbers have two
// implied decimals; the quantity may be negative (reference flow-api.md §1.5). The shape is assumed.
type Stock struct {
	ProductUID    string `json:"productUid"`
	WarehouseUID  string `json:"warehouseUid"`
	QuantityStock int64  `json:"quantityStock"`
	// CostPrice is of one unit; nil leaves Flow's as it is.
	CostPrice *int64 `json:"costPrice,omitempty"`
}

// stockBatch is the body of stock.batch, after the documented soas/batch (reference flow-api.md §1.11).
type stockBatch struct {
	Upsert []Stock `json:"upsert"`
}

// PutStock makes a store's warehouses hold stock. It returns one error per item, in order; nil for those
// that Flow took. See inBatches for what it does when Flow refuses some. The endpoint that sets stock is
// not visible in the vendor's reference; this one is assumed.
func (c *Client) PutStock(ctx context.Context, store string, items []Stock) []error {
	return inBatches(ctx, c, items, func(part []Stock) call {
		return call{op: StockBatch, uids: []string{storeUID, store}, body: stockBatch{part}}
	})
}

// stockQuery is the body of stock.read: one of products and skus, one of stores and warehouses (reference
// flow-api.md §9.1).
type stockQuery struct {
	ProductUIDs []string `json:"productUids"`
	StoreUIDs   []string `json:"storeUids"`
}

// HasProduct reports whether Flow knows a product. It asks for the product's stock in a store, which is
// documented, and then for the product: that one which Flow does not know is missing from the first answer
// and is 404 in the second is an assumption.
func (c *Client) HasProduct(ctx context.Context, store, product string) (bool, error) {
	query := call{op: StockRead, body: stockQuery{[]string{product}, []string{store}}}
	found, err := find(ctx, c, query, func(s struct{ ProductUID string }) bool { return s.ProductUID == product })
	if found || err != nil && !definite(err) {
		return found, err
	}
	found, err = c.has(ctx, ProductGet, productUID, product)
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return found, err
}
