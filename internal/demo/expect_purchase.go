package demo

import (
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// expectPurchases expects the purchase orders of the tenant's stores. One that waits for its supplier
// stays as it is, and one that is none of the tenant's any more is closed.
func (v *view) expectPurchases() {
	for i := range v.Purchases {
		po := &v.Purchases[i]
		source := sourceOf("purchase_order", po.ID)
		store := mapping.ReceivingStore(mapping.ReceivingCode(po), v.Stores, v.tenant.markets())
		if po.SupplierWarehouseCode != "" || !v.ordered(po, store) {
			continue
		}
		if store == nil {
			v.stick(source)
			continue
		}
		orders, err := v.ordersOf(po, store)
		if err != nil {
			v.stick(source)
			continue
		}
		supplier, _ := mapping.UID(po.SupplierID)
		if !v.has(Suppliers, supplier) || !v.has(Stores, orders.store) {
			v.waits[source] = true
			continue
		}
		for _, order := range orders.list {
			v.expectOrder(po, order)
		}
	}
}

// ordered reports whether an order is the tenant's: by its market, else by those of its store.
func (v *view) ordered(po *omnium.PurchaseOrder, store *omnium.Store) bool {
	if po.MarketID != "" {
		return strings.EqualFold(po.MarketID, v.tenant.market.MarketID)
	}
	return store == nil || mapping.InMarkets(store, v.tenant.markets())
}

// ordersOf are what one purchase order is in Flow.
type ordersOf struct {
	store string
	list  []mapping.MappedPurchaseOrder
}

func (v *view) ordersOf(po *omnium.PurchaseOrder, store *omnium.Store) (ordersOf, error) {
	uid, err := mapping.UID(store.ID)
	if err != nil {
		return ordersOf{}, err
	}
	arriving := map[string]*omnium.Delivery{}
	for i := range v.Deliveries {
		arriving[v.Deliveries[i].ID] = &v.Deliveries[i]
	}
	list, err := mapping.PurchaseOrder(po, mapping.PurchaseOrderOptions{
		StoreUID: uid, Cancelled: []string{"OrderCanceled", "Deleted"},
		ByDelivery: v.tenant.byDelivery, Deliveries: arriving,
	})
	return ordersOf{uid, list}, err
}

// expectOrder expects one order with the lines whose products Flow has. One that is over before Flow has
// heard of it is not created, nor is one of which no line can be.
func (v *view) expectOrder(po *omnium.PurchaseOrder, order mapping.MappedPurchaseOrder) {
	source, uid := sourceOf("purchase_order", po.ID), order.Head.StoreUID+"/"+order.Head.PurchaseOrderUID
	_, known := v.before[Orders][uid]
	lines := slices.DeleteFunc(slices.Clone(order.Lines), func(l mapping.PurchaseOrderLine) bool {
		_, sold := v.units[l.Item.ProductUID]
		_, there := v.before[Lines][uid+"/"+l.Item.PurchaseOrderItemUID]
		return !sold && !there
	})
	if !known && (order.Final == flow.OrderClosed || len(lines) == 0 && len(order.Lines) > 0) {
		return
	}
	head := order.Head
	if order.Final != "" {
		head.Status = order.Final
	}
	v.hold(Orders, uid, source, head)
	for _, l := range lines {
		v.hold(Lines, uid+"/"+l.Item.PurchaseOrderItemUID, source, l.Item)
	}
	if order.Final == "" {
		v.expectReservations(po, uid, lines)
	}
}

func (v *view) expectReservations(po *omnium.PurchaseOrder, order string, lines []mapping.PurchaseOrderLine) {
	source := sourceOf("purchase_order", po.ID)
	byLine, err := mapping.Reservations(po.ID, v.Sales)
	if err != nil {
		v.stick(source)
		return
	}
	for _, l := range lines {
		if list := byLine[l.LineItemID]; len(list) > 0 {
			v.hold(Reservations, order+"/"+l.Item.PurchaseOrderItemUID, source, reserved{list})
		}
	}
}
