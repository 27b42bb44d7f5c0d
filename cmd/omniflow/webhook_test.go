package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestEventWithoutMarketReachesEveryTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	if got, want := r.deliver(h.changed("ff-1041")), (tally{Accepted: 1}); got != want {
		t.Errorf("POST = %+v, want %+v", got, want)
	}
	h.settled()

	// The mapping is tested by itself; this is what came out at the other end, in plain numbers.
	price, cost, weight := int64(199900), int64(78050), int64(820)
	height, width, length := int64(80), int64(305), int64(400)
	want := flow.Product{
		ProductUID: "ff1041M", Name: "Skare jakke M", SKU: "ff-1041-M",
		Description: "Vanntett & varm", ShortDescription: "Jakke",
		BrandUID: "skare_sport", ProductGroupUID: "jakker", VATCodeUID: "vat25", AllowPurchase: true,
		PurchasePrice: &cost, CurrencyPurchasePrice: &flow.CurrencyPurchasePrice{Currency: "NOK", Price: cost},
		RecommendedRetailPrice: &price, Weight: &weight, Height: &height, Width: &width, Length: &length,
	}
	got, _ := h.flowProduct(norway, "ff1041M")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("product in %s (-want +got):\n%s", norway, diff)
	}
	swedish, _ := h.flowProduct(sweden, "ff1041L")
	if p := swedish.RecommendedRetailPrice; p == nil || *p != 214950 || swedish.VATCodeUID != "vat25se" {
		t.Errorf("product in %s = %+v, want price 214950 and VAT code vat25se", sweden, swedish)
	}
	h.wantParts(norway)
	h.eventually("the success is told", func() error { // it is written after the job has ended
		if seen := r.tenant(norway).LastSuccess; seen == nil || time.Since(*seen) > patience {
			return fmt.Errorf("lastSuccess of %s = %v, want a moment ago", norway, seen)
		}
		return nil
	})
}

// wantParts looks at what hangs on the jacket.
func (h *harness) wantParts(id tenant.ID) {
	h.Helper()
	state, err := h.flow.Snapshot(string(id))
	if err != nil {
		h.Fatal(err)
	}
	if got := state.Brands["skare_sport"].Name; got != "Skare Sport" {
		h.Errorf("brand skare_sport = %q, want Skare Sport", got)
	}
	if got := state.Groups["jakker"].Name; got != "Jakker" {
		h.Errorf("product group jakker = %q, want Jakker", got)
	}
	media := state.Media["ff1041M"]
	if len(media) != 2 || media[0].MainURL != "https://cdn.example/front.jpg" || !media[0].SetAsCoverImage {
		h.Errorf("images = %+v, want two, the front as cover", media)
	}
	if diff := cmp.Diff(map[string]string{"Materiale": "Ull", "Vannsoyle": "20000"}, state.Texts["ff1041M"]); diff != "" {
		h.Errorf("texts (-want +got):\n%s", diff)
	}
	if got := state.Siblings["ff1041M"]; !cmp.Equal(got, []string{"ff1041L"}) {
		h.Errorf("siblings of ff1041M = %v, want ff1041L", got)
	}
}

func TestEventWithMarketReachesItsTenantOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.omnium.Event(omniumtest.Event{ObjectID: "cup", Market: "nor"})) // ids ignore case
	h.eventually("all jobs are done", h.drained)
	if err := h.inNorwayOnly("cup"); err != nil {
		t.Error(err)
	}
	// Until the stores have been read, an event of a store goes to every tenant.
	pots := 0
	h.eventually("events of a store reach its tenant only", func() error {
		pots++
		id := fmt.Sprintf("pot%d", pots)
		h.omnium.PutProduct(simple(id, "Kanne"))
		r.deliver(h.omnium.Event(omniumtest.Event{ObjectID: id, StoreID: "oslo"}))
		h.eventually("all jobs are done", h.drained)
		return h.inNorwayOnly(id)
	})
}

func (h *harness) inNorwayOnly(uid string) error {
	h.Helper()
	_, here := h.flowProduct(norway, uid)
	_, there := h.flowProduct(sweden, uid)
	if !here || there {
		return fmt.Errorf("%s exists in %s: %t, in %s: %t, want the first only", uid, norway, here, sweden, there)
	}
	return nil
}

