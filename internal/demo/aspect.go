package demo

import (
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// aspect is how a kind of thing is compared that Flow holds as one body each.
type aspect struct {
	kind Kind
	// got are the bodies in Flow, by uid; slashes join the uids of what hangs below something else.
	got func(flowtest.State) map[string]any
	// leave says what Flow shall hold of something that Omnium no longer has, given what it held; nil
	// when it leaves Flow.
	leave func(e *expectation, uid string, bodies []any) []any
}

// aspects are in an order in which nothing comes before what it hangs on.
func aspects() []aspect {
	return []aspect{
		{Brands, of(func(s flowtest.State) map[string]flow.Brand { return s.Brands }), stays},
		{Properties, of(func(s flowtest.State) map[string]flow.Property { return s.Properties }), stays},
		{Groups, of(func(s flowtest.State) map[string]flow.ProductGroup { return s.Groups }), stays},
		{Categories, of(func(s flowtest.State) map[string]flow.Category { return s.Categories }), stays},
		{Suppliers, of(func(s flowtest.State) map[string]flow.Supplier { return s.Suppliers }), each(inactiveSupplier)},
		{Organizations, of(func(s flowtest.State) map[string]flow.Organization { return s.Organizations }), stays},
		{Stores, storesIn, each(closedStore)},
		{Warehouses, below(func(s flowtest.State) map[string]map[string]flow.Warehouse { return s.Warehouses }), stays},
		{PriceLists, of(func(s flowtest.State) map[string]flow.PriceList { return s.PriceLists }), stays},
		{Prices, below(func(s flowtest.State) map[string]map[string]flow.Price { return s.Prices }), leaves},
		{Stock, below(func(s flowtest.State) map[string]map[string]flow.Stock { return s.Stock }), each(noStock)},
		{Customers, of(func(s flowtest.State) map[string]flow.Customer { return s.Customers }), stays},
		{Contacts, below(func(s flowtest.State) map[string]map[string]flow.CustomerContact { return s.Contacts }), stays},
		{Orders, of(func(s flowtest.State) map[string]flow.PurchaseOrder { return s.Orders }), each(closedOrder)},
		{Lines, below(func(s flowtest.State) map[string]map[string]flow.PurchaseOrderItem { return s.OrderItems }), withOrder},
		{Reservations, reservationsIn, withOrder},
	}
}

// of are the bodies that Flow holds under their uids.
func of[T any](in func(flowtest.State) map[string]T) func(flowtest.State) map[string]any {
	return func(s flowtest.State) map[string]any {
		bodies := map[string]any{}
		for uid, v := range in(s) {
			bodies[uid] = v
		}
		return bodies
	}
}

// below are the bodies that hang below something.
func below[T any](in func(flowtest.State) map[string]map[string]T) func(flowtest.State) map[string]any {
	return func(s flowtest.State) map[string]any {
		bodies := map[string]any{}
		for parent, list := range in(s) {
			for uid, v := range list {
				bodies[parent+"/"+uid] = v
			}
		}
		return bodies
	}
}

// wholeStore is a store with what only its create can say.
type wholeStore struct {
	flow.Store
	flow.StoreCreation
}

func storesIn(s flowtest.State) map[string]any {
	bodies := map[string]any{}
	for uid, store := range s.Stores {
		bodies[uid] = wholeStore{store, s.StoreCreations[uid]}
	}
	return bodies
}

// reserved is what is reserved of a line.
type reserved struct {
	Reservations []flow.Reservation `json:"reservations"`
}

func reservationsIn(s flowtest.State) map[string]any {
	bodies := map[string]any{}
	for order, lines := range s.Reservations {
		for uid, list := range lines {
			bodies[order+"/"+uid] = reserved{list}
		}
	}
	return bodies
}

// stays is for what Flow keeps as it is.
func stays(_ *expectation, _ string, bodies []any) []any { return bodies }

// leaves is for what Flow holds no longer.
func leaves(*expectation, string, []any) []any { return nil }

// withOrder is for what hangs below an order: when that goes on, Flow holds no longer what it no longer
// has; else all stays as it was.
func withOrder(e *expectation, uid string, bodies []any) []any {
	if order := uid[:strings.LastIndexByte(uid, '/')]; e.held[Orders][order].left {
		return bodies
	}
	return nil
}

// each is for what stays in another state.
func each[T any](change func(T) T) func(*expectation, string, []any) []any {
	return func(_ *expectation, _ string, bodies []any) []any {
		var changed []any
		for _, b := range bodies {
			changed = append(changed, change(b.(T)))
		}
		return changed
	}
}

func inactiveSupplier(s flow.Supplier) flow.Supplier {
	s.Active = false
	return s
}

func closedStore(s wholeStore) wholeStore {
	s.IsActive = false
	return s
}

// noStock keeps the cost: nothing takes it back.
func noStock(s flow.Stock) flow.Stock {
	s.QuantityStock = 0
	return s
}

func closedOrder(o flow.PurchaseOrder) flow.PurchaseOrder {
	o.Status = flow.OrderClosed
	return o
}
