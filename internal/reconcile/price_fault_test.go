package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// priceChanges are states before a run that goes wrong, during it, and when the next one comes.
func priceChanges() map[string]change {
	first := func(w *world) { w.put(priced("a", "10"), priced("b", "20")) }
	patched := func(change func(a *omnium.Product)) func(*world) {
		return func(w *world) {
			a := priced("a", "10")
			change(&a)
			w.put(a, priced("b", "20"))
		}
	}
	dearer := patched(func(a *omnium.Product) { a.Prices[0].UnitPrice = "11" })
	none := patched(func(a *omnium.Product) { a.Prices = nil })
	gone := func(w *world) { first(w); w.omnium.HardDelete("a") }
	moved := func(w *world) {
		a, b := plain("a", "a-2"), priced("b", "20")
		b.Variants = append(b.Variants, variant("a-1", ""))
		w.put(a, b)
	}
	return map[string]change{
		"first push":             {nil, first, first},
		"first push, then other": {nil, first, dearer},
		"first push, then none":  {nil, first, none},
		"first push, then gone":  {nil, first, gone},
		"change":                 {first, dearer, dearer},
		"change and back":        {first, dearer, first},
		"leaves":                 {first, none, none},
		"leaves and comes back":  {first, none, first},
		"gone":                   {first, gone, gone},
		"gone and back":          {first, gone, first},
		"sku moves":              {first, moved, moved},
		"sku moves and back":     {first, moved, first},
		"sku moves after":        {first, dearer, moved},
	}
}

// TestPricesDieBetweenAnyTwoSteps ends the process before any step of a run of two price jobs.
func TestPricesDieBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, c := range priceChanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				w := c.pricesUntil(t)
				dying := w.startPrices()
				dying.dieAt(at)
				dying.handle(t, w.jobOf(event.Price, "a"), w.jobOf(event.Price, "b"))
				died = dying.steps >= at
				w.be(c.after)
				w.finishPrices(fmt.Sprintf("dies before step %d", at), w.startPrices())
			}
		})
	}
}

// TestFlowFailsAtAnyPriceCall makes one request to Flow fail, or lose its reply.
func TestFlowFailsAtAnyPriceCall(t *testing.T) {
	t.Parallel()
	for name, c := range priceChanges() {
		for what, fault := range map[string]flowtest.Fault{"lost reply": {LoseReply: true}, "500": {Status: 500}} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := 1, true; failed; at++ {
					w := c.pricesUntil(t)
					from := w.flow.Requests()
					w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
						if r.Seq == from+int64(at) {
							return fault
						}
						return flowtest.Fault{}
					})
					w.handle(t, w.jobOf(event.Price, "a"), w.jobOf(event.Price, "b"))
					failed = w.flow.Requests() >= from+int64(at)
					w.flow.SetFault(nil)
					w.be(c.after)
					w.finishPrices(fmt.Sprintf("%s at request %d", what, at), w.process)
				}
			})
		}
	}
}

// pricesUntil is a world in which everything was pushed before, and the products are as they are during
// the run.
func (c change) pricesUntil(t *testing.T) *world {
	w := newPriceWorld(t)
	w.be(c.before)
	w.playAll(w.process, w.jobsOf("a", "b")...)
	w.be(c.during)
	for _, id := range []string{"a", "b"} {
		w.playAll(w.process, w.jobOf(event.Product, id))
	}
	return w
}

// finishPrices runs the jobs until they are done and compares; a further run must find nothing to do.
func (w *world) finishPrices(call string, p *process) {
	w.Helper()
	last := w.playAll(p, w.jobsOf("a", "b")...)
	for key, o := range last {
		if o.Verdict != job.Done {
			w.Errorf("%s: next run of %s = %s, want done", call, key, show(o))
		}
	}
	if err := w.priceDisagreement(); err != nil {
		w.Errorf("%s: Flow is not what Omnium says: %v", call, err)
	}
	before := w.calls()
	w.playAll(p, w.jobsOf("a", "b")...)
	if got := w.ops(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
	if got := w.flow.Overlaps(); len(got) > 0 {
		w.Errorf("%s: overlapping writes %v, want none", call, got)
	}
}

func TestPricesWithoutRedis(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"))
	w.pushed("a")
	before := w.calls()
	w.redis.SetError("LOADING Redis is loading the dataset in memory")
	for _, id := range []string{"a", "a-1"} {
		w.want("run of "+id, w.priceOf(id), "failed ledger_unavailable")
	}
	w.want("run of an id that is gone", w.handle(t, w.goneJob())[0], "failed ledger_unavailable")
	if w.calls() != before {
		t.Errorf("requests to Flow without Redis = %q, want none", w.ops(before))
	}
	w.redis.SetError("")
	w.sync("a")
	w.wantPrices("main", map[string]int64{"a1": 1000})
}

// goneJob is the price job of a product that was deleted.
func (w *world) goneJob() job.Job {
	j := w.event("gone", event.Deleted)
	j.Resource = event.Price
	return j
}