func TestRepeatedEventIsADuplicate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	for _, event := range [][]byte{h.changed("cup"), h.without(h.changed("cup"), "id")} {
		if got := r.deliver(event); got.Accepted+got.Coalesced != 1 {
			t.Errorf("first POST %s = %+v, want it taken", event, got)
		}
		if got, want := r.deliver(event), (tally{Duplicates: 1}); got != want {
			t.Errorf("second POST %s = %+v, want %+v", event, got, want)
		}
	}
	h.settled()
	if got := r.metric(`omniflow_events_total{reason="",resource="product",result="duplicate"}`); got != "2" {
		t.Errorf("duplicates counted = %q, want 2", got)
	}
}

func TestArrayIsTakenAsAWhole(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var events [][]byte
	for i := range 7 {
		id := fmt.Sprintf("p%d", i)
		h.omnium.PutProduct(simple(id, "Produkt "+id))
		events = append(events, h.changed(id))
	}
	order := h.omnium.Event(omniumtest.Event{ObjectID: "o1", ClassName: "Order", OperationID: 210101})
	abroad := h.omnium.Event(omniumtest.Event{ObjectID: "p0", Market: "DEN"})
	r := h.start()
	body := h.list(append(events, order, abroad, events[0])...)
	got, want := r.deliver(body), tally{Accepted: 7, Duplicates: 1, Ignored: 1, Unrouted: 1}
	if got != want {
		t.Errorf("POST = %+v, want %+v", got, want)
	}
	h.settled()
	if got := r.metric("omniflow_parked_events"); got != "1" {
		t.Errorf("parked events = %q, want 1", got)
	}
	if got := r.metric(`omniflow_events_total{reason="order",resource="none",result="ignored"}`); got != "1" {
		t.Errorf("ignored orders = %q, want 1", got)
	}
}

func TestMalformedBodyIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	whole := string(h.changed("cup"))
	for _, body := range []string{"", "{", "[]", `{"message":"hello"}`, "[" + whole + ",7]"} {
		if a := r.post([]byte(body)); a.status != 400 {
			t.Errorf("POST %q = %d, want 400", body, a.status)
		}
	}
	if a := r.post([]byte(`"` + strings.Repeat("x", 2<<20) + `"`)); a.status != 413 {
		t.Errorf("POST of 2 MiB = %d %v, want 413", a.status, a.err)
	}
	if a := r.request("POST", "/webhooks/omnium", "wrong", []byte(whole)); a.status != 401 {
		t.Errorf("POST with a wrong token = %d, want 401", a.status)
	}
	h.eventually("all jobs are done", h.drained)
	if n := h.flow.Requests(); n != 0 {
		t.Errorf("requests to Flow = %d, want none", n)
	}
}

func TestOtherNamesOfAProductBecomeItsOneJob(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: 5 * time.Millisecond} })
	r := h.start()
	for round := range 5 {
		h.rename("ff-1041", fmt.Sprintf("Skare %d", round))
		for _, name := range []string{"ff-1041", "ff-1041_no", "ff-1041-M", "ff-1041-L"} {
			r.deliver(h.changed(name))
		}
	}
	h.settled()
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		t.Errorf("overlapping writes = %+v, want none", overlaps)
	}
	pushed := r.log.runs(func(e entry) bool { return e.Writes > 0 && e.ObjectID != "ff-1041" })
	if len(pushed) > 0 {
		t.Errorf("runs that pushed under another name = %+v, want none", pushed)
	}
	r.wantRuns(3, func(e entry) bool { return e.Result == "rekeyed" && e.Tenant == norway })
}

func TestUnchangedObjectCostsNoFlowRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	r.deliver(h.changed("ff-1041"))
	h.settled()
	before := h.flow.Requests()
	r.deliver(h.changedAs("again", "ff-1041"))
	h.settled()
	if n := h.flow.Requests() - before; n != 0 {
		t.Errorf("requests to Flow for an unchanged product = %d, want none", n)
	}
	runs := r.wantRuns(2, ofEvent("again"))
	if len(runs) != 2 || runs[0].Result != "unchanged" || runs[1].Result != "unchanged" {
		t.Errorf("runs = %+v, want an unchanged one per tenant", runs)
	}
}

