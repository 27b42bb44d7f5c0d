package flow

import "context"

// The statuses of a purchase order that omniflow writes (reference flow-api.md §11). Flow's pages about
// the connector print them without underscores; on the wire the API's own spelling is used.
const (
	OrderSent     = "SENT_TO_SUPPLIER"
	OrderPartly   = "PARTIALLY_RECEIVED"
	OrderReceived = "RECEIVED"
	OrderClosed   = "CLOSED" // no further processing
)

// PurchaseOrder is the head of a purchase order of a store (reference flow-api.md §11).
type PurchaseOrder struct {
	// StoreUID goes into the path.
	StoreUID string `json:"-"`
	// PurchaseOrderUID goes into the body of a create only.
	PurchaseOrderUID string `json:"purchaseOrderUid,omitempty"`
	SupplierUID      string `json:"supplierUid"`
	ExternalID       string `json:"externalId"`
	// Status is left alone when empty; a create needs one and sends OrderSent then.
	Status string `json:"status,omitempty"`
	// Currency is an ISO 4217 code.
	Currency                string `json:"currency,omitempty"`
	SupplierReferenceNumber string `json:"supplierReferenceNumber,omitempty"`
	Note                    string `json:"note,omitempty"`
}

// PurchaseOrderItem is a line of a purchase order. Quantities and prices have two implied decimals. Its
// body says everything each time; that null clears the nullable fields is assumed.
type PurchaseOrderItem struct {
	// PurchaseOrderItemUID goes into the body of a create only.
	PurchaseOrderItemUID string `json:"purchaseOrderItemUid,omitempty"`
	ProductUID           string `json:"productUid"`
	SupplierSKU          string `json:"supplierSku"`
	ExternalID           string `json:"externalId"`
	QuantityOrdered      int64  `json:"quantityOrdered"`
	QuantityReceived     int64  `json:"quantityReceived"`
	// UnitPrice is without tax; nil when it is not known.
	UnitPrice *int64 `json:"unitPrice"`
	// ExpectedDeliveryDate is YYYY-MM-DD; nil when it is not known.
	ExpectedDeliveryDate *string `json:"expectedDeliveryDate"`
}

// Reservation is a quantity, with two implied decimals, that a customer's order waits for. The shape is
// assumed after what the API shows of an item.
type Reservation struct {
	OrderUID string `json:"orderUid"`
	Quantity int64  `json:"quantity"`
}

// OrderRef names a purchase order: Flow keeps them by store.
type OrderRef struct{ StoreUID, PurchaseOrderUID string }

func (o OrderRef) uids(more ...string) []string {
	return append([]string{storeUID, o.StoreUID, purchaseOrderUID, o.PurchaseOrderUID}, more...)
}

// Ref names the order.
func (o PurchaseOrder) Ref() OrderRef { return OrderRef{o.StoreUID, o.PurchaseOrderUID} }

// PutPurchaseOrder creates or updates the head of a purchase order; see upsert for what known means.
// clear are the optional fields to be emptied in Flow; the status never is. created reports that Flow
// did not have it: of one that was known, the lines are gone too.
func (c *Client) PutPurchaseOrder(
	ctx context.Context, o PurchaseOrder, known bool, clear Fields,
) (created bool, err error) {
	ref := o.Ref()
	if err := checkUID(PurchaseOrderCreate, ref.PurchaseOrderUID); err != nil {
		return false, err
	}
	create, update := o, o
	if create.Status == "" {
		create.Status = OrderSent
	}
	update.PurchaseOrderUID = ""
	clear &^= Present(PurchaseOrder{Status: OrderSent, PurchaseOrderUID: ref.PurchaseOrderUID})
	return c.upsert(ctx, upsert{
		create: call{op: PurchaseOrderCreate, uids: []string{storeUID, ref.StoreUID}, body: create},
		update: call{op: PurchaseOrderUpdate, uids: ref.uids(), body: clearing{update, clear}},
		exists: func() (bool, error) { return c.has(ctx, PurchaseOrderGet, ref.uids()...) },
	}, known)
}

// SetPurchaseOrderStatus changes nothing but the status.
func (c *Client) SetPurchaseOrderStatus(ctx context.Context, o OrderRef, status string) error {
	body := struct {
		Status string `json:"status"`
	}{status}
	return c.do(ctx, call{op: PurchaseOrderUpdate, uids: o.uids(), body: body})
}

// PutPurchaseOrderItem creates or updates a line. The routes are assumed.
func (c *Client) PutPurchaseOrderItem(
	ctx context.Context, o OrderRef, i PurchaseOrderItem, known bool,
) error {
	uid := i.PurchaseOrderItemUID
	if err := checkUID(PurchaseOrderItemCreate, uid); err != nil {
		return err
	}
	update := i
	update.PurchaseOrderItemUID = ""
	item := o.uids(purchaseOrderItemUID, uid)
	_, err := c.upsert(ctx, upsert{
		create: call{op: PurchaseOrderItemCreate, uids: o.uids(), body: i},
		update: call{op: PurchaseOrderItemUpdate, uids: item, body: update},
		exists: func() (bool, error) { return c.has(ctx, PurchaseOrderItemGet, item...) },
	}, known)
	return err
}

// DeletePurchaseOrderItem deletes a line. One that Flow does not have is a *rest.Error with 404.
func (c *Client) DeletePurchaseOrderItem(ctx context.Context, o OrderRef, item string) error {
	return c.do(ctx, call{op: PurchaseOrderItemDelete, uids: o.uids(purchaseOrderItemUID, item)})
}

// SetReservations says which orders wait for a line; those that are not in the list no longer do. The
// route and its body are assumed.
func (c *Client) SetReservations(
	ctx context.Context, o OrderRef, item string, list []Reservation,
) error {
	body := struct {
		Reservations []Reservation `json:"reservations"`
	}{append([]Reservation{}, list...)}
	return c.do(ctx, call{op: ReservationSet, uids: o.uids(purchaseOrderItemUID, item), body: body})
}
