package reconcile

import (
	"context"
	"sync"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// productReads are the product documents of a batch of jobs, in one language: those that were read
// together, and the way to the others.
type productReads struct {
	source   Source
	language string
	found    map[string]omnium.ProductResult
	// requests are those that were made for one product alone.
	requests map[string]int
}

// readProducts reads the products of jobs in bulk when they are many; see prefetch.
func (o *Options) readProducts(
	ctx context.Context, jobs []job.Job, language string,
) (productReads, *job.Outcome) {
	read := func(ctx context.Context, ids []string) (map[string]omnium.ProductResult, error) {
		return o.Omnium.Products(ctx, ids, language)
	}
	found, failed := prefetch(ctx, jobs, read)
	return productReads{source: o.Omnium, language: language, found: found}, failed
}

// one returns the document of a job, and how many requests were made for it alone.
func (p *productReads) one(ctx context.Context, j job.Job) (*omnium.Product, int, error) {
	if found, ok := p.found[j.ID]; ok && (found.Product != nil || found.Err != nil) {
		return found.Product, p.requests[j.ID], found.Err
	}
	doc, err := p.source.Product(ctx, j.ID, p.language, j.Claimed)
	return doc, 1, err
}

// rest reads the products of jobs that were not read together, side by side.
func (p *productReads) rest(ctx context.Context, jobs []job.Job) {
	var mu sync.Mutex
	found, requests := map[string]omnium.ProductResult{}, map[string]int{}
	job.Each(ctx, jobs, func(job.Job, job.Outcome) {}, func(ctx context.Context, j job.Job) job.Outcome {
		doc, n, err := p.one(ctx, j)
		mu.Lock()
		defer mu.Unlock()
		found[j.ID], requests[j.ID] = omnium.ProductResult{Product: doc, Err: err}, n
		return job.Outcome{}
	})
	p.found, p.requests = found, requests
}

// products are the documents that were read together.
func (p *productReads) products() []*omnium.Product {
	var list []*omnium.Product
	for _, found := range p.found {
		if found.Product != nil {
			list = append(list, found.Product)
		}
	}
	return list
}

// codesOf are the names that Omnium may file the prices of a product under: whether the product's own
// id finds what belongs to its skus is not documented.
func codesOf(p *omnium.Product) []string {
	codes := []string{p.ProductID, p.SkuID}
	for i := range p.Variants {
		codes = append(codes, p.Variants[i].SkuID)
	}
	return codes
}
