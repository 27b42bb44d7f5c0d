package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// storeExport is a primary store on its way into Flow.
type storeExport struct {
	*storeRun
	*mapping.MappedStore

	doc *omnium.Store
	// note is a word for what the outcome shall say beside done.
	note string
	// refused is the first warehouse that Flow does not let the store have.
	refused *job.Outcome
}

// export makes Flow agree with a primary store.
func (r *storeRun) export(ctx context.Context, doc *omnium.Store) job.Outcome {
	mapped, err := mapping.Store(doc, r.store.rules.options(r.markets))
	if err != nil {
		return fromMapping(err)
	}
	e := &storeExport{storeRun: r, MappedStore: mapped, doc: doc}
	o := e.steps(ctx)
	if o != nil && o.Verdict == job.Permanent && e.writes > 0 {
		if failed := e.doubt(ctx); failed != nil {
			return *failed
		}
	}
	switch {
	case o != nil:
		return *o
	case e.refused != nil:
		return *e.refused
	default:
		return job.Outcome{Verdict: job.Done, Reason: e.note}
	}
}

// steps are taken in the documented order (reference mapping.md §8.1). The default warehouses come
// after the warehouses, because a store can only have them once they exist.
func (e *storeExport) steps(ctx context.Context) *job.Outcome {
	if o := e.own(ctx, kindStore, e.Store.StoreUID, e.doc.ID); o != nil {
		return o
	}
	for _, step := range []func(context.Context) *job.Outcome{
		e.organization, e.body, e.warehouses, e.defaults, e.priceList,
	} {
		if o := step(ctx); o != nil {
			return o
		}
	}
	return nil
}

// organization makes sure that the store's company exists. Its first store names it; after that it is
// left as it is, because stores that share it would overwrite each other.
func (e *storeExport) organization(ctx context.Context) *job.Outcome {
	uid := e.Organization.OrganizationUID
	there, o := e.has(ctx, needed{kind: kindOrganization, uid: uid})
	if o != nil || there {
		return o
	}
	if o := e.call(e.store.flow.EnsureOrganization(ctx, e.Organization)); o != nil {
		return o
	}
	return e.save(ctx, kindOrganization, uid, ledger.Print{There: true})
}

func (e *storeExport) body(ctx context.Context) *job.Outcome {
	return e.pushOwned(ctx, record{
		kind: kindStore, uid: e.Store.StoreUID, source: e.doc.ID, body: e.Store, put: e.putStore,
	})
}

// putStore updates a store, or creates it with what only a create may say. A store that Flow has lost
// took its warehouses along: that is recorded before the store is created again, so that a run that
// dies in between is not the last to know.
func (e *storeExport) putStore(
	ctx context.Context, known bool, clear flow.Fields,
) (created bool, err error) {
	if known {
		s, o := e.withDefaults(ctx)
		if o != nil {
			return false, o.Err
		}
		err = e.store.flow.UpdateStore(ctx, s, e.store.rules.cleared(clear))
		if !errors.Is(err, flow.ErrNotFound) {
			return false, err
		}
		if o := e.lost(ctx); o != nil {
			return false, o.Err
		}
	}
	return e.store.flow.CreateStore(ctx, e.Store, e.store.rules.creation)
}

// priceList gives the store a list of its own, when the tenant wants that (reference mapping.md §6.4).
func (e *storeExport) priceList(ctx context.Context) *job.Outcome {
	uid := e.PriceList.PriceListUID
	if !e.store.rules.priceLists {
		return nil
	}
	if uid == e.store.rules.mainPriceList {
		o := job.Bury(reasonUIDCollision, fmt.Errorf("price list uid %s of store %s is that of the main price list",
			uid, e.doc.ID))
		return &o
	}
	return e.push(ctx, record{
		kind: kindPriceList, uid: uid, source: e.doc.ID, body: e.PriceList,
		holds: func(ctx context.Context) (bool, error) { return e.store.flow.HoldsPriceList(ctx, e.PriceList) },
		put: func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
			return e.store.flow.PutPriceList(ctx, e.PriceList, known, clear)
		},
	})
}
