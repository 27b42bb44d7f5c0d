package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// InventorySource reads Omnium's stock; omnium.Client documents each method.
type InventorySource interface {
	Inventory(ctx context.Context, sku string, since time.Time) ([]omnium.InventoryItem, error)
	Inventories(ctx context.Context, skus, warehouses []string) (map[string]omnium.InventoryResult, error)
	StoreDirectory(ctx context.Context, since time.Time) (*omnium.StoreDirectory, error)
}

// InventoryTarget writes stock to one Flow tenant; flow.Client documents each method.
type InventoryTarget interface {
	HoldsStock(ctx context.Context, store string, items []flow.Stock) ([]bool, error)
	PutStock(ctx context.Context, store string, items []flow.Stock) []error
	HasProduct(ctx context.Context, store, product string) (bool, error)
}

// Inventory reconciles stock. A job is a sku: what Omnium's warehouses have of it goes to every place that
// mapping.StockPlaces gives (design §9.8). It is safe for concurrent use.
type Inventory struct {
	base

	source InventorySource
	flow   InventoryTarget
}

// NewInventory returns the handler of the inventory jobs of one tenant.
func NewInventory(o Options, source InventorySource, target InventoryTarget) (*Inventory, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: an inventory source and target are required")
	}
	return &Inventory{base: base{opts: o}, source: source, flow: target}, nil
}

// Handle implements worker.Handler.
func (v *Inventory) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	b, o := v.batch(ctx, jobs)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	v.rows(ctx, jobs, settle, b.plan, rowSteps{b.held, b.write})
}

// stockBatch is what a batch of jobs needs to know.
type stockBatch struct {
	*Inventory

	rules     mapping.StockRules
	directory *omnium.StoreDirectory
	places    []mapping.StockPlace
	language  string
	// read are the items of the skus that were read in bulk; those without any are there too.
	read map[string]omnium.InventoryResult
	// owners are the products that own the uids of the jobs' skus, when products are exported.
	owners map[string]ledger.Owner
}

// batch reads what all jobs depend on. An outcome is for all of them.
func (v *Inventory) batch(ctx context.Context, jobs []job.Job) (*stockBatch, *job.Outcome) {
	scope, o := v.opts.scope(ctx)
	if o != nil {
		return nil, o
	}
	directory, err := v.source.StoreDirectory(ctx, time.Time{})
	if err != nil && directory == nil { // the last known stores are good enough
		failed := fromShared(fmt.Errorf("read stores: %w", err))
		return nil, &failed
	}
	b := &stockBatch{
		Inventory: v, directory: directory, rules: stockRules(v.opts.Tenant, scope), language: scope.language(),
	}
	b.places = mapping.StockPlaces(directory.All(), &b.rules)
	if len(b.places) == 0 {
		o := skipped(reasonNoStockPlaces)
		return nil, &o
	}
	if o := b.prefetch(ctx, jobs); o != nil {
		return nil, o
	}
	return b, b.readOwners(ctx, jobs)
}

// stockRules are the connector properties that stock depends on.
func stockRules(t *tenant.Tenant, s scope) mapping.StockRules {
	p := t.Properties
	rules := mapping.StockRules{
		FlowMasters:  p.List("FlowStockMasterStores"),
		WebWarehouse: p["FlowWebWarehouse"],
		Available:    p["StockFigure"] == "available",
		Cost:         p.Bool("UseCostPriceListInInventoryExport"),
	}
	for _, m := range s.markets {
		master := t.OmniumIsStockMaster(m.MarketID, m.MarketGroupID)
		rules.Markets = append(rules.Markets, mapping.StockMarket{ID: m.MarketID, OmniumIsMaster: master})
	}
	return rules
}

// prefetch reads in bulk what did not change a moment ago, when that is much: the search lags behind, and
// no further event would put right what was read too early.
func (b *stockBatch) prefetch(ctx context.Context, jobs []job.Job) *job.Outcome {
	var skus []string
	for _, j := range jobs {
		if !fresh(j) {
			skus = append(skus, j.ID)
		}
	}
	if len(skus) < bulkFrom {
		return nil
	}
	read, err := b.source.Inventories(ctx, skus, b.warehouses())
	if err != nil {
		o := fromOmnium(fmt.Errorf("read inventory: %w", err))
		if o.Verdict == job.Snoozed {
			return &o
		}
		return nil // each is read for itself
	}
	b.read = make(map[string]omnium.InventoryResult, len(skus))
	for _, sku := range skus {
		b.read[sku] = read[sku] // nothing is an answer, too
	}
	return nil
}

// warehouses are the Omnium warehouses whose stock goes somewhere, each once.
func (b *stockBatch) warehouses() []string {
	var codes []string
	for _, p := range b.places {
		codes = union(codes, p.Codes)
	}
	return codes
}

// readOwners looks up whose the jobs' uids are.
func (b *stockBatch) readOwners(ctx context.Context, jobs []job.Job) *job.Outcome {
	if !b.opts.exports(event.Product) {
		return nil
	}
	var uids []string
	for _, j := range jobs {
		if uid, err := mapping.UID(j.ID); err == nil {
			uids = append(uids, uid)
		}
	}
	var err error
	b.owners, err = b.opts.Ledger.Owners(ctx, b.opts.Tenant.ID, kindProduct, uids)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}
