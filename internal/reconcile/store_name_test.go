package reconcile_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
)

// TestWarehouseIsRenamed: the stores that it serves show its new name, and nobody else is asked.
func TestWarehouseIsRenamed(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	abroad := edited(bergen(), func(s *omnium.Store) { s.ID, s.AvailableOnMarkets = "malmo", []string{"SWE"} })
	second := edited(bergen(), func(s *omnium.Store) { s.ID, s.IsPrimaryStore = "depot", false })
	w.putStores(oslo(), bergen(), vestby(), abroad, second)
	w.drainStores(w.process, "os-lo", "bergen", "vestby")
	w.storesAgree()
	w.putStores(edited(vestby(), func(s *omnium.Store) { s.Name = "Vestby N" }))
	w.want("run of the warehouse", w.runStore("vestby"), "done skipped warehouse_of_primary_stores")
	if got := w.asked(); !slices.Equal(got, []string{"bergen", "os-lo"}) {
		t.Errorf("asked for %v, want bergen and os-lo", got)
	}
	w.want("further run of the warehouse", w.runStore("vestby"), "done skipped not_primary")
	before := w.calls()
	w.drainStores(w.process, "os-lo", "bergen")
	if got, want := w.ops(before), "warehouse.update warehouse.update"; got != want {
		t.Errorf("requests = %q, want %q", got, want)
	}
	w.storesAgree()
}

// TestStoresServeEachOther: two names that change at once come to rest.
func TestStoresServeEachOther(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	a := edited(oslo(), func(s *omnium.Store) { s.ID = "a"; s.AvailableWarehouses[1].WarehouseCode = "b" })
	b := edited(oslo(), func(s *omnium.Store) { s.ID = "b"; s.AvailableWarehouses[1].WarehouseCode = "a" })
	w.putStores(a, b)
	w.drainStores(w.process, "a", "b")
	a.Name, b.Name = "A", "B"
	w.putStores(a, b)
	w.drainStores(w.process, "a", "b")
	w.storesAgree()
	before := w.calls()
	if w.drainStores(w.process, "a", "b"); w.calls() != before || len(w.asked()) > 0 {
		t.Errorf("requests of further runs = %q, want none", w.ops(before))
	}
}

// TestStoreListUnreadable: what is wrong with the list of stores is not the store's fault.
func TestStoreListUnreadable(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	status := http.StatusBadRequest
	w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
		return status, nil, r.URL.Path == "/api/Stores"
	}
	w.want("run", w.runStore("os-lo"), "failed omnium_refused")
	status = http.StatusForbidden
	w.want("run without the role", w.runStore("os-lo"), "snoozed omnium_credential_refused")
	w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusServiceUnavailable, nil, r.URL.Path == "/api/Stores/vestby"
	}
	w.want("run without the warehouse's read", w.runStore("os-lo"), "snoozed omnium_unavailable")
	w.omnium.Fail = nil
	w.want("next run", w.runStore("os-lo"), "done pushed")
	w.storesAgree()
}

// TestStoreArrivalIsAnnounced: whoever waits for the store, a warehouse or the price list is told.
func TestStoreArrivalIsAnnounced(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	waiters := map[string]string{"store": "oslo", "warehouse": "oslo/vestby", "pricelist": "oslo"}
	for kind, uid := range waiters {
		if err := w.ledger.Await(t.Context(), fjell, kind, uid, "inventory/"+kind); err != nil {
			t.Fatal(err)
		}
	}
	w.runStore("os-lo")
	asked := w.asked()
	slices.Sort(asked)
	if want := []string{"pricelist", "store", "warehouse"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}
