package reconcile_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// indexed is a price in the price index.
func indexed(code, product, amount string) omnium.SeparatePrice {
	return omnium.SeparatePrice{
		Price:     omnium.Price{Code: code, UnitPrice: omnium.Number(amount), CurrencyCode: "NOK"},
		ProductID: product,
	}
}

// TestPriceSource finds prices where they are kept.
func TestPriceSource(t *testing.T) {
	t.Parallel()
	onProduct := func(w *world) { w.put(priced("a", "10")) }
	separate := func(w *world) {
		w.put(plain("a", "a-1", "a-2"))
		w.fileIn(omniumtest.Prices, indexed("a-1", "a", "20"), indexed("", "a", "30"),
			map[string]any{"skuId": "a-2", "unitPrice": 25}, indexed("b-1", "b", "1"))
	}
	both := func(w *world) { // the copy on the product is older
		w.put(priced("a", "10"))
		w.fileIn(omniumtest.Prices, indexed("a-1", "a", "20"))
	}
	tests := map[string]struct {
		source string
		state  func(*world)
		want   map[string]int64
	}{
		"auto, on the product":      {"", onProduct, map[string]int64{"a1": 1000}},
		"auto, separate":            {"auto", separate, map[string]int64{"a1": 2000, "a2": 2500}},
		"auto, both":                {"auto", both, map[string]int64{"a1": 2000}},
		"product, both":             {"product", both, map[string]int64{"a1": 1000}},
		"separate, both":            {"separate", both, map[string]int64{"a1": 2000}},
		"separate, separate":        {"separate", separate, map[string]int64{"a1": 2000, "a2": 2500}},
		"separate, none there":      {"separate", onProduct, map[string]int64{}},
		"product, none on products": {"product", separate, map[string]int64{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPriceWorld(t, priceProperty("PriceSource", test.source))
			test.state(w)
			w.sync("a")
			w.wantPrices("main", test.want)
			w.omnium.ResetCalls()
			w.sync("a")
			if n := w.omnium.Calls(omniumtest.OpPrices); (n == 0) != (test.source == "product") {
				t.Errorf("%d searches for separate prices with source %q", n, test.source)
			}
			if w.omnium.OpenScrolls() != 0 {
				t.Errorf("%d open scrolls, want none", w.omnium.OpenScrolls())
			}
		})
	}
}

// TestNoPriceIndex covers an Omnium that has no price index, or does not show it.
func TestNoPriceIndex(t *testing.T) {
	t.Parallel()
	refusing := func(status int) func(*world) {
		return func(w *world) {
			w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
				return status, nil, strings.HasPrefix(r.URL.Path, "/api/Prices/")
			}
		}
	}
	tests := map[string]struct {
		source string
		fail   func(*world)
		want   string
	}{
		"auto, 400":     {"auto", refusing(400), "done pushed"},
		"auto, 403":     {"auto", refusing(403), "done pushed"},
		"auto, 404":     {"auto", refusing(404), "done pushed"},
		"auto, 500":     {"auto", refusing(500), "failed omnium_failed"},
		"auto, 503":     {"auto", refusing(503), "snoozed omnium_unavailable"},
		"separate, 400": {"separate", refusing(400), "permanent omnium_refused"},
		"separate, 403": {"separate", refusing(403), "snoozed omnium_credential_refused"},
		"product, 500":  {"product", refusing(500), "done pushed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPriceWorld(t, priceProperty("PriceSource", test.source))
			w.put(priced("a", "10"))
			w.pushed("a")
			test.fail(w)
			w.want("run", w.priceOf("a"), test.want)
		})
	}
}

// TestPriceIndexLags: what the search shows is pushed, and looked at once more.
func TestPriceIndexLags(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceProperty("PriceSource", "separate"))
	now := time.Now()
	w.omnium.Now = func() time.Time { return now }
	w.put(plain("a", "a-1"))
	w.fileIn(omniumtest.Prices, indexed("a-1", "a", "20"))
	w.sync("a")
	now = now.Add(-time.Minute) // written long before the event
	w.fileIn(omniumtest.Prices, map[string]any{"priceKey": "1", "code": "a-1", "unitPrice": 30})
	j := w.jobOf(event.Price, "a")
	o := w.handle(t, j)[0]
	w.want("first run", o, "done pushed")
	if soon := time.Until(o.Again); soon <= 0 || soon > 5*time.Second {
		t.Errorf("first run: due again in %v, want in a moment", soon)
	}
	// An older event that has joined the job in between asks for a run at once.
	again := w.handle(t, j)[0]
	w.want("second run", again, "done unchanged")
	if !again.Again.Equal(o.Again) {
		t.Errorf("second run before it is due: due again at %v, want %v as before", again.Again, o.Again)
	}
}

