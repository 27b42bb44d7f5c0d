package flow_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/rest"
)

func acme() flow.Organization {
	return flow.Organization{OrganizationUID: "acme", Name: "Acme", VATNumber: "999", IsActive: true}
}

func osloStore() flow.Store {
	return flow.Store{
		StoreUID: "oslo", Name: "Oslo", IsActive: true, OrganizationUID: "acme", Address: "Gata 1", City: "Oslo",
		PostalCode: "0355", CountryCode: "NO", Email: "oslo@x.example", Phone: "+47", Latitude: "59.929120",
		Longitude: "-10.7", ExternalID: "NOR", VATNumber: "999",
		OpeningHours: []flow.OpeningHours{
			{Day: "MONDAY", IsOpen: true, OpenFrom: "10:00", OpenTo: "19:00"},
			{Date: "2026-12-24", Label: "Eve"},
		},
	}
}

// withStore puts a store and its organization there.
func (w world) withStore(t *testing.T, s flow.Store) world {
	t.Helper()
	err := w.client.EnsureOrganization(t.Context(), acme())
	if err == nil {
		_, err = w.client.CreateStore(t.Context(), s, flow.StoreCreation{SalesPriceUID: "main"})
	}
	if err != nil {
		t.Fatalf("create store %s: %v", s.StoreUID, err)
	}
	return w
}

func TestStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	for _, call := range []error{
		w.client.UpdateStore(t.Context(), osloStore(), 0), w.client.DeactivateStore(t.Context(), "oslo"),
	} {
		if answer, ok := errors.AsType[*rest.Error](call); !errors.Is(call, flow.ErrNotFound) || !ok || answer.StatusCode != 404 {
			t.Errorf("update of an unknown store = %v, want ErrNotFound and the answer", call)
		}
	}
	w.withStore(t, osloStore())
	state := w.snapshot(t)
	if diff := cmp.Diff(osloStore(), state.Stores["oslo"]); diff != "" {
		t.Errorf("created store (-sent +held):\n%s", diff)
	}
	if diff := cmp.Diff(flow.StoreCreation{SalesPriceUID: "main"}, state.StoreCreations["oslo"]); diff != "" {
		t.Errorf("fields of a create (-sent +held):\n%s", diff)
	}
	changed := osloStore()
	changed.Name, changed.Email, changed.OpeningHours = "Oslo S", "", nil
	if err := w.client.UpdateStore(t.Context(), changed, flow.Present(osloStore())); err != nil {
		t.Fatal(err)
	}
	if err := w.client.DeactivateStore(t.Context(), "oslo"); err != nil {
		t.Fatal(err)
	}
	changed.IsActive = false
	if diff := cmp.Diff(changed, w.snapshot(t).Stores["oslo"]); diff != "" {
		t.Errorf("updated and closed store (-sent +held):\n%s", diff)
	}
}

// TestCreateStoreThatExists updates it, and leaves alone what only a create says.
func TestCreateStoreThatExists(t *testing.T) {
	t.Parallel()
	for existing, want := range map[int]string{
		409: "store.create store.update",
		400: "store.create store.get store.update",
	} {
		w := newWorld(t, flowtest.Options{ExistingStatus: existing}).withStore(t, osloStore())
		before := len(w.flow.Log())
		changed := osloStore()
		changed.Name = "Oslo S"
		created, err := w.client.CreateStore(t.Context(), changed, flow.StoreCreation{SalesPriceUID: "other"})
		if err != nil || created || w.ops(before) != want {
			t.Errorf("CreateStore = %v, %v, called %q; want an update by %q", created, err, w.ops(before), want)
		}
		state := w.snapshot(t)
		if state.Stores["oslo"].Name != "Oslo S" || state.StoreCreations["oslo"].SalesPriceUID != "main" {
			t.Errorf("store = %+v, %+v; want the new name and the first price list", state.Stores["oslo"], state.StoreCreations["oslo"])
		}
	}
}

func TestEnsureOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	for _, name := range []string{"First", "Second"} {
		o := acme()
		o.Name = name
		if err := w.client.EnsureOrganization(t.Context(), o); err != nil {
			t.Fatalf("EnsureOrganization(%s): %v", name, err)
		}
	}
	if got, want := w.ops(0), "organization.list organization.create organization.list"; got != want {
		t.Errorf("EnsureOrganization called %q, want %q", got, want)
	}
	if got := w.snapshot(t).Organizations["acme"].Name; got != "First" {
		t.Errorf("organization is called %q, want First", got)
	}
}

func TestPutBelowStores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{WarehousesShareUIDs: true}).withStore(t, osloStore())
	north := osloStore()
	north.StoreUID = "north"
	w.withStore(t, north)
	warehouse := flow.Warehouse{WarehouseUID: "w", Name: "W", ExternalID: "w-1"}
	list := flow.PriceList{PriceListUID: "l", Name: "L", ExternalID: "l-1"}
	put := func(known bool, clear flow.Fields) [2]bool {
		t.Helper()
		a, errA := w.client.PutWarehouse(t.Context(), "oslo", warehouse, known, clear)
		b, errB := w.client.PutPriceList(t.Context(), list, known, clear)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("put, known %v: %v", known, err)
		}
		return [2]bool{a, b}
	}
	for i, want := range [][2]bool{{true, true}, {false, false}, {false, false}} {
		if i == 2 {
			warehouse.ExternalID, list.ExternalID = "", ""
		}
		if got := put(i != 1, flow.Present(warehouse)|0b10); got != want {
			t.Errorf("put %d: created %v, want %v", i, got, want)
		}
	}
	state := w.snapshot(t)
	if state.Warehouses["oslo"]["w"] != warehouse || state.PriceLists["l"] != list {
		t.Errorf("Flow holds %+v, %+v; want %+v, %+v", state.Warehouses, state.PriceLists, warehouse, list)
	}
	before := len(w.flow.Log())
	_, err := w.client.PutWarehouse(t.Context(), "north", warehouse, false, 0)
	if answer, ok := errors.AsType[*rest.Error](err); !ok || answer.StatusCode != 404 || answer.Label != flow.WarehouseUpdate {
		t.Errorf("PutWarehouse of another store's = %v, want the 404 of the update", err)
	}
	if got, want := w.ops(before), "warehouse.create warehouse.update"; got != want {
		t.Errorf("PutWarehouse of another store's called %q, want %q", got, want)
	}
}

// TestEmptyUIDsStayHere: Flow would make up a uid of its own.
func TestEmptyUIDsStayHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	_, errStore := w.client.CreateStore(t.Context(), flow.Store{}, flow.StoreCreation{})
	_, errWarehouse := w.client.PutWarehouse(t.Context(), "oslo", flow.Warehouse{}, false, 0)
	_, errList := w.client.PutPriceList(t.Context(), flow.PriceList{}, false, 0)
	for _, err := range []error{errStore, errWarehouse, errList} {
		if !errors.Is(err, flow.ErrBadUID) {
			t.Errorf("put without a uid = %v, want ErrBadUID", err)
		}
	}
	if len(w.flow.Log()) != 0 {
		t.Errorf("requests = %q, want none", w.ops(0))
	}
}

func TestCoordinatesKeepTheirDigits(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(flow.Store{Latitude: "59.929120"})
	if want := `{"name":"","isActive":false,"organizationUid":"","latitude":59.929120}`; err != nil || string(raw) != want {
		t.Errorf("Marshal = %s, %v; want %s", raw, err, want)
	}
}
