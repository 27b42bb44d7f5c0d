package reconcile_test

import (
	"context"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// TestAliasBecomesTheProduct checks that other names of a product are handed over to its one job.
func TestAliasBecomesTheProduct(t *testing.T) {
	t.Parallel()
	for _, alias := range []string{"boot_no", "boot-42"} {
		t.Run(alias, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(boot())
			j := w.changed(alias)
			w.want("run", w.handle(t, j)[0], "done rekeyed alias_of_boot")
			if got := w.ops(0); got != "" {
				t.Errorf("requests for an alias = %q, want none", got)
			}
			aliases, err := w.ledger.Aliases(t.Context(), fjell, event.Product, []string{alias})
			if err != nil || aliases[alias] != "boot" {
				t.Errorf("Aliases(%s) = %v, %v; want boot", alias, aliases, err)
			}
			if len(w.enqueued) != 1 || w.enqueued[0].ID != "boot" || w.enqueued[0].Cause != j.Cause {
				t.Errorf("enqueued = %+v, want boot with the cause of the alias", w.enqueued)
			}
		})
	}
}

// TestAliasOfWhatIsDeleted checks that a deletion by any name reaches the product.
func TestAliasOfWhatIsDeleted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		product omnium.Product
		name    string
		known   bool // the name was seen as an alias before
	}{
		"document id":          {boot(), "boot_no", false},
		"document id seen":     {boot(), "boot_no", true},
		"sku":                  {boot(), "boot-42", false},
		"sku seen":             {boot(), "boot-42", true},
		"odd document id seen": {func() omnium.Product { p := boot(); p.ID = "d-17"; return p }(), "d-17", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(test.product)
			if test.known {
				w.drain(w.process, test.name)
			} else {
				w.pushed("boot")
			}
			w.omnium.HardDelete("boot")
			before := w.calls()
			w.want("run of the name", w.handle(t, w.event(test.name, event.Deleted))[0], "done rekeyed alias_of_boot")
			if got := w.ops(before); got != "" {
				t.Errorf("requests for the name = %q, want none", got)
			}
			if got := w.asked(); len(got) != 1 || got[0] != "boot" {
				t.Fatalf("enqueued = %v, want boot", got)
			}
			w.want("run of the product", w.handle(t, w.event("boot", event.Deleted))[0], "done deactivated")
			w.offSale("boot42")
			w.agrees()
			w.want("run of the name once more", w.handle(t, w.event(test.name, event.Deleted))[0],
				"done skipped unknown_to_omnium")
		})
	}
}

// TestAliasesInACircleEnd covers two ids that were names of each other and are both gone.
func TestAliasesInACircleEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for alias, id := range map[string]string{"a": "b", "b": "a"} {
		if err := w.ledger.SaveAlias(t.Context(), fjell, event.Product, alias, id); err != nil {
			t.Fatalf("SaveAlias: %v", err)
		}
	}
	w.drain(w.process, "a") // fails the test when it does not end
}

// TestProductGetsAnotherID covers a product that becomes a variant of another one: its sku is its
// old product id.
func TestProductGetsAnotherID(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]string{
		"old id first": {"lamp-1", "lights"}, "new id first": {"lights", "lamp-1"}, "new id only": {"lights"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(lamp())
			w.pushed("lamp-1")
			w.omnium.HardDelete("lamp-1")
			w.put(plain("lights", "lamp-1", "lamp-2"))
			last := w.drain(w.process, order...)
			w.want("last run of lights", last["lights"], "done "+last["lights"].Result)
			w.onSale("lamp1", "lights")
			w.agrees()
			if got := w.owner("lamp1"); got != "lights" {
				t.Errorf("owner of lamp1 = %q, want lights", got)
			}
		})
	}
}

func TestNotFoundYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j := w.changed("late")
	o := w.handle(t, j)[0]
	w.want("first run", o, "deferred not_found_yet")
	if o.Delay != 2*time.Second {
		t.Errorf("Delay = %v, want 2s", o.Delay)
	}
	w.want("second run for the event", w.handle(t, j)[0], "done skipped unknown_to_omnium")
	w.want("run for another event", w.run("late"), "deferred not_found_yet")
	w.put(plain("late"))
	w.want("run once it is there", w.run("late"), "done pushed")
	w.want("delete of something unknown", w.handle(t, w.event("never", event.Deleted))[0],
		"done skipped unknown_to_omnium")
}

func TestReadTooEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.omnium.Now = func() time.Time { return time.Now().Add(-time.Minute) }
	w.put(plain("a"))
	j := w.changed("a")
	o := w.handle(t, j)[0]
	w.want("first run", o, "deferred read_too_early")
	if o.Delay != 2*time.Second || w.calls() != 0 {
		t.Errorf("first run: Delay %v and %d requests to Flow; want 2s and none", o.Delay, w.calls())
	}
	w.want("second run for the event", w.handle(t, j)[0], "done pushed")
	w.want("run for another event", w.run("a"), "deferred read_too_early")
	quiet := w.changed("a")
	quiet.Cause.Time = time.Time{}
	w.want("run without a time", w.handle(t, quiet)[0], "done unchanged")
}

// TestReadOnceMoreEnds covers more objects than are remembered at once: each is put off for an
// event that has just happened, and none for one that Omnium's index must know by now.
func TestReadOnceMoreEnds(t *testing.T) {
	t.Parallel()
	stale := stub{product: func(id string) (*omnium.Product, error) {
		p := plain(id)
		p.MarketIDs = []string{"SWE"}
		p.Modified = omnium.Time{Time: time.Now().Add(-time.Hour)}
		return &p, nil
	}}
	w := newWorld(t, func(o *reconcile.Options) { o.Omnium = stale })
	j := w.changed("a")
	j.Cause.Time = time.Now().Add(-20 * time.Second)
	w.want("run for an event of 20s ago", w.handle(t, j)[0], "done skipped not_in_markets")
	gone := newWorld(t)
	j = gone.changed("a")
	j.Cause.Time = time.Now().Add(-20 * time.Second)
	w.want("run of an unknown id for an event of 20s ago", gone.handle(t, j)[0], "done skipped unknown_to_omnium")
}

// stub is an Omnium that answers as a test says.
type stub struct {
	product  func(id string) (*omnium.Product, error)
	products func(ids []string) (map[string]omnium.ProductResult, error)
	markets  func() ([]omnium.Market, error)
}

func (s stub) Product(_ context.Context, id, _ string, _ time.Time) (*omnium.Product, error) {
	return s.product(id)
}

func (s stub) Products(_ context.Context, ids []string, _ string) (map[string]omnium.ProductResult, error) {
	return s.products(ids)
}

func (s stub) CostPrices(context.Context, []string, time.Time) ([]omnium.CostPrice, error) {
	return nil, nil
}

func (s stub) Categories(
	context.Context, string, time.Time,
) (map[string]*omnium.Category, error) {
	return nil, nil
}

func (s stub) Markets(context.Context) ([]omnium.Market, error) {
	if s.markets == nil {
		return []omnium.Market{{MarketID: "NOR"}}, nil
	}
	return s.markets()
}
