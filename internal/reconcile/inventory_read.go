package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/rest"
)

// fetch returns what Omnium's warehouses have of the job's sku, or the outcome of a job that is not a
// sku's. What an event about inventory names is not documented: a sku, a sku and a warehouse, or a product
// (reference omnium-api.md §2.8).
func (b *stockBatch) fetch(ctx context.Context, r *run) ([]omnium.InventoryItem, *job.Outcome) {
	items, err := b.items(ctx, r)
	if err != nil {
		o := fromOmnium(fmt.Errorf("read inventory: %w", err))
		return nil, &o
	}
	var own []omnium.InventoryItem
	var others []string
	var newest time.Time
	for _, item := range items {
		if item.SKU != r.job.ID {
			others = union(others, []string{item.SKU})
			continue
		}
		own = append(own, item)
		if item.Modified.After(newest) {
			newest = item.Modified.Time
		}
	}
	switch {
	case len(own) > 0:
		return own, r.readTooEarly(omnium.Time{Time: newest})
	case len(others) > 0:
		return nil, b.handOver(ctx, r, others)
	default:
		return nil, b.empty(ctx, r)
	}
}

func (b *stockBatch) items(ctx context.Context, r *run) ([]omnium.InventoryItem, error) {
	if found, ok := b.read[r.job.ID]; ok {
		return found.Items, found.Err
	}
	r.reads++
	return b.source.Inventory(ctx, r.job.ID, r.job.Claimed)
}

// empty deals with an id that no warehouse has anything of. Without an outcome it is a sku of which there
// is nothing.
func (b *stockBatch) empty(ctx context.Context, r *run) *job.Outcome {
	known, o := b.knownSKU(ctx, r)
	if o != nil {
		return o
	}
	if !known {
		if skus := b.withoutWarehouse(r.job.ID); len(skus) > 0 {
			return b.handOver(ctx, r, skus)
		}
	}
	if o := r.notFoundTooEarly(); o != nil || known {
		return o
	}
	return b.unknown(ctx, r)
}

// knownSKU reports whether a product was pushed for the id, or stock.
func (b *stockBatch) knownSKU(ctx context.Context, r *run) (bool, *job.Outcome) {
	if uid, err := mapping.UID(r.job.ID); err == nil && b.owners[uid].Source == r.job.ID {
		return true, nil
	}
	uids, err := b.opts.Ledger.ObjectUIDs(ctx, b.opts.Tenant.ID, event.Inventory, r.job.ID)
	if err != nil {
		o := fromLedger(err)
		return false, &o
	}
	return len(uids) > 0, nil
}

// withoutWarehouse are the skus that an id is the key of an item of: sku, underscore, warehouse. Both may
// hold underscores themselves, so that there may be several.
func (b *stockBatch) withoutWarehouse(id string) []string {
	var skus []string
	for _, s := range b.directory.All() {
		if sku, ok := strings.CutSuffix(id, "_"+s.ID); ok && strings.TrimSpace(sku) != "" {
			skus = append(skus, sku)
		}
	}
	return skus
}

// unknown asks whether the id is a product's; its stock is that of its skus. A sku of a product that has
// nothing of it anywhere is a sku all the same.
func (b *stockBatch) unknown(ctx context.Context, r *run) *job.Outcome {
	r.reads++
	doc, err := b.opts.Omnium.Product(ctx, r.job.ID, b.language, r.job.Claimed)
	switch e, ok := errors.AsType[*rest.Error](err); {
	case errors.Is(err, omnium.ErrNotFound), ok && e.StatusCode == http.StatusForbidden:
		o := skipped(reasonUnknown) // stock can be exported without the right to read products
		return &o
	case err != nil:
		o := fromOmnium(fmt.Errorf("read product: %w", err))
		return &o
	}
	skus := mapping.SourceIDs(doc)
	if slices.Contains(skus, r.job.ID) {
		return nil
	}
	return b.handOver(ctx, r, skus)
}

// handOver makes the jobs of skus due in the place of the run's.
func (b *stockBatch) handOver(ctx context.Context, r *run, skus []string) *job.Outcome {
	if o := r.circles.closed(r.job, strings.Join(skus, ", ")); o != nil {
		return o
	}
	for _, sku := range skus {
		key := job.Key{Resource: event.Inventory, ID: sku}
		if err := b.opts.Enqueue(ctx, key, r.job.Lane, r.job.Cause); err != nil {
			o := fromLedger(err)
			return &o
		}
	}
	o := job.Outcome{Verdict: job.Done, Result: job.Rekeyed, Reason: reasonHandedToSKUs}
	if len(skus) == 1 {
		o = rekeyed(skus[0])
	}
	return &o
}
