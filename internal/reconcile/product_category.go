package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// categorize tells the mapping what the product's categories are in Flow. Without category
// synchronisation and without a root of the product groups every main category is a group.
func (r *productRun) categorize(ctx context.Context, doc *omnium.Product) *job.Outcome {
	if !r.rules.categories && r.rules.groupRoot == "" {
		return nil
	}
	ids := categoriesOf(doc)
	classes, o := r.classes(ctx, ids)
	if o != nil {
		return o
	}
	uses := make(map[string]mapping.CategoryUse, len(ids))
	for _, id := range ids {
		class := strings.TrimSuffix(classes[id].Body, untold)
		use := mapping.CategoryUse{Group: class == classGroup, Category: class == classCategory}
		switch {
		case r.rules.groupRoot == "":
			use.Group = true
		case class == "":
			// Its own job has not come yet: the product brings the group along, or goes without.
			if use.Group, o = r.belowRoot(id); o != nil {
				return o
			}
		}
		uses[id] = use
	}
	r.world.options.Categories = uses
	return nil
}

// categoriesOf are the categories of a product and of its variants.
func categoriesOf(doc *omnium.Product) []string {
	ids := mapping.CategoryIDs(doc)
	for i := range doc.Variants {
		ids = append(ids, mapping.CategoryIDs(&doc.Variants[i])...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// classes reads as what the categories were pushed. The product is noted before as one to be told when
// that changes, so that whatever it reads, it comes back when it is no longer true.
func (r *productRun) classes(
	ctx context.Context, ids []string,
) (map[string]ledger.Print, *job.Outcome) {
	if !r.rules.categories || len(ids) == 0 {
		return nil, nil
	}
	t, l := r.opts.Tenant.ID, r.opts.Ledger
	err := l.AwaitAll(ctx, t, kindCategoryClass, ids, r.job.String())
	if err != nil {
		o := fromLedger(err)
		return nil, &o
	}
	return r.opts.classes(ctx, ids)
}

// belowRoot reports whether Omnium has the category below the root of the product groups.
func (r *productRun) belowRoot(id string) (bool, *job.Outcome) {
	all, err := r.world.categories()
	if err != nil {
		o := fromShared(fmt.Errorf("read categories: %w", err))
		return false, &o
	}
	// A category below itself is below no root.
	_, below, _ := all.Path(id, r.rules.groupRoot)
	return below && id != r.rules.groupRoot, nil
}
