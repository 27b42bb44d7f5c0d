package reconcile_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// TestStoreFirstPush checks the documented order (reference mapping.md §8.1).
func TestStoreFirstPush(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	o := w.runStore("os-lo")
	w.want("first run", o, "done pushed")
	want := "organization.list organization.create store.create warehouse.list warehouse.create " +
		"warehouse.list warehouse.create store.update pricelist.get pricelist.create"
	if got := w.ops(0); got != want {
		t.Errorf("requests of the first run:\ngot  %s\nwant %s", got, want)
	}
	if o.Reads != 3 || o.Writes != 6 {
		t.Errorf("Reads %d, Writes %d; want 3, 6", o.Reads, o.Writes)
	}
	w.storesAgree()
	state := w.snapshot()
	if got := state.Stores["oslo"]; got.DefaultWarehouseUID != "oslo" || got.ExternalID != "nor" || got.VATNumber != "999 888 777" {
		t.Errorf("store = %+v, want its own warehouse, its market and its number", got)
	}
	org := flow.Organization{OrganizationUID: "999888777", Name: "Oslo", VATNumber: "999 888 777", IsActive: true}
	if diff := cmp.Diff(map[string]flow.Organization{"999888777": org}, state.Organizations); diff != "" {
		t.Errorf("organizations (-want +held):\n%s", diff)
	}
}

func TestUnchangedStoreCostsNoFlowRequest(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	w.runStore("os-lo")
	before := w.calls()
	o := w.startStores().handle(t, w.storeEvent("os-lo", event.Changed))[0]
	w.want("second run", o, "done unchanged")
	if got := w.ops(before); got != "" || o.Writes != 0 || o.Reads != 2 {
		t.Errorf("second run: requests %q, Reads %d, Writes %d; want none, 2, 0", got, o.Reads, o.Writes)
	}
}

// TestStoreDifference: only what differs is sent, and what goes is cleared.
func TestStoreDifference(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*omnium.Store)
		want   string
	}{
		"name":         {func(s *omnium.Store) { s.Name = "Oslo S" }, "store.update warehouse.update pricelist.update"},
		"inactive":     {func(s *omnium.Store) { s.IsInactive = true }, "store.update"},
		"fields go":    {func(s *omnium.Store) { s.Email, s.Latitude, s.MondayOpeningHours = "", "", nil }, "store.update"},
		"priority":     {func(s *omnium.Store) { s.AvailableWarehouses[0].Priority = 3 }, "store.update"},
		"warehouse":    {func(s *omnium.Store) { s.AvailableWarehouses[1].WarehouseCode = "moss" }, "warehouse.list warehouse.create"},
		"no warehouse": {func(s *omnium.Store) { s.AvailableWarehouses, s.IsWarehouse = nil, false }, ""},
		"company":      {func(s *omnium.Store) { s.OrganizationalNumber = "" }, "organization.list organization.create store.update"},
		"same company": {func(s *omnium.Store) { s.OrganizationalNumber = "999888777" }, "store.update"},
		"phone":        {func(s *omnium.Store) { s.PhoneNumber = "22" }, "store.update"},
		"other market": {func(s *omnium.Store) { s.AvailableOnMarkets = []string{"SWE", "nor"} }, ""},
		"comma":        {func(s *omnium.Store) { s.Latitude = "59,910" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStoreWorld(t)
			w.putStores(oslo(), vestby(), omnium.Store{ID: "moss", Name: "Moss", IsWarehouse: true})
			w.runStore("os-lo")
			before := w.calls()
			w.putStores(edited(oslo(), test.change))
			if o := w.runStore("os-lo"); o.Verdict != job.Done {
				t.Errorf("run = %s, want done", show(o))
			}
			if got := w.ops(before); got != test.want {
				t.Errorf("requests = %q, want %q", got, test.want)
			}
			w.storesAgree()
		})
	}
}

func TestStoreIsKeptOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		store omnium.Store
		want  string
	}{
		"not primary":   {edited(oslo(), func(s *omnium.Store) { s.IsPrimaryStore = false }), "done skipped not_primary"},
		"not in market": {edited(oslo(), func(s *omnium.Store) { s.AvailableOnMarkets = []string{"SWE"} }), "done skipped not_in_markets"},
		"bad id":        {omnium.Store{ID: "øæ"}, "done skipped not_primary"},
		"bad uid":       {omnium.Store{ID: "øæ", IsPrimaryStore: true}, "permanent uid_empty"},
		"two warehouses": {
			edited(oslo(), func(s *omnium.Store) { s.AvailableWarehouses[1].WarehouseCode = "oslo" }), "permanent uid_duplicate",
		},
	} {
		w := newStoreWorld(t)
		w.putStores(test.store)
		w.want(name, w.runStore(test.store.ID), test.want)
		if got := w.ops(0); got != "" {
			t.Errorf("%s: requests = %q, want none", name, got)
		}
	}
	w := newStoreWorld(t)
	w.want("deleted", w.handle(t, w.storeEvent("gone", event.Deleted))[0], "done skipped unknown_to_omnium")
	w.want("not found yet", w.runStore("gone"), "deferred not_found_yet")
	w.putRaw(`{"id":"odd","name":[]}`)
	w.want("malformed", w.runStore("odd"), "permanent omnium_unreadable")
}

// TestStoreWithoutProperties: nothing but what is configured is sent.
func TestStoreWithoutProperties(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t, storeProperties(map[string]string{
		"StorePriceListsInFlow": "false", "StoreOpeningHours": "none", "VoucherNumberSeriesUid": "", "PurchaseNumberSeriesUid": "",
	}))
	w.putStores(edited(bergen(), func(s *omnium.Store) { s.OrganizationalNumber, s.AvailableWarehouses = "", nil }))
	w.want("run", w.runStore("bergen"), "done pushed")
	if got, want := w.ops(0), "organization.list organization.create store.create"; got != want {
		t.Errorf("requests = %q, want %q", got, want)
	}
	state := w.snapshot()
	if got := state.Stores["bergen"]; got.OpeningHours != nil || got.OrganizationUID != "chain" || got.VATNumber != "" {
		t.Errorf("store = %+v, want no hours and the organization of the chain", got)
	}
	if got := state.StoreCreations["bergen"]; got != (flow.StoreCreation{SalesPriceUID: "main"}) {
		t.Errorf("created with %+v, want the main price list alone", got)
	}
	if got := state.Organizations["chain"].Name; got != "chain" {
		t.Errorf("organization is called %q, want chain", got)
	}
}

// TestHoursBecomeFlows: hours that are not sent any more stay as they are in Flow.
func TestHoursBecomeFlows(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(bergen(), vestby())
	w.runStore("bergen")
	p := w.startStores(storeProperties(map[string]string{"StoreOpeningHours": "none"}))
	w.want("run", p.handle(t, w.storeEvent("bergen", event.Changed))[0], "done pushed")
	if got := w.snapshot().Stores["bergen"].OpeningHours; len(got) != 7 {
		t.Errorf("opening hours = %v, want those of before", got)
	}
}

// TestOrganizationIsShared: the first store names the company, later ones leave it alone.
func TestOrganizationIsShared(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby(), bergen())
	w.drainStores(w.process, "os-lo", "bergen")
	w.storesAgree()
	if got := w.flow.Calls(string(fjell), flow.OrganizationCreate); got != 1 {
		t.Errorf("organizations created = %d, want 1", got)
	}
	if got := w.snapshot().Organizations["999888777"].Name; got != "Oslo" {
		t.Errorf("organization is called %q, want Oslo", got)
	}
}

func TestMainPriceListIsNotAStores(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(edited(bergen(), func(s *omnium.Store) { s.ID = "ma-in" }), vestby())
	o := w.runStore("ma-in")
	w.want("run", o, "permanent uid_collision")
	wantNames(t, o, "ma-in", "main")
	if len(w.snapshot().PriceLists) != 0 || w.snapshot().Stores["main"].Name != "Bergen" {
		t.Errorf("Flow holds %+v, want the store and no price list", w.snapshot())
	}
}