func TestDeletedProductGoesOffSale(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(h *harness){
		"by the GUI": func(h *harness) { h.omnium.SoftDelete("ff-1041") },
		"by the API": func(h *harness) { h.omnium.HardDelete("ff-1041") },
	} {
		for _, spelling := range []string{"ff-1041", "ff-1041_no", "ff-1041-M"} {
			t.Run(name+", told of "+spelling, func(t *testing.T) {
				t.Parallel()
				h := newHarness(t)
				h.omnium.PutProduct(jacket("ff-1041"))
				r := h.start()
				r.deliver(h.changed(spelling))
				h.settled()
				remove(h)
				r.deliver(h.removed(spelling))
				h.settled()
				h.wantOffSale(norway, "ff1041M", "ff1041L")
				h.wantOffSale(sweden, "ff1041M", "ff1041L")
			})
		}
	}
}

func (h *harness) wantOffSale(id tenant.ID, uids ...string) {
	h.Helper()
	for _, uid := range uids {
		if p, exists := h.flowProduct(id, uid); !exists || p.AllowPurchase || p.DiscontinuedFrom.At.IsZero() {
			h.Errorf("%s in %s = %+v, want it off sale with a date", uid, id, p)
		}
	}
}

func TestProductLeavesAMarketAndComesBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	sell := func(markets ...string) {
		h.omnium.PatchProduct("ff-1041", func(p *omnium.Product) { p.MarketIDs = markets })
		r.deliver(h.changed("ff-1041"))
		h.settled()
	}
	sell("NOR", "SWE")
	sell("NOR")
	h.wantOffSale(sweden, "ff1041M", "ff1041L")
	if p, _ := h.flowProduct(norway, "ff1041M"); !p.AllowPurchase {
		t.Errorf("product in %s = %+v, want it on sale", norway, p)
	}
	sell("NOR", "SWE")
	if p, _ := h.flowProduct(sweden, "ff1041M"); !p.AllowPurchase || !p.DiscontinuedFrom.At.IsZero() {
		t.Errorf("product in %s = %+v, want it on sale again and the date cleared", sweden, p)
	}
}

func TestVariantsComeAndGo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	keep := func(variants []omnium.Product) {
		h.omnium.PatchProduct("ff-1041", func(p *omnium.Product) { p.Variants = variants })
		r.deliver(h.changed("ff-1041"))
		h.settled()
	}
	all := jacket("ff-1041").Variants
	keep(all)
	keep(all[:1])
	h.wantOffSale(norway, "ff1041L")
	keep(all)
	if p, _ := h.flowProduct(norway, "ff1041L"); !p.AllowPurchase || !p.DiscontinuedFrom.At.IsZero() {
		t.Errorf("variant that came back = %+v, want it on sale again", p)
	}
}

func TestFieldsThatAreGoneAreCleared(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	r := h.start()
	r.deliver(h.changed("ff-1041"))
	h.settled()
	h.omnium.PatchProduct("ff-1041", func(p *omnium.Product) {
		p.Brand, p.MainCategoryID, p.MainCategoryName, p.Description = "", "", "", ""
		p.Cost, p.CostCurrency, p.Weight, p.Colli, p.Prices = "", "", "", nil, nil
		p.Properties = p.Properties[:1]
	})
	r.deliver(h.changed("ff-1041"))
	h.settled()
	if p, _ := h.flowProduct(norway, "ff1041M"); p.Weight != nil || p.BrandUID != "" || p.RecommendedRetailPrice != nil {
		t.Errorf("product = %+v, want neither weight, brand nor price", p)
	}
}

