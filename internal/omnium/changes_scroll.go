package omnium

import (
	"context"
	"time"
)

const (
	opPrivateCustomerScroll      = "privateCustomer.scroll"
	opPrivateCustomerScrollNext  = "privateCustomer.scrollNext"
	opBusinessCustomerScroll     = "businessCustomer.scroll"
	opBusinessCustomerScrollNext = "businessCustomer.scrollNext"
	opPurchaseOrderScroll        = "purchaseOrder.scroll"
	opPurchaseOrderScrollNext    = "purchaseOrder.scrollNext"

	// customerTake is the size of a page that the documented example of a scroll asks for.
	customerTake = 1000
)

// modifiedInventory is the part of OmniumInventorySearchRequest that lists of changes use.
type modifiedInventory struct {
	LastModified      time.Time `json:"lastModified"`
	IsBatchesExcluded bool      `json:"isBatchesExcluded"`
}

// inventoryChanges lists the skus of items. An item that is gone is not among them.
func (c *Client) inventoryChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	search := modifiedInventory{LastModified: w.lastModified(), IsBatchesExcluded: true}
	return c.changesIn(ctx, inventoryScroll(search), func(h hit) string { return text(h.SKU) }, visit)
}

// modifiedCustomers is the part of OmniumCustomerSearchRequest that lists of changes use. Whether the
// customers are inactive or global is left open, so that neither filters.
type modifiedCustomers struct {
	ModifiedFrom *time.Time `json:"modifiedFrom,omitempty"`
	Take         int        `json:"take"`
}

// customerChanges lists private and business customers, two resources with ids of their own.
func (c *Client) customerChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	search := modifiedCustomers{ModifiedFrom: w.from(), Take: customerTake}
	idOf := func(h hit) string { return text(h.CustomerID) }
	for _, s := range []scroll{
		{
			op: opPrivateCustomerScroll, path: "/api/PrivateCustomers/Scroll", body: search,
			nextOp: opPrivateCustomerScrollNext, nextPath: "/api/PrivateCustomers/Scroll/",
		},
		{
			op: opBusinessCustomerScroll, path: "/api/BusinessCustomers/Scroll", body: search,
			nextOp: opBusinessCustomerScrollNext, nextPath: "/api/BusinessCustomers/Scroll/",
		},
	} {
		if err := c.changesIn(ctx, s, idOf, visit); err != nil {
			return err
		}
	}
	return nil
}

// modifiedOrders is the part of OmniumPurchaseOrderSearchRequest that lists of changes use.
type modifiedOrders struct {
	ModifiedFrom *time.Time `json:"modifiedFrom,omitempty"`
}

func (c *Client) purchaseOrderChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	return c.changesIn(ctx, scroll{
		op: opPurchaseOrderScroll, path: "/api/PurchaseOrders/Scroll", body: modifiedOrders{w.from()},
		nextOp: opPurchaseOrderScrollNext, nextPath: "/api/PurchaseOrders/Scroll/",
	}, documentID, visit)
}

func documentID(h hit) string { return text(h.ID) }
