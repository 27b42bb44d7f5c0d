package reconcile_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestPurchaseOrderLife follows one order from its first push to its end; after every step Flow is the
// mapping of Omnium, with no more requests than the step needs, and another run finds nothing to do.
func TestPurchaseOrderLife(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	for _, step := range []struct {
		name    string
		order   omnium.PurchaseOrder
		outcome string
		ops     string
	}{
		{"first push", order("PO-1"), "done pushed", "order.get order.create item.create item.create"},
		{"header", order("PO-1", func(po *omnium.PurchaseOrder) { po.Notes, po.ReferenceNumber = nil, "" }), "done pushed", "order.update"},
		{"header and back", order("PO-1"), "done pushed", "order.update"},
		{"one line", order("PO-1", at(0, func(l *omnium.PurchaseOrderLine) { l.Quantity = "24" })), "done pushed", "item.update"},
		{"new line", order("PO-1", thirdLine("p3")), "done pushed", "item.update item.create"},
		{"line gone", order("PO-1", oneLine), "done pushed", "item.delete item.delete"},
		{"lines back", order("PO-1"), "done pushed", "item.create"},
		{"partly received", order("PO-1", delivered(0, "6")), "done pushed", "order.update item.update"},
		{"received", order("PO-1", delivered(0, "12"), delivered(1, "6")), "done pushed", "order.update item.update item.update order.update"},
		{"reopened by a line", order("PO-1", delivered(0, "12"), delivered(1, "6"), thirdLine("p3")), "done pushed", "order.update item.create"},
		{"cancelled", order("PO-1", delivered(0, "12"), delivered(1, "6"), thirdLine("p3"), status("OrderCanceled")), "done pushed", "order.update order.update"},
		{"goes on", order("PO-1", delivered(0, "12"), delivered(1, "6"), thirdLine("p3")), "done pushed", "order.update"},
		{"other store", order("PO-1", inStore("102")), "done pushed", "order.get order.create item.create item.create order.update"},
		{"and back", order("PO-1", inStore("900")), "done pushed", "order.update item.delete item.update item.update order.update"},
		{"another market", order("PO-1", inMarket("SWE")), "done deactivated not_in_markets", "order.update"},
		{"and back", order("PO-1"), "done pushed", "order.update"},
		{"becomes a transfer", order("PO-1", func(po *omnium.PurchaseOrder) { po.SupplierWarehouseCode = "900" }), "done deactivated internal_transfer", "order.update"},
		{"and back", order("PO-1", delivered(0, "12"), delivered(1, "6")), "done pushed", "order.update item.update item.update order.update"},
		{"another market when received", order("PO-1", inMarket("SWE")), "done deactivated not_in_markets", "order.update"},
		{"and back received", order("PO-1", delivered(0, "12"), delivered(1, "6")), "done pushed", "order.update order.update"},
	} {
		w.setOrder(step.order)
		before := w.calls()
		w.want(step.name, w.run("PO-1"), step.outcome)
		if got := w.since(before); got != step.ops {
			t.Errorf("%s: requests = %q, want %q", step.name, got, step.ops)
		}
		w.agree()
		before = w.calls()
		if o := w.run("PO-1"); o.Verdict != job.Done || o.Result == job.Pushed || w.since(before) != "" {
			t.Errorf("%s: another run = %s with %q, want nothing to do", step.name, show(o), w.since(before))
		}
	}
	w.omnium.Remove(omniumtest.PurchaseOrders, "PO-1")
	gone := w.jobOf(event.PurchaseOrder, "PO-1", event.Deleted)
	w.want("deleted", w.proc.handle(t, gone)[0], "done deactivated unknown_to_omnium")
	w.agree()
}

// TestPurchaseOrderThatFlowNeverSaw is not created for being skipped.
func TestPurchaseOrderThatFlowNeverSaw(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*omnium.PurchaseOrder)
		want   string
	}{
		"transfer":             {func(po *omnium.PurchaseOrder) { po.SupplierWarehouseCode = "900" }, "done skipped internal_transfer"},
		"another market":       {inMarket("SWE"), "done skipped not_in_markets"},
		"store of another":     {func(po *omnium.PurchaseOrder) { po.MarketID, po.StoreID = "", "201" }, "done skipped not_in_markets"},
		"cancelled":            {status("Deleted"), "done skipped cancelled_before_first_push"},
		"no supplier":          {func(po *omnium.PurchaseOrder) { po.SupplierID = "" }, "permanent supplier_missing"},
		"unknown store":        {inStore("999"), "permanent store_unknown"},
		"no store":             {inStore(""), "permanent store_unknown"},
		"line without product": {at(0, func(l *omnium.PurchaseOrderLine) { l.Code = "" }), "permanent sku_missing"},
		"unusable line":        {at(0, func(l *omnium.PurchaseOrderLine) { l.LineItemID = "-" }), "permanent uid_empty"},
		"odd number":           {at(0, func(l *omnium.PurchaseOrderLine) { l.Quantity = `"a"` }), "permanent bad_number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOrderWorld(t, nil)
			w.setOrder(order("PO-1", test.change))
			before := w.calls()
			w.want("run", w.run("PO-1"), test.want)
			if got := w.since(before); got != "" {
				t.Errorf("requests = %q, want none", got)
			}
		})
	}
	w := newOrderWorld(t, nil)
	w.want("deleted before it was seen",
		w.proc.handle(t, w.jobOf(event.PurchaseOrder, "none", event.Deleted))[0], "done skipped unknown_to_omnium")
	w.want("not visible yet", w.run("none"), "deferred not_found_yet")
}

