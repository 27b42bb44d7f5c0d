package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// reserved renders the reservations that Flow holds of an order.
func (w *orderWorld) reserved(key string) string {
	w.Helper()
	return fmt.Sprint(w.snapshot().Reservations[key])
}

func TestReservations(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", 2), customerOrder("NO-2", "PO-1", "L-2", "p2", 1.5),
		customerOrder("NO-3", "PO-2", "L-1", "p1", 9))
	before := w.calls()
	w.want("first push", w.run("PO-1"), "done pushed")
	if got, want := w.since(before), "order.get order.create item.create item.create reservation.set reservation.set"; got != want {
		t.Errorf("requests = %q, want %q", got, want)
	}
	w.agree()
	if got, want := w.reserved("101/PO1"), "map[L1:[{NO-1 200}] L2:[{NO-2 150}]]"; got != want {
		t.Errorf("reservations = %s, want %s", got, want)
	}
	for _, step := range []struct {
		name, outcome, ops string
		change             func()
	}{
		{"nothing", "done unchanged", "", func() {}},
		{"another customer", "done pushed", "reservation.set", func() { w.set(omniumtest.Orders, customerOrder("NO-4", "PO-1", "L-1", "p1", 1)) }},
		{"one goes", "done pushed", "reservation.set", func() { w.omnium.Remove(omniumtest.Orders, "NO-1") }},
		{"all of a line go", "done pushed", "reservation.set", func() { w.omnium.Remove(omniumtest.Orders, "NO-4") }},
		{"the line goes", "done pushed", "item.delete", func() { w.setOrder(order("PO-1", oneLine)) }},
		{"the line is back", "done pushed", "item.create reservation.set", func() { w.setOrder(order("PO-1")) }},
		{"received", "done pushed", "reservation.set order.update item.update item.update order.update", func() {
			w.setOrder(order("PO-1", delivered(0, "12"), delivered(1, "6")))
		}},
	} {
		step.change()
		before := w.calls()
		w.want(step.name, w.run("PO-1"), step.outcome)
		if got := sorted(w.since(before)); got != sorted(step.ops) {
			t.Errorf("%s: requests = %q, want %q", step.name, w.since(before), step.ops)
		}
		w.agree()
	}
}

// TestReservationsNotReadable leaves alone what Flow has, and asks again only after a while.
func TestReservationsNotReadable(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", 2))
	w.want("first push", w.run("PO-1"), "done pushed")
	w.omnium.DenyOrders(true)
	asked := w.omnium.Calls(omniumtest.OpOrderSearch)
	for range 2 {
		w.want("run", w.run("PO-1"), "done unchanged reservations_not_readable")
	}
	if got := w.omnium.Calls(omniumtest.OpOrderSearch) - asked; got != 1 {
		t.Errorf("searches = %d, want 1: the refusal is remembered", got)
	}
	w.setOrder(order("PO-1", delivered(0, "1")))
	w.want("change", w.run("PO-1"), "done pushed reservations_not_readable")
	if got, want := w.reserved("101/PO1"), "map[L1:[{NO-1 200}]]"; got != want {
		t.Errorf("reservations = %s, want %s", got, want)
	}
}

func TestReservationsSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, tenant.Properties{"PurchaseOrderReservations": "false"})
	w.setOrder(order("PO-1"))
	w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", 2))
	w.want("run", w.run("PO-1"), "done pushed")
	if got := w.omnium.Calls(omniumtest.OpOrderSearch); got != 0 || len(w.snapshot().Reservations["101/PO1"]) > 0 {
		t.Errorf("searches = %d, reservations %s, want none", got, w.reserved("101/PO1"))
	}
}

// TestRefusedReservation holds nothing else up, and is tried again: Flow may fetch the customer's order later.
func TestRefusedReservation(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", 2))
	w.refuse(flow.ReservationSet, 404)
	o := w.run("PO-1")
	w.want("run", o, "failed reservation_refused")
	if _, items := w.orderOf("101/PO1"); len(items) != 2 || !o.DataFault {
		t.Errorf("lines = %v, data fault %v, want both lines and true", items, o.DataFault)
	}
	w.flow.SetFault(nil)
	w.want("run", w.run("PO-1"), "done pushed")
	w.agree()
}

// TestOddSalesOrder is told when everything else is done.
func TestOddSalesOrder(t *testing.T) {
	t.Parallel()
	w := newOrderWorld(t, nil)
	w.setOrder(order("PO-1"))
	w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", "many"))
	w.want("run", w.run("PO-1"), "permanent bad_number")
	if _, items := w.orderOf("101/PO1"); len(items) != 2 {
		t.Errorf("lines = %v, want both", items)
	}
}
