package flowtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
)

func (s *Server) purchaseRoutes() {
	const (
		list  = "/tenants/{tenantUid}/stores/{storeUid}/purchase-orders"
		order = list + "/{purchaseOrderUid}"
		items = order + "/items"
		item  = items + "/{purchaseOrderItemUid}"
	)
	s.handle(flow.PurchaseOrderList, "GET", list, listOrders)
	s.handle(flow.PurchaseOrderCreate, "POST", list, createOrder)
	s.handle(flow.PurchaseOrderGet, "GET", order, ofOrder(getOrder))
	s.handle(flow.PurchaseOrderUpdate, "PUT", order, ofOrder(updateOrder))
	s.handle(flow.PurchaseOrderDelete, "DELETE", order, ofOrder(deleteOrder))
	s.handle(flow.PurchaseOrderItemList, "GET", items, ofOrder(listItems))
	s.handle(flow.PurchaseOrderItemCreate, "POST", items, ofOrder(createItem))
	s.handle(flow.PurchaseOrderItemGet, "GET", item, ofOrder(ofItem(getItem)))
	s.handle(flow.PurchaseOrderItemUpdate, "PUT", item, ofOrder(ofItem(updateItem)))
	s.handle(flow.PurchaseOrderItemDelete, "DELETE", item, ofOrder(ofItem(deleteItem)))
	s.handle(flow.ReservationSet, "PUT", item+"/reservations", ofOrder(ofItem(setReservations)))
}

// orders are the purchase orders of a tenant.
type orders struct {
	byStore map[string]*collection
	items   map[string]*collection // by the order's key
}

func newOrders() *orders {
	return &orders{byStore: make(map[string]*collection), items: make(map[string]*collection)}
}

// of returns the orders of a store. That the uid of an order is one of its store, and not of the tenant, is
// assumed.
func (o *orders) of(store string) *collection {
	if o.byStore[store] == nil {
		o.byStore[store] = newCollection("purchaseOrderUid")
	}
	return o.byStore[store]
}

func orderStatus() kind {
	return oneOf("NEW", "SENT_TO_SUPPLIER", "CANCELLED_BY_SUPPLIER", "IN_TRANSIT", "PARTIALLY_RECEIVED", "RECEIVED", "CLOSED")
}

// orderSchema is the fields of reference flow-api.md §11 that can be written; which of them a create needs
// is assumed.
func orderSchema() schema {
	return schema{
		kinds: map[string]kind{
			"purchaseOrderUid": uid, "supplierUid": uid, "externalId": anyText, "status": orderStatus(),
			"currency": currencyCode, "supplierReferenceNumber": anyText, "note": anyText, "deliveryName": anyText,
			"deliveryAddress": anyText, "deliveryPostalCode": anyText, "deliveryCity": anyText, "deliveryCountryCode": anyText,
		},
		required: []string{"supplierUid", "status"},
	}
}

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

func currencyCode(raw json.RawMessage) error { return matching(raw, currencyPattern) }

// itemSchema has the shape of what the API shows; that it can be written so is assumed as a whole.
func itemSchema() schema {
	return schema{
		kinds: map[string]kind{
			"purchaseOrderItemUid": uid, "productUid": uid, "supplierSku": anyText, "externalId": anyText,
			"quantityOrdered": integer, "quantityReceived": integer, "unitPrice": integer, "expectedDeliveryDate": plainDate,
		},
		required: []string{"productUid", "quantityOrdered"},
	}
}