func TestStoreUIDsCollide(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	second := edited(oslo(), func(s *omnium.Store) { s.ID, s.Name, s.AvailableWarehouses = "oslo", "Other", nil })
	w.putStores(oslo(), second, vestby())
	w.runStore("os-lo")
	before := w.calls()
	o := w.runStore("oslo")
	w.want("second store", o, "permanent uid_collision")
	wantNames(t, o, "os-lo", "oslo")
	w.removeStore("oslo")
	w.want("deleted second store", w.handle(t, w.storeEvent("oslo", event.Deleted))[0], "done skipped unknown_to_omnium")
	if got := w.ops(before); got != "" {
		t.Errorf("requests = %q, want none", got)
	}
	w.want("first store", w.runStore("os-lo"), "done unchanged")
}

// TestStoresInBulk: many jobs that nobody waits for cost one search.
func TestStoresInBulk(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	var jobs []job.Job
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		w.putStores(edited(oslo(), func(s *omnium.Store) { s.ID, s.AvailableWarehouses = id, nil }))
		jobs = append(jobs, aged(w.storeEvent(id, event.Changed)))
	}
	w.putRaw(`{"id":"odd","isPrimaryStore":"yes"}`)
	jobs = append(jobs, aged(w.storeEvent("odd", event.Changed)))
	for i, o := range w.handle(t, jobs...) {
		want := "done pushed"
		if jobs[i].ID == "odd" {
			want = "permanent omnium_unreadable"
		}
		w.want("run of "+jobs[i].ID, o, want)
	}
	w.storesAgree()
	if read, searched := w.omnium.Calls("store.read"), w.omnium.Calls("store.search"); read != 0 || searched != 1 {
		t.Errorf("reads by id %d, searches %d; want 0, 1", read, searched)
	}
}

// spelling is an Omnium that finds stores whatever the case of their id.
type spelling struct{ *omnium.Client }

func (s spelling) Store(ctx context.Context, id string, since time.Time) (*omnium.Store, error) {
	return s.Client.Store(ctx, strings.ToLower(id), since)
}

// TestAnotherSpellingOfAStore hands over to the id as Omnium spells it.
func TestAnotherSpellingOfAStore(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	var err error
	if w.handler, err = reconcile.NewStore(w.opts, spelling{w.oms}, w.target); err != nil {
		t.Fatal(err)
	}
	w.want("run", w.runStore("OS-LO"), "done rekeyed alias_of_os-lo")
	if got := w.asked(); !slices.Equal(got, []string{"os-lo"}) || w.calls() != 0 {
		t.Errorf("asked for %v with %d requests, want os-lo and none", got, w.calls())
	}
}

// TestStoreRefused: what Flow refuses is sent anew by the next attempt, with what it relies on.
func TestStoreRefused(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	w.runStore("os-lo")
	w.emptyFlow() // somebody has emptied the tenant
	w.putStores(edited(oslo(), func(s *omnium.Store) { s.Name = "Oslo S" }))
	o := w.runStore("os-lo")
	w.want("run without the organization", o, "permanent flow_refused_400")
	w.want("next attempt", w.runStore("os-lo"), "done pushed")
	w.storesAgree()
}

// TestFlowLosesAStore: its warehouses, their defaults and what only a create says come back with it.
func TestFlowLosesAStore(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	w.runStore("os-lo")
	w.loseStores()
	w.putStores(edited(oslo(), func(s *omnium.Store) { s.PhoneNumber = "22" }))
	w.want("run", w.runStore("os-lo"), "done pushed")
	if got, want := w.ops(2), "store.update store.create warehouse.list warehouse.create warehouse.list warehouse.create store.update"; got != want {
		t.Errorf("requests = %q, want %q", got, want)
	}
	if err := w.storesDisagree(false); err != nil { // nothing was to be said of the price list
		t.Error(err)
	}
	// It may be noticed at a warehouse.
	w.loseStores()
	w.putStores(edited(vestby(), func(s *omnium.Store) { s.Name = "Vestby N" }))
	w.want("run of a warehouse's change", w.runStore("os-lo"), "permanent flow_refused_404")
	w.want("next attempt", w.runStore("os-lo"), "done pushed")
	if err := w.storesDisagree(false); err != nil {
		t.Error(err)
	}
}

func TestStoreFlowDown(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	w.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Status: 401} })
	w.want("run", w.runStore("os-lo"), "suspended flow_credential_refused")
	w.flow.SetFault(nil)
	w.want("next run", w.runStore("os-lo"), "done pushed")
	w.storesAgree()
}
