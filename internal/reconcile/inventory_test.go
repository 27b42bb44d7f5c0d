package reconcile_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestStockOfASku(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.pushed("lamp-1")
	w.has("lamp-1", "oslo", "12.5")
	w.has("lamp-1", "lager", "-2")
	w.has("lamp-1", "elsewhere", "7")
	w.want("first run", w.runStock("lamp-1"), "done pushed")
	w.wantStock("first run", lampStock(1250, -200, 0))

	w.want("again", w.runStock("lamp-1"), "done unchanged")
	before := w.calls()
	w.has("lamp-1", "lager", "3")
	w.want("a change", w.runStock("lamp-1"), "done pushed")
	w.wantStock("a change", lampStock(1250, 300, 0))
	if got := w.ops(before); got != "stock.batch" {
		t.Errorf("requests of a change = %q, want one", got)
	}
	w.omnium.Remove(omniumtest.InventoryItems, "lamp-1_oslo")
	w.want("a row less", w.runStock("lamp-1"), "done pushed")
	w.wantStock("a row less", lampStock(0, 300, 0))

	w.omnium.Remove(omniumtest.InventoryItems, "lamp-1_lager")
	w.omnium.Remove(omniumtest.InventoryItems, "lamp-1_elsewhere")
	deleted := w.stock("lamp-1")
	deleted.Cause.Change = event.Deleted
	w.want("no row left", w.handle(t, deleted)[0], "done pushed")
	w.wantStock("no row left", lampStock(0, 0, 0))
}

// TestStockWaitsForItsProduct sends nothing of a sku that Flow does not know, and finishes by itself.
func TestStockWaitsForItsProduct(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.has("boot-41", "oslo", "4")
	before := w.calls()
	w.want("before the product", w.runStock("boot-41"), "done waiting waiting_for_product")
	if got := w.ops(before); got != "" {
		t.Errorf("requests to Flow = %q, want none", got)
	}
	last := w.drain(w.process) // the product's job, which was asked for by the sku
	w.want("in the end", last["boot-41"], "done pushed")
	want := map[string]int64{"oslo/oslo/boot41": 400, "oslo/lager/boot41": 0, "bergen/bergen/boot41": 0}
	w.wantStock("in the end", want)
	w.has("nobody", "oslo", "1")
	last = w.drainStock(w.process, "nobody")
	w.want("a sku without a product", last["nobody"], "done skipped refers_to_unknown")
	w.wantStock("a sku without a product", want)
}

// TestStockOfEveryID: what an event about inventory names is not documented.
func TestStockOfEveryID(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.drain(w.process, "lamp-1", "boot")
	w.has("boot-41", "oslo", "4")
	w.has("lamp-1", "oslo", "5")
	for _, test := range []struct {
		id, first string
		asked     string
	}{
		{"boot", "deferred read", ""},
		{"lamp-1_oslo", "done rekeyed alias_of_lamp-1", "[lamp-1]"},
		{"boot-41_lager", "done rekeyed alias_of_boot-41", "[boot-41]"},
	} {
		o := w.runStock(test.id)
		if test.asked == "" {
			w.want(test.id, o, "deferred not_found_yet")
			continue
		}
		w.want(test.id, o, test.first)
		if got := fmt.Sprint(w.asked()); got != test.asked {
			t.Errorf("%s asked for %s, want %s", test.id, got, test.asked)
		}
	}
	last := w.drainStock(w.process, "boot", "boot_no", "lamp-1_oslo", "_oslo", "none_nowhere")
	w.want("a product", last["boot"], "done rekeyed alias_of_skus")
	w.want("a document", last["boot_no"], "done rekeyed alias_of_skus")
	w.want("no sku", last["_oslo"], "done skipped unknown_to_omnium")
	w.want("unknown", last["none_nowhere"], "done skipped unknown_to_omnium")
	if err := w.stockDisagreement("lamp-1", "boot-41", "boot-42"); err != nil {
		t.Error(err)
	}
}

func TestStockIsReadInTime(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.pushed("lamp-1")
	w.omnium.Now = func() time.Time { return time.Now().Add(-time.Minute) }
	w.has("lamp-1", "oslo", "1")
	w.want("older than its event", w.runStock("lamp-1"), "deferred read_too_early")
	j := w.stock("lamp-1")
	w.want("once", w.handle(t, j)[0], "deferred read_too_early")
	w.want("and then no more", w.handle(t, j)[0], "done pushed")
}

