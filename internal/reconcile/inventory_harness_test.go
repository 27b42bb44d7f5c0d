package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

// stockWorld is a world whose jobs are of inventory and, as they ask for each other, of products.
type stockWorld struct {
	*world

	vary []func(*reconcile.Options)
}

// byResource hands each job to the handler of its resource.
type byResource map[event.Resource]handler

// Handle implements worker.Handler.
func (h byResource) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	of := map[event.Resource][]job.Job{}
	for _, j := range jobs {
		of[j.Resource] = append(of[j.Resource], j)
	}
	for resource, some := range of {
		if h[resource] == nil {
			for _, j := range some {
				settle(j, job.Outcome{Verdict: job.Done, Result: job.Skipped, Reason: "no_handler"})
			}
			continue
		}
		h[resource].Handle(ctx, some, settle)
	}
}

// stockOf sets the resources and some properties of the tenant.
func stockOf(resources []string, properties tenant.Properties) func(*reconcile.Options) {
	return func(o *reconcile.Options) {
		t := *o.Tenant
		t.Resources = resources
		t.Properties = tenant.Properties{"DefaultVatCodeUid": "vat25", tenant.PropStockMaster: "true"}
		maps.Copy(t.Properties, properties)
		o.Tenant = &t
	}
}

// newStockWorld has the stores oslo, which is a warehouse and is served by one called lager, and bergen,
// and the product lamp-1 and boot with its two variants.
func newStockWorld(t *testing.T, vary ...func(*reconcile.Options)) *stockWorld {
	t.Helper()
	both := stockOf([]string{"product", "inventory"}, nil)
	w := &stockWorld{world: newWorld(t), vary: append([]func(*reconcile.Options){both}, vary...)}
	w.omnium.SetStores([]omnium.Store{
		{
			ID: "oslo", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"NOR"},
			AvailableWarehouses: []omnium.StoreWarehouse{{WarehouseCode: "lager"}},
		},
		{ID: "bergen", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"nor"}},
		{ID: "lager", IsWarehouse: true, AvailableOnMarkets: []string{"NOR"}},
	})
	w.put(lamp(), boot())
	w.process = w.startStock()
	w.storesInFlow()
	return w
}

// storesInFlow creates the stores and their warehouses, and one for the web, as somebody has who does not
// export stores.
func (w *stockWorld) storesInFlow() {
	w.Helper()
	err := w.target.EnsureOrganization(w.Context(), flow.Organization{OrganizationUID: "chain", Name: "Chain"})
	for store, warehouses := range map[string][]string{"oslo": {"oslo", "lager", "web"}, "bergen": {"bergen"}} {
		s := flow.Store{StoreUID: store, Name: store, OrganizationUID: "chain"}
		_, failed := w.target.CreateStore(w.Context(), s, flow.StoreCreation{})
		err = errors.Join(err, failed)
		for _, uid := range warehouses {
			_, failed := w.target.PutWarehouse(w.Context(), store, flow.Warehouse{WarehouseUID: uid, Name: uid}, false, 0)
			err = errors.Join(err, failed)
		}
	}
	if err != nil {
		w.Fatalf("create stores in Flow: %v", err)
	}
}

func (w *stockWorld) startStock() *process {
	w.Helper()
	p := w.start(w.vary...)
	stock, err := reconcile.NewInventory(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewInventory: %v", err)
	}
	stores, err := reconcile.NewStore(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewStore: %v", err)
	}
	p.handler = byResource{event.Product: p.handler, event.Inventory: stock, event.Store: stores}
	return p
}

// stock is the job of an event about inventory that has just happened.
func (w *stockWorld) stock(id string) job.Job {
	j := w.changed(id)
	j.Resource = event.Inventory
	return j
}

// old is the job of an event about inventory that is of an hour ago.
func (w *stockWorld) old(id string) job.Job { return aged(w.stock(id)) }

