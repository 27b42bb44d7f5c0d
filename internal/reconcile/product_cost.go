package reconcile

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// readCosts reads the cost prices of all products of a batch together. They are part of the product in
// Flow, where no other field for them is known, and two pushes of one product must not overlap: so the
// product's own job carries them (reference mapping.md §6.5).
func (p *Product) readCosts(
	ctx context.Context, jobs []job.Job, read *productReads,
) (apart[omnium.CostPrice], *job.Outcome) {
	costs := costPrices(p.opts.Omnium.CostPrices)
	read.rest(ctx, jobs)
	return costs, costs.together(ctx, read.products(), newestClaim(jobs))
}

// withCosts are the options for the mapping of one product, with its cost prices.
func (r *productRun) withCosts(
	ctx context.Context, doc *omnium.Product,
) (mapping.ProductOptions, *job.Outcome) {
	options := r.world.options
	if !r.rules.costs {
		return options, nil
	}
	costs, requests, err := r.world.costs.of(ctx, doc, r.job.Claimed)
	r.reads += requests
	if err != nil {
		o := fromOmnium(fmt.Errorf("read cost prices: %w", err))
		return options, &o
	}
	options.CostPrices = costs
	return options, nil
}