// TestStockInBulk reads a backlog by search and what is fresh by sku, because the search is behind.
func TestStockInBulk(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	var jobs []job.Job
	for i := range 20 {
		sku := fmt.Sprintf("s%02d", i)
		w.put(omnium.Product{ID: sku + "_no", ProductID: sku, SkuID: sku, Language: "no", IsActive: true, Name: sku})
		w.pushed(sku)
		w.has(sku, "oslo", omnium.Number(fmt.Sprint(i)))
		w.has(sku, "elsewhere", "1")
		jobs = append(jobs, w.old(sku))
	}
	w.omnium.Remove(omniumtest.InventoryItems, "s07_oslo")
	w.omnium.InventoryPage = 5
	w.omnium.ResetCalls()
	before := w.calls()
	for i, o := range w.handle(t, jobs...) {
		w.want(jobs[i].ID, o, "done pushed")
	}
	if n := w.omnium.Calls(omniumtest.OpInventory); n != 0 || w.omnium.Calls(omniumtest.OpInventorySearch) != 1 {
		t.Errorf("%d reads by sku, want one search instead", n)
	}
	if got := w.ops(before); got != "stock.read stock.batch stock.read stock.batch" {
		t.Errorf("requests to Flow = %q, want a look and a write per store", got)
	}
	if got := w.inFlow(); len(got) != 60 || got["oslo/oslo/s19"] != 1900 || got["oslo/oslo/s07"] != 0 {
		t.Errorf("stock in Flow = %v", got)
	}

	w.omnium.IndexLag = time.Hour
	w.omnium.ResetCalls()
	w.has("s01", "oslo", "50")
	jobs[1] = w.stock("s01")
	for i, o := range w.handle(t, jobs...) {
		if o.Verdict != job.Done {
			t.Errorf("%s = %s, want done", jobs[i].ID, show(o))
		}
	}
	if got := w.inFlow()["oslo/oslo/s01"]; got != 5000 || w.omnium.Calls(omniumtest.OpInventory) != 1 {
		t.Errorf("fresh stock = %d after %d reads by sku, want 5000 after one", got, w.omnium.Calls(omniumtest.OpInventory))
	}
}

// TestOneBadStockItem buries its own job alone, whatever is wrong with it.
func TestOneBadStockItem(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	var jobs []job.Job
	for _, sku := range []string{"a", "b", "c", "d", "ø"} {
		w.put(omnium.Product{ID: sku + "_no", ProductID: sku, SkuID: sku, Language: "no", IsActive: true, Name: sku})
		w.drain(w.process, sku)
		w.has(sku, "oslo", "1")
		jobs = append(jobs, w.old(sku))
	}
	w.has("b", "oslo", "many")
	if err := w.omnium.Put(omniumtest.InventoryItems, json.RawMessage(`{"sku":"c","warehouseCode":"oslo","cost":1,"costCurrency":[]}`)); err != nil {
		t.Fatal(err)
	}
	wants := []string{
		"done pushed", "permanent bad_number", "permanent omnium_unreadable", "done pushed", "permanent uid_empty",
	}
	for i, o := range w.handle(t, jobs...) {
		w.want(jobs[i].ID, o, wants[i])
	}
	if err := w.stockDisagreement("a", "d"); err != nil {
		t.Error(err)
	}
}

