package reconcile_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestPushPrices(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	p := boot()
	p.Prices = []omnium.Price{{
		UnitPrice: "199.505", RecommendedRetailPrice: "249", MarketID: "NOR",
		ValidFrom: omnium.Time{Time: from}, ValidUntil: omnium.Time{Time: until},
	}}
	w.put(p)
	w.pushed("boot")
	before := w.calls()
	o := w.priceOf("boot")
	w.want("first run", o, "done pushed")
	if !o.Again.Equal(until) {
		t.Errorf("first run: due again at %v, want %v", o.Again, until)
	}
	if got := w.ops(before); got != "pricelist.get price.batch" {
		t.Errorf("requests of the first run = %q, want one look at the list and one batch", got)
	}
	retail, currency := int64(24900), "NOK"
	want := flow.Price{
		ProductUID: "boot41", Price: 19951, RecommendedRetailPrice: &retail, Currency: &currency,
		ValidFrom: flow.Date{At: from, Set: true}, ValidTo: flow.Date{At: until, Set: true},
	}
	if diff := cmp.Diff(want, w.snapshot().Prices["main"]["boot41"]); diff != "" {
		t.Errorf("price of boot41 (-want +got):\n%s", diff)
	}
	before = w.calls()
	w.want("second run", w.priceOf("boot"), "done unchanged")
	w.patch("boot", func(p *omnium.Product) {
		p.Variants[0].Prices = []omnium.Price{{UnitPrice: "150", CurrencyCode: "NOK"}}
	})
	w.want("run after a change", w.priceOf("boot"), "done pushed")
	if got := w.ops(before); got != flow.PriceBatch {
		t.Errorf("requests after a change = %q, want one batch", got)
	}
	w.wantPrices("main", map[string]int64{"boot41": 15000, "boot42": 19951})
}

// TestPriceWaitsForItsProduct: the price comes first, and finishes by itself.
func TestPriceWaitsForItsProduct(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"))
	w.want("run before the product", w.priceOf("a"), "done waiting waiting_for_product")
	if w.calls() != 0 {
		t.Errorf("requests before the product = %q, want none", w.ops(0))
	}
	w.playAll(w.process)
	w.wantPrices("main", map[string]int64{"a1": 1000})
}

// TestPriceLeavesTheList takes the price out in every way there is, and puts it back.
func TestPriceLeavesTheList(t *testing.T) {
	t.Parallel()
	patched := func(change func(*omnium.Product)) func(*world) {
		return func(w *world) { w.patch("a", change) }
	}
	tests := map[string]struct {
		leave func(*world)
		after string // the outcome of the run after that one
	}{
		"no price": {patched(func(p *omnium.Product) { p.Prices = nil }), "done skipped no_valid_price"},
		"price over": {patched(func(p *omnium.Product) {
			p.Prices[0].ValidUntil = omnium.Time{Time: time.Now().Add(-time.Hour)}
		}), "done skipped no_valid_price"},
		"out of the market": {patched(func(p *omnium.Product) { p.MarketIDs = []string{"SWE"} }), "done skipped no_valid_price"},
		"variant gone": {patched(func(p *omnium.Product) {
			p.Variants = []omnium.Product{variant("other", "")}
			p.Prices[0].Code = "a-1"
		}), "done skipped no_valid_price"},
		"soft delete": {func(w *world) { w.omnium.SoftDelete("a") }, "done skipped deleted"},
		"hard delete": {func(w *world) { w.omnium.HardDelete("a") }, "done skipped unknown_to_omnium"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPriceWorld(t)
			w.put(priced("a", "10"))
			w.sync("a")
			w.wantPrices("main", map[string]int64{"a1": 1000})
			test.leave(w)
			w.sync("a")
			w.wantPrices("main", map[string]int64{})
			before := w.calls()
			o := w.playAll(w.process, w.jobOf(event.Price, "a"))["price/a"]
			w.want("run after that", o, test.after)
			if got := w.ops(before); got != "" {
				t.Errorf("requests of the run after that = %q, want none", got)
			}
			w.put(priced("a", "12"))
			w.sync("a")
			w.wantPrices("main", map[string]int64{"a1": 1200})
		})
	}
}

