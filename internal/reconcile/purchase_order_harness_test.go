package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

// orderWorld is a world in which purchase orders and deliveries are worked on. Flow has the store, the
// supplier and the products p1 to p4 unless a test forgets them.
type orderWorld struct {
	*world

	properties tenant.Properties
	proc       *orderProcess
}

// orderProcess is one instance of the service with the handlers of both resources.
type orderProcess struct {
	*process

	orders, deliveries handler
}

// Handle dispatches as a worker does.
func (p *orderProcess) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	if jobs[0].Resource == event.Delivery {
		p.deliveries.Handle(ctx, jobs, settle)
		return
	}
	p.orders.Handle(ctx, jobs, settle)
}

func newOrderWorld(t *testing.T, properties tenant.Properties) *orderWorld {
	t.Helper()
	w := &orderWorld{properties: properties}
	w.world = newWorld(t, w.vary)
	w.proc = w.fresh()
	w.omnium.SetStores([]omnium.Store{
		{
			ID: "101", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"NOR"},
			AvailableWarehouses: []omnium.StoreWarehouse{{WarehouseCode: "900", Priority: 2}},
		},
		{ID: "102", IsPrimaryStore: true, AvailableOnMarkets: []string{"NOR"}},
		{ID: "201", IsPrimaryStore: true, AvailableOnMarkets: []string{"SWE"}},
		{ID: "900", IsWarehouse: true},
	})
	w.arrive("store", "101", "102")
	w.arrive("supplier", "SUP77")
	w.furnish()
	w.flowHas("p1", "p2", "p3", "p4")
	return w
}

func (w *orderWorld) vary(o *reconcile.Options) {
	properties := tenant.Properties{}
	maps.Copy(properties, w.properties)
	o.Tenant = &tenant.Tenant{
		ID: fjell, Markets: []string{"NOR"}, Properties: properties,
		Resources: []string{"product", "purchase_order", "delivery", "supplier", "store"},
	}
}

// fresh starts another process.
func (w *orderWorld) fresh() *orderProcess {
	w.Helper()
	p := &orderProcess{process: w.start(w.vary)}
	orders, err := reconcile.NewPurchaseOrder(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewPurchaseOrder: %v", err)
	}
	deliveries, err := reconcile.NewDelivery(p.opts, w.oms)
	if err != nil {
		w.Fatalf("NewDelivery: %v", err)
	}
	p.orders, p.deliveries = orders, deliveries
	p.handler = p
	return p
}

// arrive notes uids as pushed to Flow.
func (w *orderWorld) arrive(kind string, uids ...string) {
	w.Helper()
	for _, uid := range uids {
		print := map[string]ledger.Print{uid: {Body: "sent", There: true}}
		if err := w.ledger.SavePrints(w.Context(), fjell, kind, print); err != nil {
			w.Fatal(err)
		}
	}
}

// furnish puts the stores, their organization and the suppliers that orders refer to into Flow.
func (w *orderWorld) furnish() {
	w.Helper()
	ctx := w.Context()
	err := w.target.EnsureOrganization(ctx, flow.Organization{OrganizationUID: "o", Name: "O"})
	for _, uid := range []string{"101", "102", "201"} {
		s := flow.Store{StoreUID: uid, Name: uid, OrganizationUID: "o"}
		_, errStore := w.target.CreateStore(ctx, s, flow.StoreCreation{})
		err = errors.Join(err, errStore)
	}
	_, errSupplier := w.target.PutSupplier(ctx, flow.Supplier{SupplierUID: "SUP77", Name: "S"}, false, 0)
	if err := errors.Join(err, errSupplier); err != nil {
		w.Fatal(err)
	}
}

// flowHas puts products into Flow.
func (w *orderWorld) flowHas(uids ...string) {
	w.Helper()
	for _, uid := range uids {
		p := flow.Product{ProductUID: uid, Name: uid, SKU: uid}
		if _, err := w.target.PutProduct(w.Context(), p, false); err != nil {
			w.Fatal(err)
		}
	}
	w.arrive("product", uids...)
}

// jobOf is the job of an event of now.
func (w *orderWorld) jobOf(r event.Resource, id string, change event.Change) job.Job {
	j := w.event(id, change)
	j.Resource = r
	return j
}

// run runs the job of a purchase order whose event is of now.
func (w *orderWorld) run(id string) job.Outcome {
	w.Helper()
	return w.proc.handle(w, w.jobOf(event.PurchaseOrder, id, event.Changed))[0]
}

