package reconcile

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// CategorySource reads categories; omnium.Client documents each method.
type CategorySource interface {
	Category(ctx context.Context, id, lang string, since time.Time) (*omnium.Category, error)
	Categories(ctx context.Context, lang string, since time.Time) (map[string]*omnium.Category, error)
}

// CategoryTarget writes categories to one Flow tenant; flow.Client documents each method.
type CategoryTarget interface {
	HoldsCategory(ctx context.Context, c flow.Category) (bool, error)
	PutCategory(ctx context.Context, c flow.Category, known bool) (created bool, err error)
	HoldsProductGroup(ctx context.Context, g flow.ProductGroup) (bool, error)
	PutProductGroup(ctx context.Context, g flow.ProductGroup, known bool) (created bool, err error)
}

// Category reconciles categories. Those below ProductGroupRootId are product groups in Flow, the others
// categories (design §9.10). It is safe for concurrent use.
type Category struct {
	base
	source CategorySource
	flow   CategoryTarget
	// root is the category below which product groups are; empty when there are none.
	root string
}

// NewCategory returns the handler of the category jobs of one tenant.
func NewCategory(o Options, source CategorySource, target CategoryTarget) (*Category, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target are required")
	}
	return &Category{
		base: base{opts: o}, source: source, flow: target, root: groupRoot(o.Tenant.Properties),
	}, nil
}

func groupRoot(p tenant.Properties) string { return strings.TrimSpace(p["ProductGroupRootId"]) }

// Handle implements worker.Handler. What is read in one go is pushed from the top of the tree down, so
// that few have to wait for their parents.
func (c *Category) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	scope, o := c.opts.scope(ctx)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	tree := &categoryTree{source: c.source, lang: scope.language()}
	if o := tree.prefetch(ctx, jobs); o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	for _, level := range tree.levels(jobs) {
		c.each(ctx, level, settle, func(ctx context.Context, r *run) job.Outcome {
			return (&categoryRun{run: r, of: c, tree: tree}).reconcile(ctx)
		})
	}
}

// categoryRun is the reconciliation of one category.
type categoryRun struct {
	*run

	of   *Category
	tree *categoryTree
}

func (r *categoryRun) reconcile(ctx context.Context) job.Outcome {
	id := r.job.ID
	doc, o := r.fetch(ctx)
	if o != nil {
		return *o
	}
	if doc.CategoryID != id {
		return r.rekey(ctx, doc.CategoryID)
	}
	if o := r.readTooEarly(doc.Modified); o != nil {
		return *o
	}
	known, o := r.climb(ctx, doc)
	if o != nil {
		return *o
	}
	mapped, err := mapping.Category(known, id, r.of.root)
	if err != nil {
		return r.unmappable(ctx, known, err)
	}
	if mapped == nil {
		return skipped(reasonGroupRoot)
	}
	return r.place(ctx, mapped)
}

// place pushes the category below its parent, and tells whom it concerns when it has become something
// else.
func (r *categoryRun) place(ctx context.Context, m *mapping.MappedCategory) job.Outcome {
	rec, class := r.recordOf(m)
	if o := r.below(ctx, rec, m.ParentID); o != nil {
		return *o
	}
	if o := r.push(ctx, rec); o != nil {
		return *o
	}
	if o := r.classify(ctx, class); o != nil {
		return *o
	}
	return job.Outcome{Verdict: job.Done}
}

// recordOf has no source: products claim their group as just its id (product_body.go), and the two must
// agree.
func (r *categoryRun) recordOf(m *mapping.MappedCategory) (record, string) {
	if g := m.Group; g != nil {
		return record{
			kind: kindProductGroup, uid: g.ProductGroupUID, body: *g, links: parents(g.ParentUID),
			holds: func(ctx context.Context) (bool, error) { return r.of.flow.HoldsProductGroup(ctx, *g) },
			put: func(ctx context.Context, known bool, _ flow.Fields) (bool, error) {
				return r.of.flow.PutProductGroup(ctx, *g, known)
			},
		}, classGroup
	}
	c := m.Category
	return record{
		kind: kindCategory, uid: c.CategoryUID, body: *c, links: parents(c.ParentUID),
		holds: func(ctx context.Context) (bool, error) { return r.of.flow.HoldsCategory(ctx, *c) },
		put: func(ctx context.Context, known bool, _ flow.Fields) (bool, error) {
			return r.of.flow.PutCategory(ctx, *c, known)
		},
	}, classCategory
}