func TestParkedEventIsQueuedOnceItsMarketIsServed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	text, _, _ := strings.Cut(h.configText(), "markets:\n")
	text = strings.Replace(text, "  properties:\n", "  properties:\n    UseMarketGroupFlowTenants: \"true\"\n", 1)
	h.config = h.save(text + "marketGroups: [{ group: nordic }]\n")
	markets := []omnium.Market{{MarketID: "NOR", MarketGroupID: "nordic"}, {MarketID: "FIN"}}
	h.omnium.SetMarkets(markets)
	r := h.start()
	// Until the group's members have been read, an event of any market goes to every tenant.
	events := 0
	h.eventually("an event of a market that nobody serves is parked", func() error {
		events++
		id := fmt.Sprintf("cup%d", events)
		h.omnium.PutProduct(simple(id, "Kopp"))
		got := r.deliver(h.omnium.Event(omniumtest.Event{ObjectID: id, Market: "FIN"}))
		if got != (tally{Unrouted: 1}) {
			return fmt.Errorf("POST = %+v", got)
		}
		return nil
	})
	parked := fmt.Sprintf("cup%d", events)
	if got := r.metric("omniflow_parked_events"); got != "1" {
		t.Errorf("parked events = %q, want 1", got)
	}
	markets[1].MarketGroupID = "nordic"
	h.omnium.SetMarkets(markets)
	settings := omniumtest.Event{ObjectID: "settings", ClassName: "TenantSettings", OperationID: 297100}
	if got, want := r.deliver(h.omnium.Event(settings)), (tally{Ignored: 1}); got != want {
		t.Errorf("POST of the settings event = %+v, want %+v", got, want)
	}
	h.eventually("the parked event is worked on", func() error {
		if _, exists := h.flowProduct(norway, parked); !exists {
			return fmt.Errorf("%s does not exist", parked)
		}
		return nil
	})
	h.eventually("nothing is parked", func() error {
		if got := r.metric("omniflow_parked_events"); got != "0" {
			return fmt.Errorf("parked events = %q", got)
		}
		return nil
	})
}

func TestProductThatAppearsAfterItsEvent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	r.deliver(h.changed("late"))
	h.eventually("Omnium is asked for the product", func() error {
		if h.omnium.Calls(omniumtest.OpProductRaw) == 0 {
			return fmt.Errorf("no read")
		}
		return nil
	})
	h.omnium.PutProduct(simple("late", "Kopp"))
	h.settled()
}

func TestProductThatNeverExistedIsSkipped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	r.deliver(h.list(h.changed("never"), h.removed("gone")))
	h.settled()
	for _, run := range r.wantRuns(4, func(e entry) bool { return e.Settled == "acked" }) {
		if run.Result != "skipped" || run.Reason != "unknown_to_omnium" {
			t.Errorf("run = %+v, want it skipped", run)
		}
	}
	if n := h.writes(); n != 0 {
		t.Errorf("writes to Flow = %d, want none", n)
	}
}

func TestIdsWithOddCharacters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	for id, uid := range map[string]string{
		"A/B 1": "AB1", "c:d?e#f%20": "cdef20", "bl\u00e5b\u00e6r_1": "blbr_1", `q"uo\te`: "quote", "..x": "x",
	} {
		h.omnium.PutProduct(simple(id, "Produkt "+id))
		r.deliver(h.changed(id))
		h.settled()
		if p, _ := h.flowProduct(norway, uid); p.Name != "Produkt "+id {
			t.Errorf("product %s = %+v, want the one of %q", uid, p, id)
		}
	}
}

func TestPriceWindowOpensByItself(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	opens := time.Now().Add(1500 * time.Millisecond)
	p := simple("cup", "Kopp")
	p.Prices = []omnium.Price{
		{UnitPrice: "100", CurrencyCode: "NOK", MarketID: "NOR", TaxRate: "25"},
		{UnitPrice: "79.90", CurrencyCode: "NOK", MarketID: "NOR", TaxRate: "25", ValidFrom: omnium.Time{Time: opens}},
	}
	h.omnium.PutProduct(p)
	r := h.start()
	r.deliver(h.changed("cup"))
	for _, want := range []int64{10000, 7990} {
		h.eventually(fmt.Sprintf("the price is %d", want), func() error {
			if p, _ := h.flowProduct(norway, "cup"); p.RecommendedRetailPrice == nil || *p.RecommendedRetailPrice != want {
				return fmt.Errorf("product = %+v", p)
			}
			return nil
		})
	}
	if time.Now().Before(opens) {
		t.Errorf("the price changed before %v", opens)
	}
	h.settled()
}
