package reconcile_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestStoreGoes: a store that is none of the tenant's any more is closed, once, and opens again when
// it comes back.
func TestStoreGoes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		leave  func(*world)
		change event.Change
		reason string
	}{
		"deleted": {func(w *world) { w.removeStore("bergen") }, event.Deleted, "unknown_to_omnium"},
		"leaves the market": {func(w *world) {
			w.putStores(edited(bergen(), func(s *omnium.Store) { s.AvailableOnMarkets = []string{"SWE"} }))
		}, event.Changed, "not_in_markets"},
		"not primary any more": {func(w *world) {
			w.putStores(edited(bergen(), func(s *omnium.Store) { s.IsPrimaryStore = false }))
		}, event.Changed, "not_primary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStoreWorld(t)
			w.putStores(bergen(), vestby())
			w.runStore("bergen")
			test.leave(w)
			before := w.calls()
			w.want("run", w.handle(t, w.storeEvent("bergen", test.change))[0], "done deactivated "+test.reason)
			w.want("further run", w.handle(t, w.storeEvent("bergen", test.change))[0], "done skipped "+test.reason)
			if got := w.ops(before); got != flow.StoreUpdate {
				t.Errorf("requests = %q, want one update", got)
			}
			if got := w.snapshot().Stores["bergen"]; got.IsActive || got.Name != "Bergen" || got.DefaultWarehouseUID != "vestby" {
				t.Errorf("store = %+v, want it closed and otherwise as it was", got)
			}
			// What went meanwhile is cleared when it comes back.
			w.putStores(edited(bergen(), func(s *omnium.Store) { s.Email = "" }))
			w.want("run of the store that came back", w.runStore("bergen"), "done pushed")
			w.storesAgree()
		})
	}
}

// TestStoreGoesFromFlowToo: a store that somebody has deleted in Flow needs no closing.
func TestStoreGoesFromFlowToo(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(bergen(), vestby())
	w.runStore("bergen")
	w.loseStores()
	w.removeStore("bergen")
	w.want("run", w.handle(t, w.storeEvent("bergen", event.Deleted))[0], "done deactivated unknown_to_omnium")
	w.putStores(bergen())
	w.want("run of the store that came back", w.runStore("bergen"), "done pushed")
	if err := w.storesDisagree(false); err != nil {
		t.Error(err)
	}
}

// TestInactiveStoreIsCreated: an inactive store is a store (design §9.4 for products).
func TestInactiveStoreIsCreated(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.putStores(edited(bergen(), func(s *omnium.Store) { s.IsInactive, s.AvailableOnMarkets = true, nil }), vestby())
	w.want("run", w.runStore("bergen"), "done pushed")
	if got := w.snapshot().Stores["bergen"]; got.IsActive || got.Name != "Bergen" {
		t.Errorf("store = %+v, want it inactive", got)
	}
	w.storesAgree()
	if o := w.startStores().handle(t, w.storeEvent("bergen", event.Changed))[0]; o.Verdict != job.Done {
		t.Errorf("further run = %s, want done", show(o))
	}
}