// TestPurchaseOrderOfAStoreWithoutMarket belongs where its store sells.
func TestPurchaseOrderOfAStoreWithoutMarket(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1", inMarket("")))
	w.want("run", w.run("PO-1"), "done pushed")
	w.wantStatus("101/PO1", flow.OrderSent)
}

func TestPurchaseOrderWaits(t *testing.T) {
	t.Parallel()
	for kind, uid := range map[string]string{"store": "101", "supplier": "SUP77"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newOrderWorld(t, nil)
			w.redis.HDel("omniflow:{fjell_no}:print:"+kind, uid)
			w.setOrder(order("PO-1"))
			before := w.calls()
			w.want("run", w.run("PO-1"), "done waiting waiting_for_"+kind)
			if got := w.asked(); len(got) != 1 || w.since(before) != "" {
				t.Errorf("asked for %v with requests %q, want the %s and none", got, w.since(before), kind)
			}
			w.arrive(kind, uid)
			w.want("run", w.run("PO-1"), "done pushed")
			w.agree()
		})
	}
}

// TestLineWaitsForItsProduct sends what can be sent, and asks for each product that Flow lacks.
func TestLineWaitsForItsProduct(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1", at(0, func(l *omnium.PurchaseOrderLine) { l.Code = "n1" }), at(1, func(l *omnium.PurchaseOrderLine) { l.Code = "n2" })))
	w.want("nothing can be sent", w.run("PO-1"), "done waiting waiting_for_product")
	if got := strings.Join(w.asked(), " "); got != "n1 n2" {
		t.Errorf("asked for %q, want both products", got)
	}
	if got := w.snapshot().Orders; len(got) != 0 {
		t.Errorf("orders = %v, want none without a line", got)
	}
	w.flowHas("n1")
	w.want("one line", w.run("PO-1"), "done waiting waiting_for_product")
	if _, items := w.orderOf("101/PO1"); len(items) != 1 {
		t.Errorf("lines = %v, want the one whose product is there", items)
	}
	w.flowHas("n2")
	w.want("both lines", w.run("PO-1"), "done pushed")
	w.agree()
}

// TestLineOfACollidingProduct must not order what another sku is in Flow.
func TestLineOfACollidingProduct(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1", at(0, func(l *omnium.PurchaseOrderLine) { l.Code = "p-1" })))
	if _, err := w.ledger.ClaimUID(t.Context(), fjell, "product", "p1", owner("p1")); err != nil {
		t.Fatal(err)
	}
	o := w.run("PO-1")
	w.want("run", o, "permanent uid_collision")
	wantNames(t, o, "p1", "p-1")
}

// TestOrdersThatFallOnOneUID keeps the first.
func TestOrdersThatFallOnOneUID(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.setOrder(order("PO1"))
	w.want("first", w.run("PO-1"), "done pushed")
	o := w.run("PO1")
	w.want("second", o, "permanent uid_collision")
	wantNames(t, o, "PO-1", "PO1")
	w.want("first again", w.run("PO-1"), "done unchanged")
	w.omnium.Remove(omniumtest.PurchaseOrders, "PO1")
	gone := w.jobOf(event.PurchaseOrder, "PO1", event.Deleted)
	w.want("second deleted", w.proc.handle(t, gone)[0], "done skipped unknown_to_omnium")
	w.agree()
}

// TestForeignCurrency that Flow does not have is Flow's to refuse.
func TestForeignCurrency(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1", func(po *omnium.PurchaseOrder) { po.BillingCurrency = "XAU" }))
	o := w.run("PO-1")
	w.want("run", o, "permanent flow_refused_400")
	if !strings.Contains(o.Detail, "foreign currencies") {
		t.Errorf("Detail = %q, want Flow's text", o.Detail)
	}
	w.setOrder(order("PO-1"))
	w.want("repaired", w.run("PO-1"), "done pushed")
	w.agree()
}

// TestOrderThatFlowLost is built again, lines and all; also when it is a line that shows it.
func TestOrderThatFlowLost(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.want("first push", w.run("PO-1"), "done pushed")
	w.emptyFlow()
	w.furnish()
	w.flowHas("p1", "p2")
	w.setOrder(order("PO-1", delivered(0, "1")))
	w.want("the head shows it", w.run("PO-1"), "done pushed")
	w.agree()
	w.emptyFlow()
	w.furnish()
	w.flowHas("p1", "p2")
	w.setOrder(order("PO-1", delivered(0, "2")))
	w.want("a line shows it", w.run("PO-1"), "failed flow_lost_purchase_order")
	w.want("the next attempt", w.run("PO-1"), "done pushed")
	w.agree()
}

func TestOmniumFailsForPurchaseOrders(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/PurchaseOrders/PO-1": "snoozed omnium_unavailable",
		"/api/Stores":              "snoozed omnium_unavailable",
		"/api/Orders/Search":       "snoozed omnium_unavailable",
		"/api/Deliveries/D-1":      "snoozed omnium_unavailable",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newOrderWorld(t, tenant.Properties{"ExportDeliveryAsPo": "true"})
			w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"})
			w.setOrder(order("PO-1", inDelivery(0, "D-1")))
			w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
				return 503, http.Header{"Retry-After": {"60"}}, r.URL.Path == path
			}
			before := w.calls()
			w.want("run", w.run("PO-1"), want)
			if got := w.since(before); got != "" {
				t.Errorf("requests = %q, want none", got)
			}
		})
	}
}