func parents(uid string) []string {
	if uid == "" {
		return nil
	}
	return []string{uid}
}

// fetch returns the category as it is now, or the outcome when there is nothing to map.
func (r *categoryRun) fetch(ctx context.Context) (*omnium.Category, *job.Outcome) {
	doc, o := r.tree.find(ctx, r.run, r.job.ID)
	if o != nil {
		return nil, o
	}
	if doc == nil {
		gone := r.gone(ctx)
		return nil, &gone
	}
	return doc, nil
}

// gone leaves a category in place that Omnium does not have any more: Flow deletes groups only when
// they are empty, and products may still be in it. What was below it is at the top level now.
func (r *categoryRun) gone(ctx context.Context) job.Outcome {
	if o := r.notFoundTooEarly(); o != nil {
		return *o
	}
	class, o := r.class(ctx, r.job.ID)
	if o != nil {
		return *o
	}
	if class != "" {
		return r.orphan(ctx, class)
	}
	for _, kind := range []string{kindCategory, kindProductGroup} {
		if o := r.opts.absent(ctx, r.job, kind); o != nil {
			return *o
		}
	}
	// A document id is a category id and a language: jackets_no.
	at := strings.LastIndexByte(r.job.ID, '_')
	if at < 1 {
		return skipped(reasonUnknown)
	}
	id := r.job.ID[:at]
	if class, o = r.class(ctx, id); o != nil {
		return *o
	}
	if class == "" {
		return skipped(reasonUnknown)
	}
	return r.rekey(ctx, id)
}

// orphan looks at the children of a category that is gone, and remembers to do so again should it come
// back.
func (r *categoryRun) orphan(ctx context.Context, class string) job.Outcome {
	if o := r.wakeChildren(ctx); o != nil {
		return *o
	}
	print := ledger.Print{Body: class + untold, There: true}
	if o := r.save(ctx, kindCategoryClass, r.job.ID, print); o != nil {
		return *o
	}
	return skipped(reasonDeletedLeft)
}

// climb reads what is above a category.
func (r *categoryRun) climb(
	ctx context.Context, doc *omnium.Category,
) (mapping.Categories, *job.Outcome) {
	known := mapping.Categories{doc.CategoryID: doc}
	for {
		parent := strings.TrimSpace(doc.ParentID)
		if parent == "" || parent == r.of.root || known[parent] != nil {
			return known, nil
		}
		var o *job.Outcome
		if doc, o = r.tree.find(ctx, r.run, parent); o != nil {
			if o.Verdict == job.Permanent { // once it can be read this one is looked at again
				o = cmp.Or(r.awaitPlace(ctx, parent), o)
			}
			return nil, o
		}
		if doc == nil || doc.CategoryID != parent {
			return known, nil
		}
		known[parent] = doc
	}
}

// unmappable buries the job. One that runs into a cycle waits for every member of it besides: when one
// of them has found a place, this category is looked at again.
func (r *categoryRun) unmappable(
	ctx context.Context, known mapping.Categories, err error,
) job.Outcome {
	path, _, cycle := known.Path(r.job.ID, r.of.root)
	if cycle == nil {
		return fromMapping(err)
	}
	for _, c := range path {
		if c.CategoryID == r.job.ID {
			continue
		}
		if o := r.awaitPlace(ctx, c.CategoryID); o != nil {
			return *o
		}
	}
	return fromMapping(err)
}

// awaitPlace makes the run's category due when another one is pushed, whatever that is then.
func (r *categoryRun) awaitPlace(ctx context.Context, id string) *job.Outcome {
	uid, err := mapping.UID(id)
	if err != nil {
		return nil // it cannot be pushed
	}
	for _, kind := range []string{kindCategory, kindProductGroup} {
		if err := r.opts.Ledger.Await(ctx, r.opts.Tenant.ID, kind, uid, r.job.String()); err != nil {
			o := fromLedger(err)
			return &o
		}
	}
	return nil
}
