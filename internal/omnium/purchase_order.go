package omnium

import (
	"bytes"
	"encoding/json"
	"slices"
)

// PurchaseOrder is the part of OmniumPurchaseOrder that omniflow looks at (reference omnium-api.md §8.3).
type PurchaseOrder struct {
	ID string `json:"id"`
	// Status is a name that the tenant configures, such as New or OrderCanceled.
	Status   string `json:"status"`
	MarketID string `json:"marketId"`
	// StoreID is the store or the warehouse that receives the goods.
	StoreID    string `json:"storeId"`
	SupplierID string `json:"supplierId"`
	// SupplierWarehouseCode, when set, makes the order a transfer from that warehouse.
	SupplierWarehouseCode string            `json:"supplierWarehouseCode"`
	ReferenceNumber       string            `json:"referenceNumber"`
	BillingCurrency       string            `json:"billingCurrency"`
	RequestedDeliveryDate Time              `json:"requestedDeliveryDate"`
	Form                  PurchaseOrderForm `json:"purchaseOrderForm"`
	// IsDelivery says that the delivery DeliveryID mirrors the order.
	IsDelivery bool      `json:"isDelivery"`
	DeliveryID string    `json:"deliveryId"`
	Notes      []Comment `json:"purchaseOrderNotes"`
	Created    Time      `json:"created"`
	Modified   Time      `json:"modified"`
}

// PurchaseOrderForm holds the lines of an order.
type PurchaseOrderForm struct {
	LineItems []PurchaseOrderLine `json:"lineItems"`
}

// PurchaseOrderLine is the part of OmniumPurchaseOrderLine that omniflow looks at (reference
// omnium-api.md §8.4).
type PurchaseOrderLine struct {
	LineItemID      string `json:"lineItemId"`
	PurchaseOrderID string `json:"purchaseOrderId"`
	// DeliveryID is the delivery that the line is in; empty when it is in none.
	DeliveryID string `json:"deliveryId"`
	// Code is the sku.
	Code          string `json:"code"`
	SupplierSkuID string `json:"supplierSkuId"`
	// Quantity is what was ordered; DeliveredQuantity and CanceledQuantity are parts of it.
	Quantity          Number `json:"quantity"`
	DeliveredQuantity Number `json:"deliveredQuantity"`
	CanceledQuantity  Number `json:"canceledQuantity"`
	// PlacedPriceExclTax is per unit, DiscountedPriceExclTax is the total of the line.
	PlacedPriceExclTax     Number `json:"placedPriceExclTax"`
	DiscountedPriceExclTax Number `json:"discountedPriceExclTax"`
	EstimatedTimeOfArrival Time   `json:"estimatedTimeOfArrival"`
	WarehouseCode          string `json:"warehouseCode"`
}

// Comment is the part of OmniumComment that omniflow looks at.
type Comment struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// OrderTypeTransfer is the order type of deliveries between warehouses.
const OrderTypeTransfer = "InternalTransfer"

// Delivery is the part of OmniumDelivery that omniflow looks at (reference omnium-api.md §8.5). Its
// lines stay in their purchase orders.
type Delivery struct {
	ID                     string `json:"id"`
	OrderType              string `json:"orderType"`
	EstimatedTimeOfArrival Time   `json:"estimatedTimeOfArrival"`
	Modified               Time   `json:"modified"`
}

// Order is the part of a sales order that tells what it has reserved of purchase orders (reference
// omnium-api.md §8.6).
type Order struct {
	ID   string    `json:"id"`
	Form OrderForm `json:"orderForm"`
	// Err, when not nil, wraps ErrMalformed: the order cannot be read. What it mentions can still be asked.
	Err error `json:"-"`

	raw json.RawMessage // of an order that cannot be read
}

// Mentions reports whether a text stands anywhere in an order that cannot be read. It is for ids: one that
// is not there is not what the order is about.
func (o *Order) Mentions(id string) bool {
	var v any
	dec := json.NewDecoder(bytes.NewReader(o.raw))
	dec.UseNumber()
	return dec.Decode(&v) == nil && mentions(v, id)
}

func mentions(v any, id string) bool {
	switch v := v.(type) {
	case string:
		return v == id
	case json.Number:
		return v.String() == id
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return mentions(item, id) })
	case map[string]any:
		for _, item := range v {
			if mentions(item, id) {
				return true
			}
		}
	}
	return false
}

// OrderForm holds the lines of a sales order; those of its shipments repeat them.
type OrderForm struct {
	LineItems []OrderLine `json:"lineItems"`
	Shipments []struct {
		LineItems []OrderLine `json:"lineItems"`
	} `json:"shipments"`
}

// OrderLine is a line of a sales order and the purchase order line that it waits for.
type OrderLine struct {
	LineItemID string `json:"lineItemId"`
	// IsAwaitingPurchaseOrder ends with the reception of the goods; what was reserved stays named.
	IsAwaitingPurchaseOrder bool   `json:"isAwaitingPurchaseOrder"`
	ReservedQuantity        Number `json:"reservedInventoryQuantity"`
	PurchaseOrderID         string `json:"reservedInventoryPurchaseOrderId"`
	PurchaseOrderLineID     string `json:"reservedInventoryPurchaseOrderLineId"`
}
