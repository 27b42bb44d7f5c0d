package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// stockChange is what Omnium says before, during and after a run that goes wrong.
type stockChange struct{ before, during, after func(*stockWorld) }

func stockChanges() map[string]stockChange {
	some := func(w *stockWorld) { w.has("lamp-1", "oslo", "1"); w.has("lamp-1", "bergen", "2") }
	other := func(w *stockWorld) { w.has("lamp-1", "oslo", "5"); w.has("lamp-1", "bergen", "6") }
	none := func(w *stockWorld) {
		w.omnium.Remove(omniumtest.InventoryItems, "lamp-1_oslo")
		w.omnium.Remove(omniumtest.InventoryItems, "lamp-1_bergen")
	}
	open := func(open bool) func(*stockWorld) {
		return func(w *stockWorld) {
			w.omnium.Patch(omniumtest.Stores, "bergen", func(d map[string]any) { d["isInactive"] = !open })
			w.oms.ForgetStores()
			some(w)
		}
	}
	return map[string]stockChange{
		"first":                {nil, some, some},
		"first, then none":     {nil, some, none},
		"first, then closed":   {nil, some, open(false)},
		"change":               {some, other, other},
		"change and back":      {some, other, some},
		"gone":                 {some, none, none},
		"gone and back":        {some, none, some},
		"closes":               {some, open(false), open(false)},
		"closes and opens":     {some, open(false), open(true)},
		"closed, opens, other": {open(false), open(true), other},
	}
}

func (c stockChange) world(t *testing.T) *stockWorld {
	t.Helper()
	w := newStockWorld(t)
	w.pushed("lamp-1")
	w.has("lamp-1", "elsewhere", "9") // so that Omnium never forgets the sku
	if c.before != nil {
		c.before(w)
		w.drainStock(w.process, "lamp-1")
	}
	c.during(w)
	return w
}

// TestStockDiesBetweenAnyTwoSteps ends the process before any of its steps; another one finishes.
func TestStockDiesBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, c := range stockChanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				w := c.world(t)
				dying := w.startStock()
				dying.dieAt(at)
				o := dying.handle(t, w.stock("lamp-1"))[0]
				died = dying.steps >= at
				if died && o.Verdict != job.Failed && o.Verdict != job.Done {
					t.Errorf("dies before step %d: run = %s, want failed", at, show(o))
				}
				c.finish(w, w.startStock(), fmt.Sprintf("dies before step %d", at))
			}
		})
	}
}

// TestStockFailsAtAnyCall makes one request to Flow fail, or lose its reply.
func TestStockFailsAtAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range stockChanges() {
		for what, fault := range map[string]flowtest.Fault{"lost reply": {LoseReply: true}, "500": {Status: 500}} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := 1, true; failed; at++ {
					w := c.world(t)
					from := w.flow.Requests()
					w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
						if r.Seq == from+int64(at) {
							return fault
						}
						return flowtest.Fault{}
					})
					o := w.runStock("lamp-1")
					failed = w.flow.Requests() >= from+int64(at)
					if failed && o.Verdict != job.Failed {
						t.Errorf("%s at request %d: run = %s, want failed", what, at, show(o))
					}
					w.flow.SetFault(nil)
					c.finish(w, w.process, fmt.Sprintf("%s at request %d", what, at))
				}
			})
		}
	}
}

// finish runs the job until it is done and compares; a further run finds nothing to do.
func (c stockChange) finish(w *stockWorld, p *process, call string) {
	w.Helper()
	c.after(w)
	w.asked()
	if o := w.drainStock(p, "lamp-1")["lamp-1"]; o.Verdict != job.Done {
		w.Errorf("%s: next run = %s, want done", call, show(o))
	}
	if err := w.stockDisagreement("lamp-1"); err != nil {
		w.Errorf("%s: Flow is not what Omnium says: %v", call, err)
	}
	before := w.calls()
	w.drainStock(p, "lamp-1")
	if got := w.ops(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
}