// TestPriceOpensByItself: nothing tells that a window opens, the job knows it.
func TestPriceOpensByItself(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	p := priced("a", "10")
	opens := time.Now().Add(time.Hour)
	p.Prices[0].ValidFrom = omnium.Time{Time: opens}
	w.put(p)
	w.pushed("a")
	o := w.priceOf("a")
	w.want("run before the window", o, "done skipped no_valid_price")
	if !o.Again.Equal(opens) {
		t.Errorf("due again at %v, want %v", o.Again, opens)
	}
}

// TestPricesInBatches: a claim of many jobs is one write, and one bad price holds up nobody.
func TestPricesInBatches(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	var ids []string
	for i := range 20 {
		id := fmt.Sprintf("p%d", i)
		ids = append(ids, id)
		w.put(priced(id, fmt.Sprint(i+1)))
	}
	w.pushed(ids...)
	w.patch("p3", func(p *omnium.Product) { p.Prices[0].UnitPrice = "cheap" })
	var jobs []job.Job
	for _, id := range append(ids, "never") {
		jobs = append(jobs, w.jobOf(event.Price, id))
	}
	before := w.calls()
	outcomes := w.handle(t, jobs...)
	for i, o := range outcomes {
		switch i {
		case 3:
			w.want("price that is no number", o, "permanent bad_number")
		case 20:
			w.want("unknown product", o, "deferred not_found_yet")
		default:
			w.want(jobs[i].ID, o, "done pushed")
		}
	}
	if got := w.batches(before); got != 1 {
		t.Errorf("%d batches for 19 prices, want 1", got)
	}
	if len(w.cents("main")) != 19 {
		t.Errorf("%d prices in Flow, want 19", len(w.cents("main")))
	}
}

// TestRefusedPrice covers a product that somebody has deleted in Flow: its price is refused, the others
// go on, and its next arrival revives the job.
func TestRefusedPrice(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"), priced("b", "20"))
	w.pushed("a", "b")
	w.emptyFlow()
	w.flow.PutPriceList(string(fjell), "main")
	w.patch("b", func(p *omnium.Product) { p.Name = "Other" })
	w.pushed("b")
	w.asked()
	got := w.handle(t, w.jobOf(event.Price, "a"), w.jobOf(event.Price, "b"))
	w.want("price of the product that is gone", got[0], "permanent flow_refused_item")
	w.want("price of its neighbour", got[1], "done pushed")
	w.patch("a", func(p *omnium.Product) { p.Name = "Back" })
	w.playAll(w.process, w.jobOf(event.Product, "a"))
	w.wantPrices("main", map[string]int64{"a1": 1000, "b1": 2000})
}

func TestMainPriceListIsMissing(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceProperty("MainPricesListUid", "mian"))
	w.put(priced("a", "10"), priced("b", "20"))
	w.pushed("a", "b")
	before := w.calls()
	for _, o := range w.handle(t, w.jobOf(event.Price, "a"), w.jobOf(event.Price, "b")) {
		w.want("run without the list", o, "permanent price_list_missing")
		wantNames(t, o, "mian", "MainPricesListUid")
	}
	if got := w.ops(before); got != flow.PriceListGet {
		t.Errorf("requests = %q, want one look at the list", got)
	}
	w.flow.PutPriceList(string(fjell), "mian")
	w.sync("a", "b")
	w.wantPrices("mian", map[string]int64{"a1": 1000, "b1": 2000})
}

// TestPriceListMoves: with another main list configured, the prices move, also when the old one is gone.
func TestPriceListMoves(t *testing.T) {
	t.Parallel()
	for _, oldIsGone := range []bool{false, true} {
		w := newPriceWorld(t)
		w.put(priced("a", "10"))
		w.sync("a")
		if oldIsGone {
			w.emptyFlow()
			w.flow.PutPriceList(string(fjell), "new")
			w.patch("a", func(p *omnium.Product) { p.Name = "New" })
			w.pushed("a")
		}
		w.flow.PutPriceList(string(fjell), "new")
		w.process = w.startPrices(priceProperty("MainPricesListUid", "new"))
		w.sync("a")
		w.wantPrices("new", map[string]int64{"a1": 1000})
		w.wantPrices("main", map[string]int64{})
	}
}

