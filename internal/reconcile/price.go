package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// PriceSource reads what the price lists hold beside products; omnium.Client documents each method.
type PriceSource interface {
	Prices(ctx context.Context, codes []string, since time.Time) ([]omnium.SeparatePrice, error)
	StoreDirectory(ctx context.Context, since time.Time) (*omnium.StoreDirectory, error)
}

// PriceTarget writes the price lists of one Flow tenant; flow.Client documents each method.
type PriceTarget interface {
	WritePrices(ctx context.Context, list string, changes []flow.PriceChange) []error
	HasPriceList(ctx context.Context, uid string) (bool, error)
}

// Price reconciles selling prices. The id of a job is a product id, and what Flow holds for it is an
// entry per sellable unit in the tenant's main price list, and in that of each store when stores have
// lists. It is safe for concurrent use.
type Price struct {
	base

	source PriceSource
	flow   PriceTarget
	rules  priceRules
	lists  ensured
}

// NewPrice returns the handler of the price jobs of one tenant.
func NewPrice(o Options, source PriceSource, target PriceTarget) (*Price, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target are required")
	}
	return &Price{base: base{opts: o}, source: source, flow: target, rules: priceRulesOf(o.Tenant)}, nil
}

// Handle implements worker.Handler.
func (p *Price) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	if !p.rules.selling {
		// Cost prices are part of the product; its job is asked for beside this one.
		settleAll(jobs, settle, skipped(reasonNoPriceTask))
		return
	}
	w, o := p.world(ctx, jobs)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	p.rows(ctx, jobs, settle, w.plan, rowSteps{write: p.write})
}

// priceWorld is what a batch of price jobs needs to know beside its jobs.
type priceWorld struct {
	*Price

	reads  productReads
	prices apart[omnium.SeparatePrice]
	lists  []priceList
}

// priceList is a price list of the tenant, and the options that give the prices in it.
type priceList struct {
	uid     string
	options mapping.ProductOptions
	// needs is what brings the list to Flow; nil when that is nobody's job.
	needs []needed
}

// world reads the products of all jobs, and then, in one search, what prices they have beside them:
// searches cannot be asked for one by one when an event names many products.
func (p *Price) world(ctx context.Context, jobs []job.Job) (*priceWorld, *job.Outcome) {
	scope, o := p.opts.scope(ctx)
	if o != nil {
		return nil, o
	}
	w := &priceWorld{Price: p}
	if w.lists, o = p.listsOf(ctx, scope); o != nil {
		return nil, o
	}
	if w.reads, o = p.opts.readProducts(ctx, jobs, scope.language()); o != nil {
		return nil, o
	}
	if p.rules.source == pricesOnProduct {
		return w, nil
	}
	w.reads.rest(ctx, jobs)
	w.prices = separatePrices(p.readSeparate)
	o = w.prices.together(ctx, w.reads.products(), newestClaim(jobs))
	return w, o
}

// plan makes the rows of one job.
func (w *priceWorld) plan(ctx context.Context, r *run) (rowPlan, *job.Outcome) {
	doc, requests, err := w.reads.one(ctx, r.job)
	r.reads += requests
	switch {
	case errors.Is(err, omnium.ErrNotFound):
		return w.gone(ctx, r)
	case err != nil:
		o := fromOmnium(err)
		return rowPlan{}, &o
	case doc.ProductID != r.job.ID:
		return w.alias(ctx, r, doc.ProductID)
	}
	priced, again, o := w.priced(ctx, r, doc)
	if o != nil {
		return rowPlan{}, o
	}
	plan, err := w.entries(r, priced)
	if err != nil {
		buried := fromMapping(err)
		return rowPlan{}, &buried
	}
	plan.again = sooner(plan.again, again)
	return plan, nil
}

// entries are the rows of a product in every list.
func (w *priceWorld) entries(r *run, doc *omnium.Product) (rowPlan, error) {
	plan := rowPlan{complete: true, reason: reasonNoValidPrice}
	if doc.Deleted() {
		plan.reason = reasonDeleted
	}
	for _, list := range w.lists {
		mapped, err := mapping.Prices(doc, list.options)
		if err != nil {
			return rowPlan{}, err
		}
		plan.again = sooner(plan.again, mapped.Next)
		for _, u := range mapped.Units {
			if u.Best == nil {
				continue
			}
			plan.rows = append(plan.rows, row{
				list: priceKind + list.uid, uid: u.ProductUID, body: entryOf(u), needs: w.needs(r, list, u),
			})
		}
	}
	return plan, nil
}

// needs are the list and the product. A product that this tenant does not export may be there all the
// same: Flow tells.
func (w *priceWorld) needs(r *run, list priceList, u mapping.UnitPrice) []needed {
	if !r.opts.exports(event.Product) {
		return list.needs
	}
	product := needed{
		kind: kindProduct, uid: u.ProductUID, of: r.job.ID,
		by: job.Key{Resource: event.Product, ID: r.job.ID},
	}
	return append([]needed{product}, list.needs...)
}

// entryOf is the entry of a unit in a price list.
func entryOf(u mapping.UnitPrice) flow.Price {
	b := u.Best
	entry := flow.Price{
		ProductUID: u.ProductUID, Price: b.UnitPrice, RecommendedRetailPrice: b.RecommendedRetailPrice,
		ValidFrom: flow.Date{At: b.ValidFrom, Set: true}, ValidTo: flow.Date{At: b.ValidUntil, Set: true},
	}
	if b.Currency != "" {
		entry.Currency = &b.Currency
	}
	return entry
}

// sooner is the earlier of two moments, where zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