func plainDate(raw json.RawMessage) error {
	return matching(raw, regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`))
}

// checkOrder refuses a currency that is neither the tenant's own nor among its foreign ones, as documented.
// The connector sends the tenant's own too, so that it is taken.
func (t *tenant) checkOrder(body fields) error {
	if code := body.text("currency"); code != "" && !slices.Contains([]string{"NOK", "SEK", "DKK", "EUR", "USD"}, code) {
		return errors.New("currency is not among the foreign currencies of the tenant")
	}
	if uid := body.text("supplierUid"); uid != "" && !t.options.AcceptDangling && !t.suppliers.has(uid) {
		return errors.New("supplierUid does not exist")
	}
	return nil
}

func listOrders(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{
		"purchaseOrderStatus": "status", "purchaseOrderExternalId": "externalId",
	})
	return t.list(t.orders.of(in.path("storeUid")).list(keep), in.query)
}

func createOrder(t *tenant, in input) answer {
	if !t.options.AcceptDangling && !t.stores.has(in.path("storeUid")) {
		return missing("store")
	}
	if err := errors.Join(orderSchema().checkCreate(in.body), t.checkOrder(in.body)); err != nil {
		return bad(err.Error())
	}
	store := in.path("storeUid")
	record, refusal := t.create(t.orders.of(store), in.body)
	if refusal != nil {
		return *refusal
	}
	t.orders.items[store+"/"+record.text("purchaseOrderUid")] = newCollection("purchaseOrderItemUid")
	return ok(record)
}

// orderHandler answers an operation on one order.
type orderHandler func(t *tenant, in input, o heldOrder) answer

// heldOrder is an order that exists, with its lines.
type heldOrder struct {
	store, uid string
	record     fields
	items      *collection
}

func ofOrder(h orderHandler) handler {
	return func(t *tenant, in input) answer {
		o := heldOrder{store: in.path("storeUid"), uid: in.path("purchaseOrderUid")}
		var found bool
		if o.record, found = t.orders.of(o.store).byUID[o.uid]; !found {
			return missing("purchase order")
		}
		o.items = t.orders.items[o.store+"/"+o.uid]
		return h(t, in, o)
	}
}

func getOrder(_ *tenant, _ input, o heldOrder) answer {
	list := o.items.list(all)
	raw, err := json.Marshal(append([]fields{}, list...))
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return ok(o.record.with("items", raw))
}

// updateOrder merges: that a PUT may be partial is documented for other resources only (reference
// flow-api.md §1.8).
func updateOrder(t *tenant, in input, o heldOrder) answer {
	s := orderSchema()
	delete(s.kinds, "purchaseOrderUid")
	if err := errors.Join(s.checkUpdate(in.body), t.checkOrder(in.body)); err != nil {
		return bad(err.Error())
	}
	t.merge(o.record, in.body)
	return ok(o.record)
}

func deleteOrder(t *tenant, _ input, o heldOrder) answer {
	t.orders.of(o.store).remove(o.uid)
	delete(t.orders.items, o.store+"/"+o.uid)
	return answer{status: http.StatusNoContent}
}

func listItems(t *tenant, in input, o heldOrder) answer { return t.list(o.items.list(all), in.query) }

func createItem(t *tenant, in input, o heldOrder) answer {
	if err := errors.Join(itemSchema().checkCreate(in.body), t.checkItem(in.body)); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(o.items, in.body)
	if refusal != nil {
		return *refusal
	}
	return created(record)
}

// checkItem is an assumption: see Options.AcceptDangling.
func (t *tenant) checkItem(body fields) error {
	if uid := body.text("productUid"); uid != "" && !t.options.AcceptDangling && !t.products.has(uid) {
		return errors.New("productUid does not exist")
	}
	return nil
}

func ofItem(h func(t *tenant, in input, o heldOrder, item fields) answer) orderHandler {
	return func(t *tenant, in input, o heldOrder) answer {
		item, found := o.items.byUID[in.path("purchaseOrderItemUid")]
		if !found {
			return missing("purchase order item")
		}
		return h(t, in, o, item)
	}
}

func getItem(_ *tenant, _ input, _ heldOrder, item fields) answer { return ok(item) }

func updateItem(t *tenant, in input, _ heldOrder, item fields) answer {
	s := itemSchema()
	delete(s.kinds, "purchaseOrderItemUid")
	if err := errors.Join(s.checkUpdate(in.body), t.checkItem(in.body)); err != nil {
		return bad(err.Error())
	}
	t.merge(item, in.body)
	return ok(item)
}

// deleteItem answers with a body, as documented; that it is the line is assumed.
func deleteItem(_ *tenant, _ input, o heldOrder, item fields) answer {
	o.items.remove(item.text("purchaseOrderItemUid"))
	return ok(item)
}

// setReservations is an assumption as a whole: it replaces what is reserved of a line.
func setReservations(_ *tenant, in input, _ heldOrder, item fields) answer {
	reservation := schema{
		kinds:    map[string]kind{"orderUid": uid, "quantity": integer},
		required: []string{"orderUid", "quantity"},
	}
	s := schema{
		kinds:    map[string]kind{"reservations": listOf(object(reservation))},
		required: []string{"reservations"},
	}
	if err := s.checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	item["reservations"] = in.body["reservations"]
	return ok(item)
}

// fillOrders adds the purchase orders to a snapshot.
func (t *tenant) fillOrders(state State) error {
	for store, c := range t.orders.byStore {
		held := map[string]flow.PurchaseOrder{}
		if err := decodeAll(c, held); err != nil {
			return err
		}
		for uid, o := range held {
			o.StoreUID = store
			state.Orders[store+"/"+uid] = o
		}
	}
	for key, c := range t.orders.items {
		items, reserved := map[string]flow.PurchaseOrderItem{}, map[string]struct{ Reservations []flow.Reservation }{}
		if err := errors.Join(decodeAll(c, items), decodeAll(c, reserved)); err != nil {
			return err
		}
		state.OrderItems[key], state.Reservations[key] = items, map[string][]flow.Reservation{}
		for uid, r := range reserved {
			if len(r.Reservations) > 0 {
				state.Reservations[key][uid] = r.Reservations
			}
		}
	}
	return nil
}
