package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// StoreSource reads stores from Omnium; omnium.Client documents each method.
type StoreSource interface {
	Store(ctx context.Context, id string, since time.Time) (*omnium.Store, error)
	StoresByID(ctx context.Context, ids []string) (map[string]omnium.StoreResult, error)
	StoreDirectory(ctx context.Context, since time.Time) (*omnium.StoreDirectory, error)
}

// StoreTarget writes stores and what belongs to them to one Flow tenant; flow.Client documents each
// method.
type StoreTarget interface {
	EnsureOrganization(ctx context.Context, o flow.Organization) error
	CreateStore(ctx context.Context, s flow.Store, only flow.StoreCreation) (created bool, err error)
	UpdateStore(ctx context.Context, s flow.Store, clear flow.Fields) error
	DeactivateStore(ctx context.Context, uid string) error
	HoldsWarehouse(ctx context.Context, store string, w flow.Warehouse) (bool, error)
	PutWarehouse(ctx context.Context, store string, w flow.Warehouse, known bool, clear flow.Fields) (created bool, err error)
	HoldsPriceList(ctx context.Context, l flow.PriceList) (bool, error)
	PutPriceList(ctx context.Context, l flow.PriceList, known bool, clear flow.Fields) (created bool, err error)
}

// Store reconciles stores. A primary store of the tenant's markets becomes a Flow store with its
// organization, warehouses and price list; any other store is at most a warehouse of those. It is safe
// for concurrent use.
type Store struct {
	base

	source StoreSource
	flow   StoreTarget
	rules  storeRules
}

// NewStore returns the handler of the store jobs of one tenant.
func NewStore(o Options, source StoreSource, target StoreTarget) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target are required")
	}
	rules := storeRulesOf(o.Tenant.Properties)
	return &Store{base: base{opts: o}, source: source, flow: target, rules: rules}, nil
}

// Handle implements worker.Handler.
func (s *Store) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	read, o := prefetch(ctx, jobs, s.source.StoresByID)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	markets := s.opts.Markets()
	s.each(ctx, jobs, settle, func(ctx context.Context, r *run) job.Outcome {
		return (&storeRun{run: r, store: s, markets: markets, read: read}).work(ctx)
	})
}

// storeRun is the reconciliation of one job.
type storeRun struct {
	*run

	store   *Store
	markets []string
	read    map[string]omnium.StoreResult
}

func (r *storeRun) work(ctx context.Context) job.Outcome {
	doc, err := r.fetch(ctx)
	if errors.Is(err, omnium.ErrNotFound) {
		return r.gone(ctx)
	}
	if err != nil {
		return fromOmnium(fmt.Errorf("read store: %w", err))
	}
	if o := r.readTooEarly(doc.Modified); o != nil {
		return *o
	}
	if doc.ID != r.job.ID {
		return r.rekey(ctx, doc.ID)
	}
	spread, o := r.spread(ctx, doc)
	if o != nil {
		return *o
	}
	if reason := r.outside(doc); reason != "" {
		if spread {
			reason = reasonWarehouseOf
		}
		return r.retire(ctx, reason)
	}
	return r.export(ctx, doc)
}

func (r *storeRun) fetch(ctx context.Context) (*omnium.Store, error) {
	if found, ok := r.read[r.job.ID]; ok {
		return found.Store, found.Err
	}
	return r.readStore(ctx, r.job.ID, r.job.Claimed)
}

func (r *storeRun) readStore(
	ctx context.Context, id string, since time.Time,
) (*omnium.Store, error) {
	r.reads++
	return r.store.source.Store(ctx, id, since)
}

// outside says why a store is no store of the tenant (reference mapping.md §8.1); "" when it is one.
func (r *storeRun) outside(doc *omnium.Store) string {
	switch {
	case !doc.IsPrimaryStore:
		return reasonNotPrimary
	case !mapping.InMarkets(doc, r.markets):
		return reasonNotInMarkets
	default:
		return ""
	}
}