func (w *stockWorld) runStock(id string) job.Outcome {
	w.Helper()
	return w.handle(w, w.stock(id))[0]
}

// drainStock plays the queue until nothing is due and returns the last outcome of each id.
func (w *stockWorld) drainStock(p *process, ids ...string) map[string]job.Outcome {
	w.Helper()
	for _, id := range ids {
		w.enqueue(w.stock(id))
	}
	return w.drain(p)
}

// has sets how much of a sku a warehouse has.
func (w *stockWorld) has(sku, warehouse string, quantity omnium.Number) {
	w.Helper()
	w.item(omnium.InventoryItem{SKU: sku, WarehouseCode: warehouse, Inventory: quantity})
}

func (w *stockWorld) item(item omnium.InventoryItem) {
	w.Helper()
	if err := w.omnium.Put(omniumtest.InventoryItems, item); err != nil {
		w.Fatal(err)
	}
}

// inFlow lists what Flow has as store/warehouse/product: hundredths.
func (w *stockWorld) inFlow() map[string]int64 {
	w.Helper()
	all := map[string]int64{}
	for store, stock := range w.snapshot().Stock {
		for key, s := range stock {
			all[store+"/"+key] = s.QuantityStock
		}
	}
	return all
}

func (w *stockWorld) wantStock(call string, want map[string]int64) {
	w.Helper()
	if diff := cmp.Diff(want, w.inFlow()); diff != "" {
		w.Errorf("%s: stock in Flow (-want +got):\n%s", call, diff)
	}
}

// bring records that another handler has brought something to Flow.
func (w *stockWorld) bring(kind string, uids ...string) {
	w.Helper()
	prints := map[string]ledger.Print{}
	for _, uid := range uids {
		prints[uid] = ledger.Print{Body: "there", There: true}
	}
	if err := w.ledger.SavePrints(w.Context(), fjell, kind, prints); err != nil {
		w.Fatal(err)
	}
}

// lampStock is the stock of the lamp in its three places.
func lampStock(oslo, lager, bergen int64) map[string]int64 {
	return map[string]int64{
		"oslo/oslo/lamp1": oslo, "oslo/lager/lamp1": lager, "bergen/bergen/lamp1": bergen,
	}
}

// stockDisagreement is what keeps Flow from having the stock of every sku that was named; nil when nothing
// does.
func (w *stockWorld) stockDisagreement(skus ...string) error {
	rules := mapping.StockRules{Markets: []mapping.StockMarket{{ID: "NOR", OmniumIsMaster: true}}}
	places := mapping.StockPlaces(omniumtest.Documents[omnium.Store](w.omnium, omniumtest.Stores), &rules)
	state := w.snapshot()
	for _, sku := range skus {
		var items []omnium.InventoryItem
		for _, item := range omniumtest.Documents[omnium.InventoryItem](w.omnium, omniumtest.InventoryItems) {
			if item.SKU == sku {
				items = append(items, item)
			}
		}
		stock, err := mapping.Stock(sku, items, places, &rules)
		if err != nil {
			return err
		}
		held := map[string]bool{}
		for i, want := range stock {
			key := want.WarehouseUID + "/" + want.ProductUID
			held[places[i].StoreUID+"/"+key] = true
			if diff := cmp.Diff(want, state.Stock[places[i].StoreUID][key]); diff != "" {
				return fmt.Errorf("%s at %s (-want +got):\n%s", sku, places[i].StoreUID, diff)
			}
		}
		if err := noneElse(state.Stock, held, stock[0].ProductUID); err != nil {
			return err
		}
	}
	return nil
}

// noneElse finds stock of a product in a place where none shall be.
func noneElse(all map[string]map[string]flow.Stock, held map[string]bool, product string) error {
	for store, stock := range all {
		for key, s := range stock {
			if s.ProductUID == product && !held[store+"/"+key] && s.QuantityStock != 0 {
				return fmt.Errorf("%d of %s left at %s", s.QuantityStock, key, store)
			}
		}
	}
	return nil
}