// TestPriceAlias: an id that is a sku or a document becomes the job of its product.
func TestPriceAlias(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"))
	w.pushed("a")
	for _, id := range []string{"a-1", "a_no"} {
		w.want("run of "+id, w.priceOf(id), "done rekeyed alias_of_a")
		w.playAll(w.process)
	}
	w.wantPrices("main", map[string]int64{"a1": 1000})
	w.omnium.HardDelete("a")
	w.playAll(w.process, w.jobOf(event.Price, "a-1"))
	w.wantPrices("main", map[string]int64{})
}

// TestPricesOnly covers a tenant whose products come from elsewhere.
func TestPricesOnly(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceExporters("price", "FlowPriceScheduledTask"))
	w.put(priced("a", "10"), priced("b", "20"))
	w.putInFlow("a1")
	w.want("price of a product that Flow has", w.priceOf("a"), "done pushed")
	w.want("price of one that it lacks", w.priceOf("b"), "permanent flow_refused_item")
	w.wantPrices("main", map[string]int64{"a1": 1000})
	w.put(plain("other", "a.1"))
	w.patch("other", func(p *omnium.Product) { p.Prices = []omnium.Price{{UnitPrice: "99"}} })
	w.want("price of another that falls on its uid", w.priceOf("other"), "done waiting waiting_for_owner")
	w.playAll(w.process)
	w.wantPrices("main", map[string]int64{"a1": 1000})
}

func TestCostTaskAlone(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, func(t *tenant.Tenant) {
		t.Implementations = []string{"IProductExporter", "FlowCostPriceScheduledTask"}
	})
	w.put(priced("a", "10"))
	w.want("run with cost prices alone", w.priceOf("a"), "done skipped no_price_task")
	if w.calls() != 0 || len(w.omnium.Requests()) != 0 {
		t.Errorf("%d requests to Flow, %v to Omnium, want none", w.calls(), w.omnium.Requests())
	}
}

// TestRetailPriceIsThePriceTasks: with the price task, it does not travel with the product.
func TestRetailPriceIsThePriceTasks(t *testing.T) {
	t.Parallel()
	for _, task := range []bool{true, false} {
		w := newPriceWorld(t, func(t *tenant.Tenant) {
			if !task {
				t.Implementations = []string{"IProductExporter"}
			}
		})
		w.put(priced("a", "10"))
		w.pushed("a")
		if got := w.product("a1").RecommendedRetailPrice; (got == nil) != task {
			t.Errorf("with the price task %v: retail price of the product %v", task, got)
		}
	}
}

// TestPricesWhileFlowIsAway: no job is to blame.
func TestPricesWhileFlowIsAway(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	w.put(priced("a", "10"))
	w.pushed("a")
	tests := map[int]string{
		http.StatusServiceUnavailable: "failed flow_failed",
		http.StatusUnauthorized:       "suspended flow_credential_refused",
		http.StatusTooManyRequests:    "snoozed flow_throttled",
	}
	for _, op := range []string{flow.PriceListGet, flow.PriceBatch} {
		for status, want := range tests {
			w.process = w.startPrices()
			w.refuse(op, status)
			w.want(fmt.Sprintf("run when %s answers %d", op, status), w.priceOf("a"), want)
		}
	}
	w.flow.SetFault(nil)
	w.sync("a")
	w.wantPrices("main", map[string]int64{"a1": 1000})
}

func TestNewPriceRefusesMissingOptions(t *testing.T) {
	t.Parallel()
	if _, err := reconcile.NewPrice(reconcile.Options{}, new(omnium.Client), new(flow.Client)); err == nil {
		t.Error("NewPrice without options = nil, want an error")
	}
	w := newWorld(t)
	if _, err := reconcile.NewPrice(w.opts, nil, nil); err == nil {
		t.Error("NewPrice without a source = nil, want an error")
	}
}
