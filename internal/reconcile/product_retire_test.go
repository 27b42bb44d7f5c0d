package reconcile_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
)

func TestVariantRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(boot())
	w.pushed("boot")
	w.patch("boot", func(p *omnium.Product) { p.Variants = p.Variants[:1] })
	before := w.calls()
	w.want("run without the variant", w.run("boot"), "done deactivated")
	if got := w.ops(before); got != flow.ProductUpdate {
		t.Errorf("requests for the variant that is gone = %q, want one update", got)
	}
	w.offSale("boot42")
	if got := w.owner("boot42"); got != "" {
		t.Errorf("owner of boot42 = %q, want none: the uid is released", got)
	}
	w.agrees()
	before = w.calls()
	w.want("run after that", w.run("boot"), "done unchanged")
	if got := w.ops(before); got != "" {
		t.Errorf("requests of the run after that = %q, want none", got)
	}
}

// TestLeavesAndComesBack takes a product off sale in every way there is and puts it back.
func TestLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		leave, back func(w *world)
		event       event.Change
	}{
		"out of the market": {
			leave: func(w *world) { w.patch("boot", func(p *omnium.Product) { p.MarketIDs = []string{"SWE"} }) },
			back:  func(w *world) { w.patch("boot", func(p *omnium.Product) { p.MarketIDs = nil }) },
			event: event.Changed,
		},
		"soft delete": {
			leave: func(w *world) { w.omnium.SoftDelete("boot") },
			back: func(w *world) {
				w.patch("boot", func(p *omnium.Product) { p.Status, p.IsActive = "", true })
			},
			event: event.Deleted,
		},
		"hard delete": {
			leave: func(w *world) { w.omnium.HardDelete("boot") },
			back:  func(w *world) { w.put(boot()) },
			event: event.Deleted,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(boot())
			w.pushed("boot")
			test.leave(w)
			w.want("run after it left", w.handle(t, w.event("boot", test.event))[0], "done deactivated")
			w.offSale("boot41")
			w.offSale("boot42")
			w.agrees()
			before := w.calls()
			o := w.handle(t, w.event("boot", test.event))[0]
			if got := w.ops(before); got != "" || o.Writes != 0 {
				t.Errorf("second run after it left = %s with requests %q, want none", show(o), got)
			}
			test.back(w)
			w.want("run after it came back", w.run("boot"), "done pushed")
			w.onSale("boot41", "Boot 41")
			w.onSale("boot42", "Boot 42")
			w.wantCleared("boot41")
			w.agrees()
		})
	}
}

// wantCleared fails the test unless the newest body of a product clears the date.
func (w *world) wantCleared(uid string) {
	w.Helper()
	history := w.flow.History(string(fjell), uid)
	var body map[string]json.RawMessage
	if err := json.Unmarshal(history[len(history)-1].Body, &body); err != nil {
		w.Fatalf("body of %s: %v", uid, err)
	}
	if got := string(body["discontinuedFrom"]); got != "null" {
		w.Errorf("discontinuedFrom of the newest body of %s = %q, want null", uid, got)
	}
}

// TestNeverSeenIsNotCreated checks that what Flow never saw is not created to be taken off sale.
func TestNeverSeenIsNotCreated(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		leave func(w *world)
		event event.Change
		want  string
	}{
		"out of the market": {
			leave: func(w *world) { w.patch("boot", func(p *omnium.Product) { p.MarketIDs = []string{"SWE"} }) },
			event: event.Changed, want: "done skipped not_in_markets",
		},
		"soft delete": {
			leave: func(w *world) { w.omnium.SoftDelete("boot") },
			event: event.Deleted, want: "done skipped deleted_before_first_push",
		},
		"hard delete": {
			leave: func(w *world) { w.omnium.HardDelete("boot") },
			event: event.Deleted, want: "done skipped unknown_to_omnium",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(boot())
			test.leave(w)
			w.want("run", w.handle(t, w.event("boot", test.event))[0], test.want)
			if got := w.ops(0); got != "" {
				t.Errorf("requests = %q, want none", got)
			}
			if got := w.owner("boot41"); got != "" {
				t.Errorf("owner of boot41 = %q, want none", got)
			}
		})
	}
}

// TestInactiveIsCreated checks that inactive products are there, but cannot be bought in.
func TestInactiveIsCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := boot()
	p.Variants[1].IsActive = false
	w.put(p)
	w.pushed("boot")
	if p := w.product("boot42"); p.AllowPurchase || !p.DiscontinuedFrom.At.IsZero() {
		t.Errorf("inactive variant = %+v, want it there without allowPurchase or date", p)
	}
	w.agrees()
}

func TestOneVariantLeavesTheMarket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(boot())
	w.pushed("boot")
	w.patch("boot", func(p *omnium.Product) { p.Variants[0].MarketIDs = []string{"SWE"} })
	w.want("run", w.run("boot"), "done deactivated")
	w.offSale("boot41")
	w.onSale("boot42", "Boot 42")
	w.agrees()
}

// TestDeletedWithoutADate covers a document that does not tell when it was changed: the product is
// taken off sale once, and no later run clears the date or sends another.
func TestDeletedWithoutADate(t *testing.T) {
	t.Parallel()
	p := plain("a")
	w := newWorld(t, func(o *reconcile.Options) {
		o.Omnium = stub{product: func(string) (*omnium.Product, error) { read := p; return &read, nil }}
	})
	w.pushed("a")
	p.Status, p.IsActive = omnium.StatusDeleted, false
	w.want("run after the delete", w.run("a"), "done deactivated")
	w.offSale("a")
	before := w.calls()
	if o := w.run("a"); o.Verdict != job.Done || w.ops(before) != "" {
		t.Errorf("run after that = %s with requests %q, want done and none", show(o), w.ops(before))
	}
	p.Status, p.IsActive = "", true
	w.want("run after it came back", w.run("a"), "done pushed")
	w.onSale("a", "a")
}

// TestRefusedFirstPushIsForgotten covers a product that Flow never took: when it is deleted,
// nothing is left of it, and its uid is free.
func TestRefusedFirstPushIsForgotten(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*world){
		"soft": func(w *world) { w.omnium.SoftDelete("boot") },
		"hard": func(w *world) { w.omnium.HardDelete("boot") },
		"moved": func(w *world) {
			w.patch("boot", func(p *omnium.Product) { p.Variants = []omnium.Product{variant("other", "x")} })
			w.put(plain("boot2", "boot-41", "boot-42"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(boot())
			w.refuse(flow.ProductCreate, 422)
			w.want("refused run", w.run("boot"), "permanent flow_refused_422")
			w.flow.SetFault(nil)
			remove(w)
			w.drain(w.process, "boot", "boot2")
			if name == "moved" {
				w.onSale("boot41", "boot2")
				w.agrees()
				return
			}
			if got := slices.Sorted(maps.Keys(w.snapshot().Products)); len(got) > 0 {
				t.Errorf("products in Flow = %v, want none", got)
			}
			w.put(plain("other", "boot-41"))
			w.pushed("other")
			w.agrees()
		})
	}
}
