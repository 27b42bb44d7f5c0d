package catchup

import (
	"context"
	"hash/maphash"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// seen remembers which ids a list had, in 8 bytes each and some: two ids that share a hash only mean
// that an orphan is found by the next synchronisation.
type seen struct {
	seed maphash.Seed
	ids  map[uint64]struct{}
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}} }

// add remembers the ids of a page and returns those that were not seen before.
func (s *seen) add(page []omnium.Change) []omnium.Change {
	fresh := make([]omnium.Change, 0, len(page))
	for _, c := range page {
		h := maphash.String(s.seed, c.ID)
		if _, known := s.ids[h]; !known {
			s.ids[h] = struct{}{}
			fresh = append(fresh, c)
		}
	}
	return fresh
}

func (s *seen) has(id string) bool {
	_, known := s.ids[maphash.String(s.seed, id)]
	return known
}

// orphanKinds are the resources whose hard deletes a full list can find, with the namespace of their
// uids in the ledger; it is empty where what is recorded for the objects says it all. Owners of uids
// stay recorded when the object has left Flow, and would be found gone again and again.
func orphanKinds() map[event.Resource]string {
	return map[event.Resource]string{
		event.Product: "", event.Price: "", event.Inventory: "",
		event.Store: "store", event.Supplier: "supplier", event.PurchaseOrder: "purchase_order",
	}
}

// orphans asks for the objects that Flow got from us and that the list did not have. Each is read once
// more by its id before anything is done about it. When they are more than the limit allows, something
// is wrong with the list, or an operator has to say that it is meant: they are counted and left alone.
func (g *group) orphans(ctx context.Context, r event.Resource, listed *seen) error {
	kind, ok := orphanKinds()[r]
	if !ok {
		return nil
	}
	for i := range g.syncs {
		sync := &g.syncs[i]
		known, gone, err := g.compare(ctx, sync.Tenant, r, kind, listed)
		if err != nil {
			return err
		}
		sync.Orphans += int64(len(gone))
		if len(gone)*100 > known*sync.OrphanLimit {
			sync.Refused += int64(len(gone))
			g.opts.Log.Warn().Str("tenant", string(sync.Tenant)).Str("resource", string(r)).
				Int("gone", len(gone)).Int("known", known).Int("limitPercent", sync.OrphanLimit).
				Msg("too many objects are gone from Omnium: left alone until an operator confirms")
			continue
		}
		if err := g.abandon(ctx, *sync, r, gone); err != nil {
			return err
		}
	}
	return nil
}

// compare returns how many objects are known and which of them the list did not have.
func (g *group) compare(
	ctx context.Context, t tenant.ID, r event.Resource, kind string, listed *seen,
) (int, []string, error) {
	distinct := newSeen()
	var gone []string
	err := g.opts.Syncs.KnownObjects(ctx, t, r, kind, func(ids []string) error {
		for _, id := range ids {
			if len(distinct.add([]omnium.Change{{ID: id}})) > 0 && !listed.has(id) {
				gone = append(gone, id)
			}
		}
		return nil
	})
	return len(distinct.ids), gone, err
}

// abandon queues the orphans as deleted.
func (g *group) abandon(ctx context.Context, sync ledger.Sync, r event.Resource, ids []string) error {
	h := &handover{
		intake: g.opts.Intake, targets: []tenant.Target{{Resource: string(r), Tenants: []tenant.ID{sync.Tenant}}},
		because: SyncEvent + sync.ID, once: true, change: event.Deleted,
	}
	changes := make([]omnium.Change, len(ids))
	for i, id := range ids {
		changes[i] = omnium.Change{ID: id}
	}
	return h.take(ctx, changes)
}
