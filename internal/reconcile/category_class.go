package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// The classes of categories: as what a category was pushed last. The ledger keeps them by category id,
// because products need to know and may be worked on by another process.
const (
	classGroup    = "group"
	classCategory = "category"
	// untold follows a class that not everybody has been told who depends on it.
	untold = "!"
)

// class returns as what a category was pushed last, "" when it never was.
func (r *run) class(ctx context.Context, id string) (string, *job.Outcome) {
	prints, o := r.opts.classes(ctx, []string{id})
	return strings.TrimSuffix(prints[id].Body, untold), o
}

// classify records the class of the run's category, which Flow has by now. When it has changed, what is
// below it is looked at again, because that has changed its class too, and so are the products that
// have asked for the class: see productRun.categorize.
func (r *categoryRun) classify(ctx context.Context, class string) *job.Outcome {
	id := r.job.ID
	prints, o := r.opts.classes(ctx, []string{id})
	if o != nil || prints[id].Body == class {
		return o
	}
	if o := r.wakeChildren(ctx); o != nil {
		return o
	}
	if o := r.save(ctx, kindCategoryClass, id, ledger.Print{Body: class + untold, There: true}); o != nil {
		return o
	}
	products := r.job
	products.Lane = job.Bulk // they may be many
	if o := arrived(ctx, &r.opts, products, kindCategoryClass, []string{id}); o != nil {
		return o
	}
	return r.save(ctx, kindCategoryClass, id, ledger.Print{Body: class, There: true})
}

// wakeChildren makes the jobs of the children due that were pushed before. The others are still to come
// or wait for their parent.
func (r *categoryRun) wakeChildren(ctx context.Context) *job.Outcome {
	r.reads++
	all, err := r.of.source.Categories(ctx, r.tree.lang, r.job.Claimed)
	if err != nil {
		o := fromShared(fmt.Errorf("read categories: %w", err))
		return &o
	}
	var children []string
	for id, c := range all {
		if strings.TrimSpace(c.ParentID) == r.job.ID {
			children = append(children, id)
		}
	}
	slices.Sort(children)
	classes, o := r.opts.classes(ctx, children)
	if o != nil {
		return o
	}
	for _, id := range children {
		if classes[id].Body == "" {
			continue
		}
		key := job.Key{Resource: event.Category, ID: id}
		if err := r.opts.Enqueue(ctx, key, r.job.Lane, aside(r.job.Cause)); err != nil {
			failed := fromLedger(err)
			return &failed
		}
	}
	return nil
}
