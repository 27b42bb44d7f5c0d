package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
)

// What these methods are for: omniflow that has lost what it knew about Flow finds out that an object is right
// already, where a page of the reference shows how to read it. Each reports whether Flow answers with every
// field that a write would send, and with the same value; a refusal counts as no. Fields that a write would
// leave out are not looked at: they are Flow's own. They write nothing.

// HoldsSupplier looks in the list (reference flow-api.md §10).
func (c *Client) HoldsSupplier(ctx context.Context, s Supplier) (bool, error) {
	return c.lists(ctx, call{op: SupplierList, query: url.Values{"supplierExternalId": {s.ExternalID}}}, s)
}

// HoldsCustomer looks in the list (reference flow-api.md §14.1). The fields of clear that customer does not
// name must be empty, too.
func (c *Client) HoldsCustomer(ctx context.Context, customer Customer, clear Fields) (bool, error) {
	query := url.Values{"customerExternalId": {customer.ExternalID}}
	return c.lists(ctx, call{op: CustomerList, query: query}, clearing{customer, clear})
}

// HoldsWarehouse looks in the list of the store (reference flow-api.md §9.4).
func (c *Client) HoldsWarehouse(ctx context.Context, store string, w Warehouse) (bool, error) {
	query := url.Values{"warehouseExternalId": {w.ExternalID}}
	return c.lists(ctx, call{op: WarehouseList, uids: []string{storeUID, store}, query: query}, w)
}

// HoldsPurchaseOrder looks at the order without its lines (reference flow-api.md §11).
func (c *Client) HoldsPurchaseOrder(ctx context.Context, o PurchaseOrder) (bool, error) {
	return c.reads(ctx, call{op: PurchaseOrderGet, uids: o.Ref().uids()}, o)
}

// HoldsPriceList looks at the list, without its prices (reference flow-api.md §8.1).
func (c *Client) HoldsPriceList(ctx context.Context, l PriceList) (bool, error) {
	return c.reads(ctx, call{op: PriceListGet, uids: []string{priceListUID, l.PriceListUID}}, l)
}

// HoldsCategory looks at the category (reference flow-api.md §7).
func (c *Client) HoldsCategory(ctx context.Context, g Category) (bool, error) {
	body := placed{g.Name, g.ExternalID, g.ParentUID}
	return c.reads(ctx, call{op: CategoryGet, uids: []string{categoryUID, g.CategoryUID}}, body)
}

// HoldsProductGroup looks at the product group (reference flow-api.md §6).
func (c *Client) HoldsProductGroup(ctx context.Context, g ProductGroup) (bool, error) {
	body := placed{g.Name, g.ExternalID, g.ParentUID}
	return c.reads(ctx, call{op: ProductGroupGet, uids: []string{productGroupUID, g.ProductGroupUID}}, body)
}

// HoldsStock looks at the stock of the items' products in a store (reference flow-api.md §9.1), and answers
// for each item, in order. What an item costs is in no answer: one that says it is never held.
func (c *Client) HoldsStock(ctx context.Context, store string, items []Stock) ([]bool, error) {
	held := make([]bool, len(items))
	for first := 0; first < len(items); first += maxBatch {
		part := items[first:min(first+maxBatch, len(items))]
		if err := c.stockHeld(ctx, store, part, held[first:]); err != nil {
			return nil, passing(err)
		}
	}
	return held, nil
}

// stockHeld notes in held which items Flow answers with.
func (c *Client) stockHeld(ctx context.Context, store string, items []Stock, held []bool) error {
	query := stockQuery{StoreUIDs: []string{store}}
	at := map[Stock][]int{}
	for i, item := range items {
		query.ProductUIDs = append(query.ProductUIDs, item.ProductUID)
		at[item] = append(at[item], i) // one with a cost has a pointer, which no answer has
	}
	slices.Sort(query.ProductUIDs)
	query.ProductUIDs = slices.Compact(query.ProductUIDs)
	_, err := find(ctx, c, call{op: StockRead, body: query}, func(got productStock) bool {
		for _, w := range got.Warehouses {
			if w.StoreUID != store {
				continue
			}
			for _, i := range at[Stock{ProductUID: got.ProductUID, WarehouseUID: w.WarehouseUID, QuantityStock: w.QuantityStock}] {
				held[i] = true
			}
		}
		return false
	})
	return err
}

// productStock is the stock of one product (reference flow-api.md §9.1).
type productStock struct {
	ProductUID string `json:"productUid"`
	Warehouses []struct {
		StoreUID      string `json:"storeUid"`
		WarehouseUID  string `json:"warehouseUid"`
		QuantityStock int64  `json:"quantityStock"`
	} `json:"warehouseStockDetails"`
}

// reads asks for one object.
func (c *Client) reads(ctx context.Context, r call, body any) (bool, error) {
	want, err := fieldsOf(body)
	if err != nil {
		return false, err
	}
	var got map[string]json.RawMessage
	r.out = &got
	if err := c.do(ctx, r); err != nil {
		return false, passing(err)
	}
	return covers(got, want), nil
}

// lists asks for a list, in which the object is known by its uid, which body names.
func (c *Client) lists(ctx context.Context, r call, body any) (bool, error) {
	want, err := fieldsOf(body)
	if err != nil {
		return false, err
	}
	found, err := find(ctx, c, r, func(got map[string]json.RawMessage) bool { return covers(got, want) })
	return found, passing(err)
}

// passing is nil for a refusal: the write that follows tells what is wrong.
func passing(err error) error {
	if definite(err) {
		return nil
	}
	return err
}

// fieldsOf is the body as Flow gets it.
func fieldsOf(body any) (map[string]json.RawMessage, error) {
	raw, err := encode(body)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	return fields, json.Unmarshal(raw, &fields)
}

// covers reports whether got has everything that want has.
func covers(got, want map[string]json.RawMessage) bool {
	for name, value := range want {
		if plain(got[name]) != plain(value) {
			return false
		}
	}
	return true
}

// plain is a value in one spelling. Nothing, null and the empty string are one: which of them Flow answers
// with for what was emptied is not documented. Two spellings of a number or an object stay two, which costs
// a write.
func plain(value json.RawMessage) string {
	var text string
	var tight bytes.Buffer
	switch {
	case len(value) == 0:
		return ""
	case json.Unmarshal(value, &text) == nil && text == "":
		return ""
	case value[0] == '"':
		return `"` + text
	case json.Compact(&tight, value) != nil:
		return "?" + string(value)
	default:
		return tight.String()
	}
}
