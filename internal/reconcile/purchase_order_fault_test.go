package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// orderChange is what an order looks like when a run goes wrong; see change.
type orderChange struct {
	properties            tenant.Properties
	before, during, after func(*orderWorld)
}

func orderChanges() map[string]orderChange {
	be := func(change ...func(*omnium.PurchaseOrder)) func(*orderWorld) {
		return func(w *orderWorld) { w.setOrder(order("PO-1", change...)) }
	}
	full, gone := be(), func(w *orderWorld) { w.omnium.Remove(omniumtest.PurchaseOrders, "PO-1") }
	received := be(delivered(0, "12"), delivered(1, "6"))
	more, fewer, cancelled := be(thirdLine("p3"), delivered(0, "1")), be(oneLine), be(status("Deleted"))
	moved, abroad := be(inStore("102")), be(inMarket("SWE"))
	reserved := func(w *orderWorld) {
		full(w)
		w.set(omniumtest.Orders, customerOrder("NO-1", "PO-1", "L-1", "p1", 2))
	}
	unreserved := func(w *orderWorld) { full(w); w.omnium.Remove(omniumtest.Orders, "NO-1") }
	byDelivery := tenant.Properties{"ExportDeliveryAsPo": "true"}
	deliveries := func(w *orderWorld) {
		w.set(omniumtest.Deliveries, omnium.Delivery{ID: "D-1"}, omnium.Delivery{ID: "D-2"})
		w.setOrder(order("PO-1", inDelivery(0, "D-1"), inDelivery(1, "D-2")))
	}
	joined := func(w *orderWorld) { w.setOrder(order("PO-1", inDelivery(0, "D-2"), inDelivery(1, "D-2"))) }
	return map[string]orderChange{
		"first push":                     {nil, nil, full, full},
		"first push, then deleted":       {nil, nil, full, gone},
		"first push, then cancelled":     {nil, nil, full, cancelled},
		"first push, then leaves market": {nil, nil, full, abroad},
		"first push, then fewer lines":   {nil, nil, full, fewer},
		"first push, then received":      {nil, nil, full, received},
		"lines":                          {nil, full, more, more},
		"lines and back":                 {nil, full, more, full},
		"line deleted":                   {nil, full, fewer, fewer},
		"line deleted and back":          {nil, full, fewer, full},
		"received":                       {nil, full, received, received},
		"received and back":              {nil, full, received, full},
		"opened again":                   {nil, received, full, full},
		"opened again and back":          {nil, received, more, received},
		"cancelled and back":             {nil, received, cancelled, received},
		"deleted and back":               {nil, received, gone, received},
		"leaves market and back":         {nil, received, abroad, full},
		"other store":                    {nil, full, moved, moved},
		"other store and back":           {nil, received, moved, received},
		"reserved":                       {nil, full, reserved, reserved},
		"reserved and back":              {nil, full, reserved, unreserved},
		"reservation gone and back":      {nil, reserved, unreserved, reserved},
		"deliveries":                     {byDelivery, nil, deliveries, deliveries},
		"deliveries joined":              {byDelivery, deliveries, joined, joined},
		"deliveries joined and back":     {byDelivery, deliveries, joined, deliveries},
	}
}

func (w *orderWorld) become(state func(*orderWorld)) {
	if state != nil {
		state(w)
	}
}

// TestOrderDiesBetweenAnyTwoSteps ends the process before any of its steps; another one then makes Flow agree
// with what Omnium says by then.
func TestOrderDiesBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, c := range orderChanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				died = c.survives(t, at)
			}
		})
	}
}

// TestFlowFailsAtAnyCallOfAnOrder makes one request fail, or lose its reply; the next run completes.
func TestFlowFailsAtAnyCallOfAnOrder(t *testing.T) {
	t.Parallel()
	for name, c := range orderChanges() {
		faults := map[string]flowtest.Fault{"lost reply": {LoseReply: true}}
		if c.before == nil { // else it is the same as the end of a process before the request
			faults["500"] = flowtest.Fault{Status: 500}
		}
		for what, fault := range faults {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := 1, true; failed; at++ {
					failed = c.completes(t, fmt.Sprintf("%s at request %d", what, at), fault, at)
				}
			})
		}
	}
}

func (c orderChange) world(t *testing.T) *orderWorld {
	t.Helper()
	w := newOrderWorld(t, c.properties)
	if c.before != nil {
		c.before(w)
		w.settle(w.proc, "PO-1")
	}
	w.become(c.during)
	return w
}

// survives reports whether the run had a step number at.
func (c orderChange) survives(t *testing.T, at int) bool {
	t.Helper()
	w := c.world(t)
	dying := w.fresh()
	dying.dieAt(dying.steps + at)
	j := w.jobOf("purchase_order", "PO-1", "deleted") // read once, whatever Omnium says
	from := dying.steps
	o := dying.handle(t, j)[0]
	died := dying.steps >= from+at
	call := fmt.Sprintf("dies before step %d", at)
	if died && o.Verdict != job.Failed && o.Verdict != job.Done {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.become(c.after)
	w.finish(call, w.fresh())
	return died
}

// completes reports whether the run made a request number at.
func (c orderChange) completes(t *testing.T, call string, fault flowtest.Fault, at int) bool {
	t.Helper()
	w := c.world(t)
	from := w.flow.Requests()
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Seq == from+int64(at) {
			return fault
		}
		return flowtest.Fault{}
	})
	o := w.proc.handle(t, w.jobOf("purchase_order", "PO-1", "deleted"))[0]
	failed := w.flow.Requests() >= from+int64(at)
	if failed && o.Verdict != job.Failed {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.flow.SetFault(nil)
	w.become(c.after)
	w.finish(call, w.proc)
	return failed
}

// finish runs the job until it is done and compares; a further run must find nothing to do.
func (w *orderWorld) finish(call string, p *orderProcess) {
	w.Helper()
	if o := w.settle(p, "PO-1"); o.Verdict != job.Done {
		w.Errorf("%s: next run = %s, want done", call, show(o))
	}
	if err := w.agreement(); err != nil {
		w.Errorf("%s: Flow is not what Omnium says: %v", call, err)
	}
	before := w.calls()
	w.settle(p, "PO-1")
	if got := w.since(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
}
