package reconcile_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestWarehouseComesLater: a warehouse that Omnium does not have, or that cannot be read, is left out,
// and its store finished when it can be read.
func TestWarehouseComesLater(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*world){
		"unknown":   func(*world) {},
		"malformed": func(w *world) { w.putRaw(`{"id":"vestby","name":[]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStoreWorld(t)
			before(w)
			w.putStores(bergen())
			o := w.runStore("bergen")
			w.want("run without the warehouse", o, "done pushed warehouse_unreadable")
			if got := w.snapshot(); len(got.Warehouses["bergen"]) != 0 || got.Stores["bergen"].DefaultWarehouseUID != "" {
				t.Errorf("Flow holds %+v of bergen, want no warehouse", got.Warehouses["bergen"])
			}
			w.putStores(vestby())
			last := w.drainStores(w.process, "vestby")
			w.want("run of the store", last["bergen"], "done pushed")
			w.storesAgree()
			if got := w.snapshot().Stores["bergen"].DefaultWarehouseUID; got != "vestby" {
				t.Errorf("default warehouse = %q, want vestby", got)
			}
		})
	}
}

// TestWarehouseIsDeleted: it stays in Flow, and is the default as long as the list says so.
func TestWarehouseIsDeleted(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(bergen(), vestby())
	w.drainStores(w.process, "bergen", "vestby")
	before := w.calls()
	w.removeStore("vestby")
	w.want("run of the warehouse", w.handle(t, w.storeEvent("vestby", event.Deleted))[0], "done skipped unknown_to_omnium")
	w.want("run of the store", w.runStore("bergen"), "done unchanged warehouse_unreadable")
	w.putStores(vestby()) // under the same name: the store is told again all the same
	w.want("run of the warehouse that came back", w.runStore("vestby"), "done skipped warehouse_of_primary_stores")
	w.drainStores(w.process)
	if got := w.ops(before); got != "" {
		t.Errorf("requests = %q, want none", got)
	}
	w.storesAgree()
}

// TestWarehouseLeavesTheList: it stays in Flow, and is sent again when it comes back.
func TestWarehouseLeavesTheList(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(oslo(), vestby())
	w.runStore("os-lo")
	w.putStores(edited(oslo(), func(s *omnium.Store) { s.AvailableWarehouses = s.AvailableWarehouses[:1] }))
	w.want("run without vestby", w.runStore("os-lo"), "done unchanged warehouse_kept")
	w.want("further run", w.runStore("os-lo"), "done unchanged")
	if got := w.snapshot().Warehouses["oslo"]["vestby"].Name; got != "Vestby" {
		t.Errorf("the warehouse that left is called %q in Flow, want Vestby", got)
	}
	if there := w.there("warehouse", "oslo/vestby"); there {
		t.Error("the ledger still counts on a warehouse that left the store")
	}
	w.putStores(oslo())
	w.want("run with vestby", w.runStore("os-lo"), "done unchanged")
	if there := w.there("warehouse", "oslo/vestby"); !there {
		t.Error("the ledger does not know of the warehouse that came back")
	}
	w.storesAgree()
}

// there reports whether the ledger says that Flow has a uid.
func (w *world) there(kind, uid string) bool {
	w.Helper()
	prints, err := w.ledger.Prints(w.Context(), fjell, kind, []string{uid})
	if err != nil {
		w.Fatal(err)
	}
	return prints[uid].There
}

// TestSharedWarehouse: each store has the warehouse below itself. Where Flow lets only one store have
// it, the others end as dead letters that say so, once everything else is done.
func TestSharedWarehouse(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.flow = flowtest.New(flowtest.Options{
		Tenants: []flowtest.Tenant{{UID: string(fjell), Token: "token"}}, WarehousesShareUIDs: true,
	})
	w.Cleanup(w.flow.Close)
	w.putStores(oslo(), bergen(), vestby())
	w.want("first store", w.runStore("os-lo"), "done pushed")
	for range 2 {
		o := w.runStore("bergen")
		w.want("second store", o, "permanent warehouse_elsewhere")
		wantNames(t, o, "vestby", "bergen")
	}
	state := w.snapshot()
	if state.Stores["bergen"].Name != "Bergen" || state.PriceLists["bergen"].Name != "Bergen" || state.Stores["bergen"].DefaultWarehouseUID != "" {
		t.Errorf("Flow holds %+v, %+v; want the store and its price list", state.Stores["bergen"], state.PriceLists["bergen"])
	}
	w.putStores(edited(bergen(), func(s *omnium.Store) { s.AvailableWarehouses = nil }))
	w.want("second store without it", w.runStore("bergen"), "done unchanged warehouse_kept")
}
