package reconcile_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestSkuBecomesAVariant: what was a product of its own is part of another by now.
func TestSkuBecomesAVariant(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	single := plain("b-1")
	single.SkuID, single.Prices = "b-1", []omnium.Price{{UnitPrice: "5"}}
	w.put(single)
	w.sync("b-1")
	w.wantPrices("main", map[string]int64{"b1": 500})
	w.omnium.HardDelete("b-1")
	w.put(priced("b", "7"))
	w.playAll(w.process, w.jobsOf("b-1", "b")...)
	w.wantPrices("main", map[string]int64{"b1": 700})
}

// TestSkuMoves gives a sku to another product, and looks at the two in any order.
func TestSkuMoves(t *testing.T) {
	t.Parallel()
	for order := range 24 {
		w := newPriceWorld(t)
		w.put(priced("a", "10"), priced("b", "20"))
		w.sync("a", "b")
		w.patch("a", func(p *omnium.Product) { p.Variants = []omnium.Product{variant("a-2", "")} })
		w.patch("b", func(p *omnium.Product) { p.Variants = append(p.Variants, variant("a-1", "")) })
		jobs, shuffled := w.jobsOf("a", "b"), []job.Job{}
		for n, rest := len(jobs), order; n > 0; n-- {
			shuffled = append(shuffled, jobs[rest%n])
			jobs = append(jobs[:rest%n:rest%n], jobs[rest%n+1:]...)
			rest /= n
		}
		w.playAll(w.process, shuffled...)
		if err := w.priceDisagreement(); err != nil {
			t.Errorf("order %v: %v", shuffled, err)
		}
		before := w.calls()
		w.sync("a", "b")
		if got := w.ops(before); got != "" {
			t.Errorf("order %d: requests of a further run = %q, want none", order, got)
		}
	}
}

// TestSkuMovesWithinOneClaim: both jobs are claimed together, so that one takes out what the other sends.
func TestSkuMovesWithinOneClaim(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceExporters("price", "FlowPriceScheduledTask"))
	w.put(priced("a", "10"), priced("b", "20"))
	w.putInFlow("a1", "a2", "b1")
	w.playAll(w.process, w.jobOf(event.Price, "a"), w.jobOf(event.Price, "b"))
	w.patch("a", func(p *omnium.Product) { p.Variants = []omnium.Product{variant("a-2", "")} })
	w.patch("b", func(p *omnium.Product) { p.Variants = append(p.Variants, variant("a-1", "")) })
	w.handle(t, w.jobOf(event.Price, "b"), w.jobOf(event.Price, "a"))
	w.playAll(w.process)
	if err := w.priceDisagreement(); err != nil {
		t.Error(err)
	}
}

// putInFlow makes Flow have products that somebody else exports.
func (w *world) putInFlow(uids ...string) {
	w.Helper()
	for _, uid := range uids {
		if _, err := w.target.PutProduct(w.Context(), flow.Product{ProductUID: uid}, false); err != nil {
			w.Fatal(err)
		}
	}
}

// TestPricesCollide: two products fall on one uid; the first keeps its price.
func TestPricesCollide(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"), plain("other", "a.1"))
	w.patch("other", func(p *omnium.Product) { p.Prices = []omnium.Price{{UnitPrice: "99"}} })
	w.sync("a")
	last := w.playAll(w.process, w.jobsOf("other")...)
	w.want("price of the second", last["price/other"], "permanent uid_collision")
	wantNames(t, last["price/other"], "a1", "other")
	w.playAll(w.process, w.jobsOf("a")...) // looks at the other once more, which waits for the uid
	w.wantPrices("main", map[string]int64{"a1": 1000})
	w.omnium.HardDelete("a")
	w.playAll(w.process, w.jobsOf("a")...)
	w.playAll(w.process, w.jobsOf("other")...)
	w.wantPrices("main", map[string]int64{"a1": 9900})
}
