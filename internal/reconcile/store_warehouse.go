package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/rest"
)

// below is the uid of one of the store's warehouses in the ledger.
func (e *storeExport) below(w mapping.Warehouse) string { return e.Store.StoreUID + "/" + w.UID }

func (e *storeExport) allBelow() []string {
	uids := make([]string, 0, len(e.Warehouses))
	for _, w := range e.Warehouses {
		uids = append(uids, e.below(w))
	}
	return uids
}

// warehouses creates or updates the warehouses below the store.
func (e *storeExport) warehouses(ctx context.Context) *job.Outcome {
	if o := e.listWarehouses(ctx); o != nil {
		return o
	}
	for _, w := range e.Warehouses {
		if o := e.warehouse(ctx, w); o != nil {
			return o
		}
	}
	return nil
}

// listWarehouses records which warehouses the store has. One that is gone stays in Flow, where nothing
// says that it may be deleted, but nobody counts on it any more.
func (e *storeExport) listWarehouses(ctx context.Context) *job.Outcome {
	t, l := e.opts.Tenant.ID, e.opts.Ledger
	before, err := l.ObjectUIDs(ctx, t, event.Store, e.job.ID)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	if sameSet(before, e.allBelow()) {
		return nil
	}
	if gone := without(before, e.allBelow()); len(gone) > 0 {
		e.note = reasonWarehouseKept
		o := e.change(ctx, kindWarehouse, gone, func(p *ledger.Print) { *p = ledger.Print{} })
		if o != nil {
			return o
		}
	}
	if err := l.SaveObjectUIDs(ctx, t, event.Store, e.job.ID, e.allBelow()); err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

// warehouse makes Flow have one warehouse. When Flow refuses it the others are still dealt with.
func (e *storeExport) warehouse(ctx context.Context, w mapping.Warehouse) *job.Outcome {
	of, o := e.storeOf(ctx, w.Code)
	if o != nil || of == nil {
		return o
	}
	body := mapping.StoreWarehouse(w, of)
	o = e.pushOwned(ctx, record{
		kind: kindWarehouse, uid: e.below(w), source: w.Code, body: body,
		holds: func(ctx context.Context) (bool, error) {
			return e.store.flow.HoldsWarehouse(ctx, e.Store.StoreUID, body)
		},
		put: func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
			return e.store.flow.PutWarehouse(ctx, e.Store.StoreUID, body, known, clear)
		},
	})
	if o == nil || !elsewhere(o.Err) {
		return o
	}
	if e.refused == nil {
		buried := job.Bury(reasonWarehouseElsewhere, fmt.Errorf("warehouse %s of store %s: "+
			"Flow has the uid but not below this store: %w", w.UID, e.doc.ID, o.Err))
		buried.Detail = o.Detail
		e.refused = &buried
	}
	return nil
}

// elsewhere reports whether Flow has a warehouse's uid, but not below the store that it was put: the
// create found it and the update did not. That uids are unique per store is assumed.
func elsewhere(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Label == flow.WarehouseUpdate && isNotFound(err)
}

// storeOf reads the Omnium store that is a warehouse. One that Omnium does not have, or that cannot be
// read, is left out until it can: its job then makes this one due.
func (e *storeExport) storeOf(
	ctx context.Context, code string,
) (*omnium.Store, *job.Outcome) {
	if code == e.doc.ID {
		return e.doc, nil
	}
	of, o := e.readable(ctx, code, e.job.Claimed)
	if o != nil || of != nil {
		return of, o
	}
	uid, err := mapping.UID(code)
	if err == nil {
		err = e.opts.Ledger.Await(ctx, e.opts.Tenant.ID, kindStoreName, uid, e.job.String())
	}
	if err != nil {
		o := fromLedger(err)
		return nil, &o
	}
	// It may have come just before we began to wait.
	of, o = e.readable(ctx, code, time.Now())
	if o == nil && of == nil {
		e.note = reasonWarehouseUnreadable
	}
	return of, o
}

// readable returns nil for a store that Omnium does not have or that is malformed.
func (e *storeExport) readable(
	ctx context.Context, id string, since time.Time,
) (*omnium.Store, *job.Outcome) {
	of, err := e.readStore(ctx, id, since)
	if errors.Is(err, omnium.ErrNotFound) || errors.Is(err, omnium.ErrMalformed) {
		return nil, nil
	}
	if err != nil {
		o := fromOmnium(fmt.Errorf("read warehouse: %w", err))
		return nil, &o
	}
	return of, nil
}

// defaults makes the first warehouse by priority that Flow has the store's default one, for sales and
// returns (reference mapping.md §8.3). A store whose warehouses are all gone keeps the last.
func (e *storeExport) defaults(ctx context.Context) *job.Outcome {
	s, o := e.withDefaults(ctx)
	if o != nil || s.DefaultWarehouseUID == "" {
		return o
	}
	return e.pushOwned(ctx, record{
		kind: kindStoreDefaults, uid: s.StoreUID, source: e.doc.ID, body: struct{ Warehouse string }{s.DefaultWarehouseUID},
		put: func(ctx context.Context, _ bool, _ flow.Fields) (bool, error) {
			return false, e.store.flow.UpdateStore(ctx, s, 0)
		},
	})
}

// withDefaults is the store as an update has it: with the default warehouses, as far as Flow has any.
func (e *storeExport) withDefaults(ctx context.Context) (flow.Store, *job.Outcome) {
	s := e.Store
	prints, o := e.prints(ctx, kindWarehouse, e.allBelow())
	if o != nil {
		return s, o
	}
	first := slices.IndexFunc(e.Warehouses, func(w mapping.Warehouse) bool { return prints[e.below(w)].There })
	if first >= 0 {
		s.DefaultWarehouseUID = e.Warehouses[first].UID
		s.DefaultReturnWarehouseUID = s.DefaultWarehouseUID
	}
	return s, nil
}
