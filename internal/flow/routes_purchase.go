package flow

import "net/http"

// Names of the operations on purchase orders.
const (
	PurchaseOrderList       = "purchaseOrder.list"
	PurchaseOrderCreate     = "purchaseOrder.create"
	PurchaseOrderGet        = "purchaseOrder.get"
	PurchaseOrderUpdate     = "purchaseOrder.update"
	PurchaseOrderDelete     = "purchaseOrder.delete"
	PurchaseOrderItemList   = "purchaseOrderItem.list"
	PurchaseOrderItemCreate = "purchaseOrderItem.create"
	PurchaseOrderItemGet    = "purchaseOrderItem.get"
	PurchaseOrderItemUpdate = "purchaseOrderItem.update"
	PurchaseOrderItemDelete = "purchaseOrderItem.delete"
	ReservationSet          = "reservation.set"
)

// The placeholders of the templates below.
const (
	purchaseOrderUID     = "purchaseOrderUid"
	purchaseOrderItemUID = "purchaseOrderItemUid"
)

// purchaseRoutes are the rows of reference flow-api.md §11. That the items are below …/items is
// inferred there; that reservations can be written at all is seen from the connector only.
func purchaseRoutes() []Route {
	const (
		get, post, put, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

		orders = "/tenants/{tenantUid}/stores/{storeUid}/purchase-orders"
		order  = orders + "/{purchaseOrderUid}"
		items  = order + "/items"
		item   = items + "/{purchaseOrderItemUid}"
	)
	ok, either := []int{200}, []int{200, 201}
	return []Route{
		{PurchaseOrderList, get, orders, ok, Documented},
		{PurchaseOrderCreate, post, orders, either, Documented}, // code not visible
		{PurchaseOrderGet, get, order, ok, Documented},
		{PurchaseOrderUpdate, put, order, ok, Documented},
		{PurchaseOrderDelete, remove, order, []int{204}, Documented},
		{PurchaseOrderItemList, get, items, ok, Documented},
		{PurchaseOrderItemCreate, post, items, either, Assumed},
		{PurchaseOrderItemGet, get, item, ok, Documented},
		{PurchaseOrderItemUpdate, put, item, ok, Assumed},
		{PurchaseOrderItemDelete, remove, item, ok, Documented}, // with a body
		{ReservationSet, put, item + "/reservations", ok, Assumed},
	}
}
