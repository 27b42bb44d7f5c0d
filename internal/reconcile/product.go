package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

const (
	// bulkFrom is how many jobs make one bulk read cheaper than reads by id.
	bulkFrom = 4
	// indexLag bounds how long after a change Omnium's search may still show the state before it: below
	// a second as a rule, longer under load (reference omnium-api.md §1.1).
	indexLag = 15 * time.Second
	// staleAfter is how much older than its event a document may be before it is read once more:
	// Omnium's index may lag behind (design §7).
	staleAfter = 5 * time.Second
	// staleWait is how long the second read waits.
	staleWait = 2 * time.Second
)

// maxReasonID bounds how much of an id is in a reason.
const maxReasonID = 64

// Product reconciles products. One Omnium product becomes one Flow product per sellable unit. It is
// safe for concurrent use.
type Product struct {
	opts    Options
	flow    ProductTarget
	rules   productRules
	again   onceMore
	ensured ensured
}

// NewProduct returns the handler of the product jobs of one tenant.
func NewProduct(o Options, target ProductTarget) (*Product, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if target == nil {
		return nil, errors.New("reconcile: a target is required")
	}
	if o.MapProduct == nil {
		o.MapProduct = mapping.Product
	}
	return &Product{opts: o, flow: target, rules: rulesOf(o.Tenant)}, nil
}

// Handle implements worker.Handler.
func (p *Product) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	world, o := p.world(ctx)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	read, o := p.opts.readProducts(ctx, jobs, world.language)
	if o == nil && p.rules.costs {
		world.costs, o = p.readCosts(ctx, jobs, &read)
	}
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	job.Each(ctx, jobs, settle, func(ctx context.Context, j job.Job) job.Outcome {
		r := &productRun{Product: p, job: j, world: world}
		o := r.run(ctx, &read)
		o.Reads, o.Writes = r.reads, r.writes
		return o
	})
}

func settleAll(jobs []job.Job, settle func(job.Job, job.Outcome), o job.Outcome) {
	for _, j := range jobs {
		settle(j, o)
	}
}

// world is what a batch needs to know beside its products.
type world struct {
	options  mapping.ProductOptions
	language string
	costs    apart[omnium.CostPrice]
	// categories are all categories as they were a minute ago or later; read when they are needed.
	categories func() (mapping.Categories, error)
}

// world reads what the mapping of the batch depends on.
func (p *Product) world(ctx context.Context) (world, *job.Outcome) {
	scope, o := p.opts.scope(ctx)
	if o != nil {
		return world{}, o
	}
	w := world{options: p.rules.options(time.Now()), language: scope.language()}
	w.options.Markets, w.options.Groups = scope.markets, scope.groups
	w.categories = sync.OnceValues(func() (mapping.Categories, error) {
		return p.opts.Omnium.Categories(ctx, w.language, time.Time{})
	})
	return w, nil
}

// fresh reports whether the newest event of a job may be ahead of Omnium's search. One without a time
// is taken to be, and so is one that came just now, whatever time it says: the sender's clock may be behind.
func fresh(j job.Job) bool {
	came := j.Lane == job.Live && time.Since(j.Enqueued) < indexLag
	return j.Cause.Time.IsZero() || came || recent(j)
}

// recent reports whether the newest event of a job has happened just now, so that a read may have come
// too early.
func recent(j job.Job) bool {
	at := j.Cause.Time
	if at.IsZero() || at.After(time.Now()) { // the sender's clock may be ahead
		at = j.Enqueued
	}
	return time.Since(at) < indexLag
}

// deletion reports whether the newest event of a job says that the object was deleted.
func deletion(j job.Job) bool { return j.Cause.Change == event.Deleted }

// productRun is the reconciliation of one job.
type productRun struct {
	*Product

	job           job.Job
	world         world
	reads, writes int
}

func (r *productRun) run(ctx context.Context, read *productReads) job.Outcome {
	doc, o := r.fetch(ctx, read)
	if o != nil {
		return *o
	}
	if doc.ProductID != r.job.ID {
		return r.alias(ctx, doc.ProductID)
	}
	if o := r.categorize(ctx, doc); o != nil {
		return *o
	}
	options, o := r.withCosts(ctx, doc)
	if o != nil {
		return *o
	}
	mapped, err := r.opts.MapProduct(doc, options)
	if err != nil {
		return fromMapping(err)
	}
	return r.push(ctx, doc, mapped)
}

// fetch returns the product as it is now, or the outcome when there is nothing to map.
func (r *productRun) fetch(ctx context.Context, read *productReads) (*omnium.Product, *job.Outcome) {
	doc, requests, err := read.one(ctx, r.job)
	r.reads += requests
	if errors.Is(err, omnium.ErrNotFound) {
		o := r.gone(ctx)
		return nil, &o
	}
	if err != nil {
		o := fromOmnium(fmt.Errorf("read product: %w", err))
		return nil, &o
	}
	if o := readTooEarly(r.job, doc.Modified.Time, &r.again); o != nil {
		return nil, o
	}
	return doc, nil
}

// alias deals with an id that is another name of a product. One that was a product of its own before
// gives up what it has.
func (r *productRun) alias(ctx context.Context, id string) job.Outcome {
	uids, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Product, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	if len(uids) > 0 {
		if o := r.retireAll(ctx, uids); o.Verdict != job.Done {
			return o
		}
	}
	return r.rekey(ctx, id)
}

// rekey hands the work over to the job of the product id, so that pushes of one product never
// overlap, and remembers the alias.
func (r *productRun) rekey(ctx context.Context, id string) job.Outcome {
	return r.opts.rekey(ctx, r.job, id)
}

func (o *Options) rekey(ctx context.Context, j job.Job, id string) job.Outcome {
	if err := o.Ledger.SaveAlias(ctx, o.Tenant.ID, j.Resource, j.ID, id); err != nil {
		return fromLedger(err)
	}
	if err := o.Enqueue(ctx, job.Key{Resource: j.Resource, ID: id}, j.Lane, j.Cause); err != nil {
		return fromLedger(err)
	}
	return rekeyed(id)
}

func rekeyed(id string) job.Outcome {
	// Nobody promises how long an id is, and reasons are kept.
	id = strings.ToValidUTF8(id[:min(len(id), maxReasonID)], "")
	return job.Outcome{Verdict: job.Done, Result: job.Rekeyed, Reason: reasonAliasOf + id}
}
