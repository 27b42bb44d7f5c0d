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
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestDeliveriesAsOrders follows an order whose deliveries are Flow's orders.
func TestDeliveriesAsOrders(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, tenant.Properties{"ExportDeliveryAsPo": "true"})
	w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"}, omnium.Delivery{ID: "D-2"})
	for _, step := range []struct {
		name    string
		order   omnium.PurchaseOrder
		outcome string
		ops     string
	}{
		{"no delivery", order("PO-1"), "done skipped no_delivery", ""},
		{"one line", order("PO-1", inDelivery(0, "D-1")), "done pushed lines_without_delivery", "order.get order.create item.create"},
		{"both", order("PO-1", inDelivery(0, "D-1"), inDelivery(1, "D-2")), "done pushed", "order.get order.create item.create"},
		{"received", order("PO-1", inDelivery(0, "D-1"), inDelivery(1, "D-2"), delivered(0, "12")), "done pushed", "item.update"},
		{"moved", order("PO-1", inDelivery(0, "D-1"), inDelivery(1, "D-1"), delivered(0, "12")), "done pushed", "item.create order.update"},
		{"out again", order("PO-1", inDelivery(0, "D-1"), delivered(0, "12")), "done pushed lines_without_delivery", "item.delete"},
	} {
		w.setOrder(step.order)
		before := w.calls()
		w.want(step.name, w.run("PO-1"), step.outcome)
		if got := w.since(before); got != step.ops {
			t.Errorf("%s: requests = %q, want %q", step.name, got, step.ops)
		}
		w.agree()
	}
	w.omnium.Remove(omniumtest.Deliveries, "D-1")
	w.want("delivery gone", w.run("PO-1"), "done deactivated")
	w.wantStatus("101/PO1-delivery-D1", flow.OrderClosed)
	w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"})
	w.want("delivery back", w.run("PO-1"), "done pushed lines_without_delivery")
	w.setOrder(order("PO-1", inDelivery(0, "D-1"), status("OrderCanceled")))
	w.want("cancelled", w.run("PO-1"), "done pushed lines_without_delivery")
	w.agree()
	w.omnium.Remove(omniumtest.PurchaseOrders, "PO-1")
	w.want("deleted", w.proc.handle(t, w.jobOf(event.PurchaseOrder, "PO-1", event.Deleted))[0], "done deactivated unknown_to_omnium")
}

// TestModeChange closes what the other mode has left.
func TestModeChange(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"})
	w.setOrder(order("PO-1", inDelivery(0, "D-1"), inDelivery(1, "D-1")))
	w.want("as order", w.run("PO-1"), "done pushed")
	w.properties = tenant.Properties{"ExportDeliveryAsPo": "true"}
	w.proc = w.fresh()
	w.want("as delivery", w.run("PO-1"), "done pushed")
	w.wantStatus("101/PO1", flow.OrderClosed)
	w.agree()
	w.properties = nil
	w.proc = w.fresh()
	w.want("as order again", w.run("PO-1"), "done pushed")
	w.wantStatus("101/PO1-delivery-D1", flow.OrderClosed)
	w.agree()
}

func TestDeliveryJob(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"}, omnium.Delivery{ID: "T-1", OrderType: omnium.OrderTypeTransfer})
	w.setOrder(order("PO 1", inDelivery(0, "D-1"), inDelivery(1, "D-1")))
	w.setOrder(order("PO 2", inDelivery(0, "D-1")))
	w.setOrder(order("PO 3"))
	for _, step := range []struct {
		name, id string
		change   event.Change
		before   func()
		outcome  string
		asked    string
	}{
		{"its orders", "D-1", event.Changed, func() {}, "done rekeyed purchase_orders", "PO 1,PO 2"},
		{
			"a line has moved", "D-1", event.Changed,
			func() { w.setOrder(order("PO 2")); w.setOrder(order("PO 3", inDelivery(0, "D-1"))) },
			"done rekeyed purchase_orders", "PO 1,PO 2,PO 3",
		},
		{"once", "D-1", event.Changed, func() {}, "done rekeyed purchase_orders", "PO 1,PO 3"},
		{
			"deleted", "D-1", event.Deleted, func() { w.omnium.Remove(omniumtest.Deliveries, "D-1") },
			"done rekeyed purchase_orders", "PO 1,PO 3",
		},
		{"deleted again", "D-1", event.Deleted, func() {}, "done skipped unknown_to_omnium", ""},
		{"not visible yet", "D-9", event.Changed, func() {}, "deferred not_found_yet", ""},
		{"transfer", "T-1", event.Changed, func() {}, "done skipped internal_transfer", ""},
		{
			"empty", "D-2", event.Changed, func() { w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-2"}) },
			"done skipped no_purchase_order", "",
		},
	} {
		step.before()
		o, asked := w.runDelivery(step.id, step.change)
		w.want(step.name, o, step.outcome)
		if got := strings.Join(asked, ","); got != step.asked {
			t.Errorf("%s: asked for %q, want %q", step.name, got, step.asked)
		}
	}
}

// TestDeliveryWithoutPurchaseOrders does nothing: what it would refresh is not exported.
func TestDeliveryWithoutPurchaseOrders(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	o := w.proc.opts
	o.Tenant = &tenant.Tenant{ID: fjell, Resources: []string{"delivery"}}
	h, err := reconcile.NewDelivery(o, w.oms)
	if err != nil {
		t.Fatal(err)
	}
	w.proc.handler = h
	w.want("run", w.proc.handle(t, w.jobOf(event.Delivery, "D-1", event.Changed))[0], "done skipped purchase_orders_not_exported")
}

// TestManyDeliveries are searched at once, and those that the search does not show read by id.
func TestManyDeliveries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail bool
		read int
	}{"search": {false, 1}, "search fails": {true, 5}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOrderWorld(t, nil)
			var jobs []job.Job
			for _, id := range []string{"D-1", "D-2", "D-3", "D-4", "D-5"} {
				w.set(omniumtest.Deliveries, omnium.Delivery{ID: id})
				j := aged(w.jobOf(event.Delivery, id, event.Changed))
				jobs = append(jobs, j)
			}
			w.omnium.Remove(omniumtest.Deliveries, "D-5")
			w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
				return 500, nil, test.fail && strings.HasSuffix(r.URL.Path, "/Search")
			}
			for i, o := range w.proc.handle(t, jobs...) {
				want := "done skipped no_purchase_order"
				if i == 4 {
					want = "done skipped unknown_to_omnium"
				}
				w.want(jobs[i].ID, o, want)
			}
			if got := w.omnium.Calls(omniumtest.OpDelivery); got != test.read {
				t.Errorf("reads by id = %d, want %d", got, test.read)
			}
		})
	}
}