// TestPricesAsNewAsTheirEvent need no second look; older ones do, however little.
func TestPricesAsNewAsTheirEvent(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceProperty("PriceSource", "separate"))
	now := time.Now().Truncate(time.Second)
	w.omnium.Now = func() time.Time { return now }
	w.put(plain("a", "a-1"))
	w.fileIn(omniumtest.Prices, indexed("a-1", "a", "20"))
	w.sync("a")
	for later, looks := range map[time.Duration]bool{time.Second: true, 0: false, -time.Second: false} {
		j := w.jobOf(event.Price, "a")
		j.Cause.Time = now.Add(later)
		if o := w.handle(t, j)[0]; o.Again.IsZero() == looks {
			t.Errorf("event %v after the price: due again at %v, want a second look: %t", later, o.Again, looks)
		}
	}
}

// TestManyPricesAreOneSearch: a claim of many jobs costs one search.
func TestManyPricesAreOneSearch(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t)
	var jobs []job.Job
	var ids []string
	for i := range 30 {
		id := fmt.Sprintf("p%d", i)
		w.put(plain(id, id+"-1"))
		w.fileIn(omniumtest.Prices, indexed(id+"-1", id, fmt.Sprint(i)))
		jobs, ids = append(jobs, w.jobOf(event.Price, id)), append(ids, id)
	}
	w.pushed(ids...)
	w.omnium.ResetCalls()
	for i, o := range w.handle(t, jobs...) {
		w.want(jobs[i].ID, o, "done pushed")
	}
	if n := w.omnium.Calls(omniumtest.OpPrices); n != 1 {
		t.Errorf("%d searches for 30 products, want 1", n)
	}
	w.fileIn(omniumtest.Prices, map[string]any{"code": "p7-1", "isTaxExcluded": "perhaps"})
	for i := range jobs {
		jobs[i] = w.jobOf(event.Price, jobs[i].ID)
	}
	for i, o := range w.handle(t, jobs...) {
		want := "done unchanged"
		if i == 7 {
			want = "permanent omnium_unreadable"
		}
		w.want(jobs[i].ID, o, want)
	}
}

// TestStorePriceLists: the list of a store holds the best price in that store.
func TestStorePriceLists(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceProperty("StorePriceListsInFlow", "true"))
	abroad := oslo()
	abroad.ID, abroad.AvailableOnMarkets = "malmo", []string{"SWE"}
	closed := oslo()
	closed.ID, closed.IsInactive = "closed", true
	w.omnium.SetStores([]omnium.Store{oslo(), vestby(), bergen(), abroad, closed})
	p := priced("a", "10")
	p.Prices = append(p.Prices, omnium.Price{UnitPrice: "12", MarketID: "NOR", StoreID: "os-lo"})
	q := priced("b", "20")
	w.put(p, q)
	w.pushed("a", "b")
	before := w.calls()
	w.want("run before the stores", w.priceOf("a"), "done waiting waiting_for_pricelist")
	if got := w.ops(before); got != "pricelist.get price.batch" {
		t.Errorf("requests before the stores = %q, want the main list alone", got)
	}
	w.sync("a", "b")
	w.wantPrices("main", map[string]int64{"a1": 1000, "b1": 2000})
	w.wantPrices("oslo", map[string]int64{"a1": 1200, "b1": 2000})
	w.wantPrices("bergen", map[string]int64{"a1": 1000, "b1": 2000})
	if prices := w.snapshot().Prices; len(prices) != 3 {
		t.Errorf("price lists with prices = %v, want three", prices)
	}
	before = w.calls()
	w.sync("a", "b")
	if got := w.ops(before); got != "" {
		t.Errorf("requests of a further run = %q, want none", got)
	}
	w.patch("a", func(p *omnium.Product) { p.Prices = p.Prices[:1] })
	w.sync("a")
	w.wantPrices("oslo", map[string]int64{"a1": 1000, "b1": 2000})
	closed = oslo()
	closed.IsInactive = true
	w.omnium.SetStores([]omnium.Store{closed, bergen()})
	w.oms.ForgetStores()
	w.sync("a", "b")
	w.wantPrices("oslo", map[string]int64{})
}