// TestStockOfALostProduct: Flow has lost a product, or never had it. Its stock waits and holds up nobody.
func TestStockOfALostProduct(t *testing.T) {
	t.Parallel()
	for name, resources := range map[string][]string{
		"products are exported": {"product", "inventory"}, "products are not exported": {"inventory"},
	} {
		w := newStockWorld(t, stockOf(resources, nil))
		w.emptyFlow()
		w.storesInFlow()
		w.has("lamp-1", "oslo", "1")
		w.has("other", "oslo", "2")
		w.bring("product", "lamp1", "other")
		if _, err := w.target.PutProduct(t.Context(), flow.Product{ProductUID: "other"}, false); err != nil {
			t.Fatal(err)
		}
		outcomes := w.handle(t, w.stock("lamp-1"), w.stock("other"))
		w.want(name+": the lost one", outcomes[0], "done waiting waiting_for_product")
		w.want(name+": its neighbour", outcomes[1], "done pushed")
		last := w.drain(w.process, "lamp-1")
		if resources[0] == "product" {
			w.want(name+": when it is back", last["lamp-1"], "done pushed")
			if err := w.stockDisagreement("lamp-1", "other"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestStockIsRefused buries what Flow refuses for another reason than a missing product.
func TestStockIsRefused(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.pushed("lamp-1")
	w.has("lamp-1", "oslo", "1")
	w.refuse(flow.StockBatch, http.StatusUnprocessableEntity)
	w.want("refused", w.runStock("lamp-1"), "permanent flow_refused_422")
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Op == flow.StockBatch {
			return flowtest.Fault{Status: http.StatusUnprocessableEntity}
		}
		return flowtest.Fault{Status: http.StatusInternalServerError}
	})
	w.want("refused, and nobody knows why", w.runStock("lamp-1"), "failed flow_failed")
	w.flow.SetFault(nil)
	w.want("taken", w.runStock("lamp-1"), "done pushed")
	w.wantStock("taken", lampStock(100, 0, 0))
}

// TestStockUIDCollision: of two skus that fall on one uid the stock is that of the product's own.
func TestStockUIDCollision(t *testing.T) {
	t.Parallel()
	for name, resources := range map[string][]string{
		"products are exported": {"product", "inventory"}, "products are not exported": {"inventory"},
	} {
		w := newStockWorld(t, stockOf(resources, nil))
		if resources[0] == "product" {
			w.pushed("lamp-1")
		} else if _, err := w.target.PutProduct(t.Context(), flow.Product{ProductUID: "lamp1"}, false); err != nil {
			t.Fatal(err)
		}
		w.has("lamp-1", "oslo", "1")
		w.has("lamp.1", "oslo", "2")
		w.want(name, w.runStock("lamp-1"), "done pushed")
		o := w.runStock("lamp.1")
		w.want(name, o, "permanent uid_collision")
		wantNames(t, o, "lamp-1", "lamp.1")
		w.wantStock(name, lampStock(100, 0, 0))
	}
}

// TestStockOfARenamedSku: the uid was made from an older spelling of the same product's sku.
func TestStockOfARenamedSku(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.pushed("boot")
	w.patch("boot", func(p *omnium.Product) { p.Variants[0].SkuID = "boot.41" })
	w.pushed("boot")
	w.has("boot.41", "oslo", "3")
	w.want("renamed", w.runStock("boot.41"), "done pushed")
	if got := w.inFlow()["oslo/oslo/boot41"]; got != 300 {
		t.Errorf("stock = %d, want 300", got)
	}
}

// TestStockWaitsForItsWarehouse: the stores bring what is missing, and stock follows by itself.
func TestStockWaitsForItsWarehouse(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t, stockOf([]string{"product", "inventory", "store"}, tenant.Properties{
		"OrganizationUid": "chain", "MainPricesListUid": "main",
	}))
	w.emptyFlow()
	w.pushed("lamp-1")
	w.has("lamp-1", "oslo", "1")
	before := w.calls()
	w.want("nothing is there", w.runStock("lamp-1"), "done waiting waiting_for_warehouse")
	if got := w.ops(before); got != "" {
		t.Errorf("requests to Flow = %q, want none", got)
	}
	last := w.drain(w.process)
	w.want("in the end", last["lamp-1"], "done pushed")
	w.wantStock("in the end", lampStock(100, 0, 0))
}

// TestStockPlacesGo: stock in a place that is none any more is zero, except where Flow is the master.
func TestStockPlacesGo(t *testing.T) {
	t.Parallel()
	change := func(id string, change func(map[string]any)) func(*stockWorld) {
		return func(w *stockWorld) {
			if !w.omnium.Patch(omniumtest.Stores, id, change) {
				w.Fatalf("no store %s", id)
			}
			w.oms.ForgetStores()
		}
	}
	tests := map[string]struct {
		change func(*stockWorld)
		vary   tenant.Properties
		want   map[string]int64
	}{
		"leaves the markets":      {change("bergen", func(d map[string]any) { d["availableOnMarkets"] = []string{"SWE"} }), nil, lampStock(100, 200, 0)},
		"inactive":                {change("bergen", func(d map[string]any) { d["isInactive"] = true }), nil, lampStock(100, 200, 0)},
		"warehouse is not listed": {change("oslo", func(d map[string]any) { d["availableWarehouses"] = nil }), nil, lampStock(100, 0, 300)},
		"store is deleted":        {func(w *stockWorld) { w.omnium.Remove(omniumtest.Stores, "bergen"); w.oms.ForgetStores() }, nil, lampStock(100, 200, 300)},
		"warehouses collide": {change("oslo", func(d map[string]any) {
			d["availableWarehouses"] = []map[string]any{{"warehouseCode": "lager"}, {"warehouseCode": "lag.er"}}
		}), nil, lampStock(100, 200, 300)},
		"Flow becomes the master": {func(*stockWorld) {}, tenant.Properties{"FlowStockMasterStores": "x, BERGEN"}, lampStock(100, 200, 300)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStockWorld(t)
			w.pushed("lamp-1")
			w.has("lamp-1", "oslo", "1")
			w.has("lamp-1", "lager", "2")
			w.has("lamp-1", "bergen", "3")
			w.want("before", w.runStock("lamp-1"), "done pushed")
			test.change(w)
			w.vary = append(w.vary, stockOf([]string{"product", "inventory"}, test.vary))
			w.process = w.startStock()
			w.want(name, w.runStock("lamp-1"), "done pushed")
			w.wantStock(name, test.want)
			w.want("again", w.runStock("lamp-1"), "done unchanged")
		})
	}
}