// runDelivery runs the job of a delivery, and returns what it asked for.
func (w *orderWorld) runDelivery(id string, change event.Change) (job.Outcome, []string) {
	w.Helper()
	o := w.proc.handle(w, w.jobOf(event.Delivery, id, change))[0]
	return o, w.asked()
}

// order is a purchase order with two lines.
func order(id string, change ...func(*omnium.PurchaseOrder)) omnium.PurchaseOrder {
	po := omnium.PurchaseOrder{
		ID: id, Status: "Confirmed", MarketID: "NOR", StoreID: "101", SupplierID: "SUP-77",
		ReferenceNumber: "REF-1", BillingCurrency: "NOK",
		RequestedDeliveryDate: when("2026-10-24T00:00:00Z"),
		Notes:                 []omnium.Comment{{Detail: "Soon"}},
		Form: omnium.PurchaseOrderForm{LineItems: []omnium.PurchaseOrderLine{
			orderLine(id, "L-1", "p1", "12"), orderLine(id, "L-2", "p2", "6"),
		}},
		Created: when("2026-10-01T00:00:00Z"),
	}
	for _, c := range change {
		c(&po)
	}
	return po
}

func orderLine(po, id, sku string, quantity omnium.Number) omnium.PurchaseOrderLine {
	return omnium.PurchaseOrderLine{
		LineItemID: id, PurchaseOrderID: po, Code: sku, SupplierSkuID: "S-" + sku, Quantity: quantity,
		DiscountedPriceExclTax: "100", PlacedPriceExclTax: "10",
	}
}

// at changes one line.
func at(i int, change func(*omnium.PurchaseOrderLine)) func(*omnium.PurchaseOrder) {
	return func(po *omnium.PurchaseOrder) { change(&po.Form.LineItems[i]) }
}

func delivered(i int, n omnium.Number) func(*omnium.PurchaseOrder) {
	return at(i, func(l *omnium.PurchaseOrderLine) { l.DeliveredQuantity = n })
}

func inDelivery(i int, id string) func(*omnium.PurchaseOrder) {
	return at(i, func(l *omnium.PurchaseOrderLine) { l.DeliveryID = id })
}

func status(s string) func(*omnium.PurchaseOrder) {
	return func(po *omnium.PurchaseOrder) { po.Status = s }
}

func inStore(id string) func(*omnium.PurchaseOrder) {
	return func(po *omnium.PurchaseOrder) { po.StoreID = id }
}

func inMarket(id string) func(*omnium.PurchaseOrder) {
	return func(po *omnium.PurchaseOrder) { po.MarketID = id }
}

func oneLine(po *omnium.PurchaseOrder) { po.Form.LineItems = po.Form.LineItems[:1] }

func thirdLine(sku string) func(*omnium.PurchaseOrder) {
	return func(po *omnium.PurchaseOrder) {
		po.Form.LineItems = append(po.Form.LineItems, orderLine(po.ID, "L-3", sku, "3"))
	}
}