// TestStoreListsOfOtherExporters: the lists are somebody else's, so nothing is waited for.
func TestStoreListsOfOtherExporters(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, priceProperty("StorePriceListsInFlow", "true"), priceExporters("price", "FlowPriceScheduledTask"))
	w.omnium.SetStores([]omnium.Store{oslo(), bergen()})
	w.put(priced("a", "10"))
	w.putInFlow("a1")
	w.flow.PutPriceList(string(fjell), "oslo")
	o := w.priceOf("a")
	w.want("run while a store has no list", o, "permanent price_list_missing")
	wantNames(t, o, "bergen")
	w.wantPrices("main", map[string]int64{"a1": 1000})
	w.wantPrices("oslo", map[string]int64{"a1": 1000})
}

// TestCostPrices: with the cost task, a product costs what its cost prices say.
func TestCostPrices(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, func(t *tenant.Tenant) { t.Implementations = []string{"IProductExporter", "FlowCostPriceScheduledTask"} })
	until := time.Now().Add(time.Hour)
	p := plain("a", "a-1", "a-2", "a-3")
	p.Cost = "9"
	p.Variants[2].Cost = "8"
	w.put(p, plain("b", "b-1"))
	w.fileIn(omniumtest.CostPrices,
		omnium.CostPrice{SkuID: "a-1", ProductID: "a", Cost: "7.5", CurrencyCode: "NOK", ValidUntil: omnium.Time{Time: until}},
		omnium.CostPrice{ProductID: "b", Cost: "1"})
	o := w.run("a")
	w.want("run", o, "done pushed")
	if !o.Again.Equal(until) {
		t.Errorf("due again at %v, want %v", o.Again, until)
	}
	w.wantCosts(map[string]int64{"a1": 750, "a2": 900, "a3": 800})
	var jobs []job.Job
	for _, id := range []string{"a", "b", "b", "c", "d", "e"} {
		j := aged(w.changed(id))
		jobs = append(jobs, j)
	}
	w.put(plain("c"), plain("d"), plain("e"))
	w.omnium.ResetCalls()
	for _, o := range w.handle(t, append(jobs[:1:1], jobs[2:]...)...) {
		if o.Verdict != job.Done {
			t.Errorf("bulk run = %s, want done", show(o))
		}
	}
	if n := w.omnium.Calls(omniumtest.OpCostPrices); n != 1 {
		t.Errorf("%d searches for five products, want 1", n)
	}
	w.wantCosts(map[string]int64{"a1": 750, "a2": 900, "a3": 800, "b1": 100})
	w.omnium.Remove(omniumtest.CostPrices, "1")
	w.pushed("a")
	w.wantCosts(map[string]int64{"a1": 900, "a2": 900, "a3": 800, "b1": 100})
}

func (w *world) wantCosts(want map[string]int64) {
	w.Helper()
	for uid, p := range w.snapshot().Products {
		if p.PurchasePrice == nil && want[uid] == 0 {
			continue
		}
		if p.PurchasePrice == nil || *p.PurchasePrice != want[uid] {
			w.Errorf("cost of %s = %v, want %d", uid, p.PurchasePrice, want[uid])
		}
	}
}

// TestCostPricesAreAway: what a product costs is not guessed.
func TestCostPricesAreAway(t *testing.T) {
	t.Parallel()
	w := newPriceWorld(t, func(t *tenant.Tenant) { t.Implementations = append(t.Implementations, "FlowCostPriceScheduledTask") })
	w.put(plain("a"))
	for status, want := range map[int]string{
		500: "failed omnium_failed", 503: "snoozed omnium_unavailable", 403: "snoozed omnium_credential_refused",
		400: "permanent omnium_refused",
	} {
		w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
			return status, nil, strings.HasPrefix(r.URL.Path, "/api/CostPrices/")
		}
		w.want(fmt.Sprintf("run when the search answers %d", status), w.run("a"), want)
	}
	if got := w.ops(0); strings.Contains(got, flow.ProductCreate) {
		t.Errorf("requests = %q, want none for the product", got)
	}
}
