package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/rest"
)

// apart reads what Omnium keeps apart from products, prices or cost prices, for the products of a
// batch of jobs.
type apart[T any] struct {
	read func(ctx context.Context, codes []string, since time.Time) ([]T, error)
	// code is the product id or sku that an item is filed under.
	code func(T) string
	// found are the items that were read together, by code, and asked the products they are all of.
	found map[string][]T
	asked map[string]bool
}

func separatePrices(
	read func(context.Context, []string, time.Time) ([]omnium.SeparatePrice, error),
) apart[omnium.SeparatePrice] {
	return apart[omnium.SeparatePrice]{read: read, code: func(p omnium.SeparatePrice) string {
		return cmp.Or(p.Code, p.SkuID, p.ProductID)
	}}
}

func costPrices(
	read func(context.Context, []string, time.Time) ([]omnium.CostPrice, error),
) apart[omnium.CostPrice] {
	return apart[omnium.CostPrice]{read: read, code: func(c omnium.CostPrice) string {
		return cmp.Or(c.SkuID, c.ProductID)
	}}
}

// together reads what belongs to products in one go. What is wrong with that says nothing about any of
// them: each is then read for itself. With an outcome Omnium is not to be had, for any job.
func (a *apart[T]) together(ctx context.Context, products []*omnium.Product, since time.Time) *job.Outcome {
	var codes []string
	for _, p := range products {
		codes = append(codes, codesOf(p)...)
	}
	items, err := a.read(ctx, codes, since)
	if err != nil {
		if o := fromOmnium(err); o.Verdict == job.Snoozed {
			return &o
		}
		return nil
	}
	a.found, a.asked = map[string][]T{}, map[string]bool{}
	for _, item := range items {
		a.found[a.code(item)] = append(a.found[a.code(item)], item)
	}
	for _, p := range products {
		a.asked[p.ProductID] = true
	}
	return nil
}

// of returns what belongs to a product, and how many searches that took.
func (a *apart[T]) of(ctx context.Context, p *omnium.Product, since time.Time) ([]T, int, error) {
	codes := codesOf(p)
	if !a.asked[p.ProductID] {
		items, err := a.read(ctx, codes, since)
		return items, 1, err
	}
	slices.Sort(codes)
	var items []T
	for _, code := range slices.Compact(codes) {
		items = append(items, a.found[code]...)
	}
	return items, 0, nil
}

// newestClaim is since when a read counts for all jobs.
func newestClaim(jobs []job.Job) time.Time {
	var newest time.Time
	for _, j := range jobs {
		if j.Claimed.After(newest) {
			newest = j.Claimed
		}
	}
	return newest
}

// readSeparate reads the price index. Unless prices are known to be there, a refusal means that they
// are kept on the products: what the index then answers is not documented (reference omnium-api.md
// §4.2), and a user who may read products only is refused too.
func (p *Price) readSeparate(
	ctx context.Context, codes []string, since time.Time,
) ([]omnium.SeparatePrice, error) {
	prices, err := p.source.Prices(ctx, codes, since)
	refusals := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}
	e, ok := errors.AsType[*rest.Error](err)
	if ok && p.rules.source != pricesSeparate && e.Label != omniumToken && slices.Contains(refusals, e.StatusCode) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	return prices, nil
}

// priced returns the product with the prices that count. Those of the index, when it has any, are
// instead of those on the product, which are then a part of them and may be older. The time is when to
// look again because the index may lag behind.
func (w *priceWorld) priced(
	ctx context.Context, r *run, doc *omnium.Product,
) (*omnium.Product, time.Time, *job.Outcome) {
	if w.rules.source == pricesOnProduct {
		return doc, time.Time{}, r.readTooEarly(doc.Modified)
	}
	prices, requests, err := w.prices.of(ctx, doc, r.job.Claimed)
	r.reads += requests
	if err != nil {
		o := fromOmnium(err)
		return nil, time.Time{}, &o
	}
	if len(prices) == 0 && w.rules.source != pricesSeparate {
		return doc, time.Time{}, r.readTooEarly(doc.Modified)
	}
	priced, newest := withPrices(doc, prices)
	// There is no read of prices that does not lag, so what is seen is pushed, and looked at once more unless it
	// is as new as the event.
	if !r.job.Cause.Time.After(newest.Time) || !recent(r.job) {
		return priced, time.Time{}, nil
	}
	return priced, r.again.due(r.job), nil
}

// withPrices returns a copy of a product that has the prices and no others, and when the newest of them
// was changed; the event's word is all there is when they do not tell.
func withPrices(doc *omnium.Product, prices []omnium.SeparatePrice) (*omnium.Product, omnium.Time) {
	priced := *doc
	priced.Prices = nil
	priced.Variants = slices.Clone(doc.Variants)
	for i := range priced.Variants {
		priced.Variants[i].Prices = nil
	}
	newest := omnium.Time{Time: time.Unix(0, 0)} // prices that are gone do not tell when they went
	for _, p := range prices {
		price := p.Price
		price.Code = cmp.Or(p.Code, p.SkuID)
		priced.Prices = append(priced.Prices, price)
		if p.Modified.After(newest.Time) {
			newest = p.Modified
		}
	}
	return &priced, newest
}