// TestNoStockPlaces reads nothing when Flow is the master everywhere.
func TestNoStockPlaces(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t, stockOf([]string{"inventory"}, tenant.Properties{tenant.PropStockMaster: "false"}))
	w.has("lamp-1", "oslo", "1")
	w.want("Flow is the master", w.runStock("lamp-1"), "done skipped no_stock_places")
	if n := w.omnium.Calls(omniumtest.OpInventory); n != 0 {
		t.Errorf("%d reads, want none", n)
	}
}

// TestStockMasterPerMarket: a market says who is the master of its stores, and a store of two markets that
// differ is left to Flow.
func TestStockMasterPerMarket(t *testing.T) {
	t.Parallel()
	split := func(o *reconcile.Options) {
		t := *o.Tenant
		t.StockMasters = tenant.StockMasters{Markets: map[string]bool{"nor": true, "swe": false}}
		o.Tenant, o.Markets = &t, func() []string { return []string{"NOR", "SWE"} }
	}
	w := newStockWorld(t, split)
	w.omnium.Patch(omniumtest.Stores, "bergen", func(d map[string]any) { d["availableOnMarkets"] = []string{"NOR", "SWE"} })
	w.pushed("lamp-1")
	w.has("lamp-1", "oslo", "1")
	w.has("lamp-1", "bergen", "1")
	w.want("split", w.runStock("lamp-1"), "done pushed")
	w.wantStock("split", map[string]int64{"oslo/oslo/lamp1": 100, "oslo/lager/lamp1": 0})
}

func TestStockProperties(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t, stockOf([]string{"product", "inventory"}, tenant.Properties{
		"StockFigure": "available", "UseCostPriceListInInventoryExport": "true", "FlowWebWarehouse": "web",
	}))
	w.omnium.Patch(omniumtest.Stores, "lager", func(d map[string]any) { d["isWebWarehouse"] = true })
	w.pushed("lamp-1")
	w.item(omnium.InventoryItem{SKU: "lamp-1", WarehouseCode: "lager", Inventory: "1", ReservedInventory: "2.5", Cost: "92.505"})
	w.want("properties", w.runStock("lamp-1"), "done pushed")
	w.wantStock("properties", map[string]int64{"oslo/oslo/lamp1": 0, "oslo/web/lamp1": -150, "bergen/bergen/lamp1": 0})
	if cost := w.snapshot().Stock["oslo"]["web/lamp1"].CostPrice; cost == nil || *cost != 9251 {
		t.Errorf("cost = %v, want 9251", cost)
	}
}

func TestStockWithoutVendors(t *testing.T) {
	t.Parallel()
	w := newStockWorld(t)
	w.pushed("lamp-1")
	w.has("lamp-1", "oslo", "1")
	away := ""
	w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusServiceUnavailable, nil, r.URL.Path == away
	}
	away = "/api/Stores"
	w.want("without stores", w.runStock("lamp-1"), "snoozed omnium_unavailable")
	away = "/api/Inventory/lamp-1"
	w.want("without inventory", w.runStock("lamp-1"), "snoozed omnium_unavailable")
	var jobs []job.Job
	for i := range 5 {
		jobs = append(jobs, w.old(fmt.Sprint("x", i)))
	}
	away = "/api/Inventory/Search"
	w.want("without the search", w.handle(t, jobs...)[4], "snoozed omnium_unavailable")
	away = ""
	w.refuse(flow.StockBatch, http.StatusServiceUnavailable)
	w.want("without Flow", w.runStock("lamp-1"), "failed flow_failed")
	w.flow.SetFault(nil)
	w.redis.SetError("LOADING")
	w.want("without Redis", w.runStock("lamp-1"), "failed ledger_unavailable")
	w.redis.SetError("")
	away = "/api/Stores"
	w.oms.ForgetStores()
	w.want("with the stores as they were", w.runStock("lamp-1"), "done pushed")
}
