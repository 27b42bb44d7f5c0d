package reconcile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// newStoreWorld is a world whose process reconciles stores, for a tenant that wants price lists.
func newStoreWorld(t *testing.T, vary ...func(*reconcile.Options)) *world {
	t.Helper()
	w := newWorld(t)
	w.process = w.startStores(vary...)
	return w
}

func (w *world) startStores(vary ...func(*reconcile.Options)) *process {
	w.Helper()
	p := w.start(append([]func(*reconcile.Options){storeProperties(nil)}, vary...)...)
	var err error
	if p.handler, err = reconcile.NewStore(p.opts, w.oms, p.target); err != nil {
		w.Fatalf("NewStore: %v", err)
	}
	return p
}

// storeProperties sets connector properties; what is not given is as in most tests.
func storeProperties(given map[string]string) func(*reconcile.Options) {
	return func(o *reconcile.Options) {
		t := *o.Tenant
		t.Resources = []string{"store"}
		t.Properties = map[string]string{
			"OrganizationUid": "chain", "MainPricesListUid": "main", "PurchaseNumberSeriesUid": "purchases",
			"VoucherNumberSeriesUid": "vouchers", "StorePriceListsInFlow": "true",
		}
		maps.Copy(t.Properties, given)
		o.Tenant = &t
	}
}

// oslo is a primary store with everything: it is its own first warehouse, vestby is its second one.
func oslo() omnium.Store {
	return omnium.Store{
		ID: "os-lo", Name: "Oslo", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"nor"},
		AvailableWarehouses:  []omnium.StoreWarehouse{{WarehouseCode: "os-lo", Priority: 1}, {WarehouseCode: "vestby", Priority: 2}},
		Address:              omnium.StoreAddress{StreetName: "Storgata", StreetNumber: "1", Zipcode: "0155", City: "Oslo", CountryCode: "NO"},
		Email:                "oslo@fjell.example",
		OrganizationalNumber: "999 888 777", Latitude: "59.91", Longitude: "10.75",
		MondayOpeningHours: &omnium.OpeningHours{IsOpen: true, OpenFrom: "10:00:00", OpenTo: "18:00:00"},
	}
}

func vestby() omnium.Store {
	return omnium.Store{ID: "vestby", Name: "Vestby", IsWarehouse: true, AvailableOnMarkets: []string{"SWE"}}
}

// bergen is a primary store of the same company that vestby serves too.
func bergen() omnium.Store {
	s := oslo()
	s.ID, s.Name, s.IsWarehouse = "bergen", "Bergen", false
	s.AvailableWarehouses = []omnium.StoreWarehouse{{WarehouseCode: "vestby"}}
	return s
}

// putStores stores stores in Omnium.
func (w *world) putStores(stores ...omnium.Store) {
	w.Helper()
	for _, s := range stores {
		if err := w.omnium.Put(omniumtest.Stores, s); err != nil {
			w.Fatalf("Put(%s): %v", s.ID, err)
		}
	}
}

func (w *world) removeStore(id string) {
	w.Helper()
	if !w.omnium.Remove(omniumtest.Stores, id) {
		w.Fatalf("Omnium has no store %s", id)
	}
}

func edited(s omnium.Store, change func(*omnium.Store)) omnium.Store {
	change(&s)
	return s
}

// storeEvent is the job of an event about a store.
func (w *world) storeEvent(id string, change event.Change) job.Job {
	j := w.event(id, change)
	j.Resource = event.Store
	return j
}

// runStore runs the job of one store whose event is of now.
func (w *world) runStore(id string) job.Outcome {
	w.Helper()
	return w.handle(w, w.storeEvent(id, event.Changed))[0]
}

// drainStores runs the jobs of stores and what they ask for; see drain.
func (w *world) drainStores(p *process, ids ...string) map[string]job.Outcome {
	w.Helper()
	var due []job.Job
	for _, id := range ids {
		due = append(due, w.storeEvent(id, event.Changed))
	}
	return w.play(p, due)
}

// storesDisagree says where Flow is not what Omnium says of the tenant's stores; priceLists says
// whether each has one of its own.
func (w *world) storesDisagree(priceLists bool) error {
	w.Helper()
	docs := omniumtest.Documents[omnium.Store](w.omnium, omniumtest.Stores)
	state := w.snapshot()
	active := map[string]bool{}
	for _, doc := range docs {
		if !doc.IsPrimaryStore || !mapping.InMarkets(&doc, []string{"NOR"}) {
			continue
		}
		m, err := mapping.Store(&doc, mapping.StoreOptions{
			Markets: []string{"NOR"}, OrganizationUID: "chain", Hours: mapping.HoursAll,
		})
		if err != nil {
			return err
		}
		active[m.Store.StoreUID] = true
		if err := storeDiffers(docs, m, state.Stores[m.Store.StoreUID], state.Warehouses[m.Store.StoreUID]); err != nil {
			return err
		}
		if got := state.PriceLists[m.Store.StoreUID]; priceLists && got != m.PriceList {
			return fmt.Errorf("price list %s is %+v, want %+v", m.Store.StoreUID, got, m.PriceList)
		}
	}
	created := flow.StoreCreation{SalesPriceUID: "main", PurchaseNumberSeriesUID: "purchases", VoucherNumberSeriesUID: "vouchers"}
	for uid, s := range state.Stores {
		if s.IsActive && !active[uid] {
			return fmt.Errorf("store %s is active, but no store of the tenant", uid)
		}
		if state.StoreCreations[uid] != created {
			return fmt.Errorf("store %s was created with %+v, want %+v", uid, state.StoreCreations[uid], created)
		}
	}
	return nil
}

func storeDiffers(
	docs []omnium.Store, m *mapping.MappedStore, held flow.Store, warehouses map[string]flow.Warehouse,
) error {
	want := m.Store
	for _, warehouse := range m.Warehouses {
		at := slices.IndexFunc(docs, func(s omnium.Store) bool { return s.ID == warehouse.Code })
		got, there := warehouses[warehouse.UID]
		if at >= 0 && got != mapping.StoreWarehouse(warehouse, &docs[at]) {
			return fmt.Errorf("warehouse %s of %s is %+v", warehouse.UID, want.StoreUID, got)
		}
		if there && want.DefaultWarehouseUID == "" {
			want.DefaultWarehouseUID, want.DefaultReturnWarehouseUID = warehouse.UID, warehouse.UID
		}
	}
	if len(m.Warehouses) == 0 {
		want.DefaultWarehouseUID, want.DefaultReturnWarehouseUID = held.DefaultWarehouseUID, held.DefaultReturnWarehouseUID
	}
	if diff := cmp.Diff(want, held); diff != "" {
		return fmt.Errorf("store %s (-want +held):\n%s", want.StoreUID, diff)
	}
	return nil
}

// storesAgree fails the test unless Flow is what Omnium says.
func (w *world) storesAgree() {
	w.Helper()
	if err := w.storesDisagree(true); err != nil {
		w.Error(err)
	}
}

// putRaw stores a store in Omnium that may be malformed.
func (w *world) putRaw(document string) {
	w.Helper()
	if err := w.omnium.Put(omniumtest.Stores, json.RawMessage(document)); err != nil {
		w.Fatal(err)
	}
}

// loseStores takes everything from Flow but the company of the stores.
func (w *world) loseStores() {
	w.Helper()
	w.emptyFlow()
	err := w.target.EnsureOrganization(w.Context(), flow.Organization{OrganizationUID: "999888777", Name: "x"})
	if err != nil {
		w.Fatal(err)
	}
}