// set stores documents in Omnium.
func (w *orderWorld) set(kind omniumtest.Kind, documents ...any) {
	w.Helper()
	for _, d := range documents {
		if err := w.omnium.Put(kind, d); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *orderWorld) setOrder(po omnium.PurchaseOrder) {
	w.Helper()
	w.set(omniumtest.PurchaseOrders, po)
}

// customerOrder is a sales order that waits for a line.
func customerOrder(id, po, line, sku string, quantity any) map[string]any {
	item := map[string]any{
		"lineItemId": "1", "code": sku, "isAwaitingPurchaseOrder": true, "reservedInventoryQuantity": quantity,
		"reservedInventoryPurchaseOrderId": po, "reservedInventoryPurchaseOrderLineId": line,
	}
	return map[string]any{"id": id, "orderForm": map[string]any{"lineItems": []any{item}}}
}

// orderOf returns what Flow holds of an order.
func (w *orderWorld) orderOf(key string) (flow.PurchaseOrder, map[string]flow.PurchaseOrderItem) {
	w.Helper()
	state := w.snapshot()
	o, exists := state.Orders[key]
	if !exists {
		w.Fatalf("Flow has no order %s", key)
	}
	return o, state.OrderItems[key]
}

func (w *orderWorld) wantStatus(key, want string) {
	w.Helper()
	if o, _ := w.orderOf(key); o.Status != want {
		w.Errorf("status of %s = %s, want %s", key, o.Status, want)
	}
}

// wanted is what the rules say that Flow shall hold of a purchase order now, by key.
func (w *orderWorld) wanted(po *omnium.PurchaseOrder) map[string]mapping.MappedPurchaseOrder {
	w.Helper()
	store := mapping.ReceivingStore(po.StoreID, omniumtest.Documents[omnium.Store](w.omnium, omniumtest.Stores), []string{"NOR"})
	if store == nil || po.MarketID != "NOR" || po.SupplierWarehouseCode != "" {
		return nil
	}
	deliveries := map[string]*omnium.Delivery{}
	for _, d := range omniumtest.Documents[omnium.Delivery](w.omnium, omniumtest.Deliveries) {
		deliveries[d.ID] = &d
	}
	list, err := mapping.PurchaseOrder(po, mapping.PurchaseOrderOptions{
		StoreUID: store.ID, Cancelled: []string{"OrderCanceled", "Deleted"},
		ByDelivery: w.properties.Bool("ExportDeliveryAsPo"), Deliveries: deliveries,
	})
	if err != nil {
		w.Fatal(err)
	}
	byKey := map[string]mapping.MappedPurchaseOrder{}
	for _, m := range list {
		byKey[m.Head.StoreUID+"/"+m.Head.PurchaseOrderUID] = m
	}
	return byKey
}

// agreement is what keeps Flow from holding the mapping of every purchase order in Omnium; nil when nothing
// does. An order that is not wanted must be closed.
func (w *orderWorld) agreement() error {
	w.Helper()
	state, held := w.snapshot(), map[string]bool{}
	sales := omniumtest.Documents[omnium.Order](w.omnium, omniumtest.Orders)
	for _, po := range omniumtest.Documents[omnium.PurchaseOrder](w.omnium, omniumtest.PurchaseOrders) {
		for key, m := range w.wanted(&po) {
			held[key] = true
			got, exists := state.Orders[key]
			if !exists && m.Final == flow.OrderClosed {
				continue
			}
			want := m.Head
			want.Status = m.Final + want.Status // one of them is empty
			if diff := cmp.Diff(want, got); diff != "" {
				return fmt.Errorf("%s (-want +got):\n%s", key, diff)
			}
			reserved, err := mapping.Reservations(po.ID, sales)
			if err != nil {
				return err
			}
			lines, waiting := map[string]flow.PurchaseOrderItem{}, map[string][]flow.Reservation{}
			for _, l := range m.Lines {
				lines[l.Item.PurchaseOrderItemUID] = l.Item
				if list := reserved[l.LineItemID]; len(list) > 0 && m.Final == "" {
					waiting[l.Item.PurchaseOrderItemUID] = list
				}
			}
			if diff := cmp.Diff(lines, state.OrderItems[key]); diff != "" {
				return fmt.Errorf("lines of %s (-want +got):\n%s", key, diff)
			}
			if diff := cmp.Diff(waiting, state.Reservations[key]); diff != "" {
				return fmt.Errorf("reservations of %s (-want +got):\n%s", key, diff)
			}
		}
	}
	for key, o := range state.Orders {
		if !held[key] && o.Status != flow.OrderClosed {
			return fmt.Errorf("%s is %s in Flow and not wanted", key, o.Status)
		}
	}
	return nil
}

func (w *orderWorld) agree() {
	w.Helper()
	if err := w.agreement(); err != nil {
		w.Errorf("Flow is not what Omnium says: %v", err)
	}
}

// settle runs a job until nothing of it is left to do.
func (w *orderWorld) settle(p *orderProcess, id string) job.Outcome {
	w.Helper()
	j := w.jobOf(event.PurchaseOrder, id, event.Changed)
	for range 30 {
		o := p.handle(w, j)[0]
		if !slices.Contains([]job.Verdict{job.Failed, job.Deferred, job.Snoozed}, o.Verdict) {
			return o
		}
	}
	w.Fatalf("job of %s goes on and on", id)
	return job.Outcome{}
}

// since returns the operations on purchase orders that were called since the n-th request, shortened.
func (w *orderWorld) since(n int) string {
	return strings.NewReplacer("purchaseOrder.", "order.", "purchaseOrderItem.", "item.").Replace(w.ops(n))
}

func when(s string) omnium.Time { return omnium.Time{Time: omnium.ParseTime(s)} }

func owner(sku string) ledger.Owner { return ledger.Owner{Object: sku, Source: sku} }

func sorted(words string) string {
	return strings.Join(slices.Sorted(slices.Values(strings.Fields(words))), " ")
}
