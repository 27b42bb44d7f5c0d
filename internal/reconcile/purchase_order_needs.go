package reconcile

import (
	"context"
	"fmt"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// needs makes the order wait for its store and its supplier. What the tenant's implementations do not
// export is somebody else's: Flow says itself when it does not have it.
func (r *purchaseRun) needs(ctx context.Context, store *omnium.Store) *job.Outcome {
	for _, n := range []struct {
		kind     string
		resource event.Resource
		id       string
	}{
		{kindStore, event.Store, store.ID},
		{kindSupplier, event.Supplier, r.doc.SupplierID},
	} {
		if !r.opts.exports(n.resource) {
			continue
		}
		uid, err := mapping.UID(n.id)
		if err != nil {
			o := fromMapping(err)
			return &o
		}
		if o := r.require(ctx, needed{kind: n.kind, uid: uid, by: job.Key{Resource: n.resource, ID: n.id}}); o != nil {
			return o
		}
	}
	return nil
}

// sellable returns the lines that Flow can take: those whose products it has, and those that it has already.
// The outcome waiting is for the others: that they wait for their products, or that Omnium does not have those.
// It does not keep the order from being sent without them. The other outcome is for the order.
func (r *purchaseRun) sellable(
	ctx context.Context, lines []mapping.PurchaseOrderLine, have map[string]string,
) (ready []mapping.PurchaseOrderLine, waiting, failed *job.Outcome) {
	missing, failed := r.missingProducts(ctx, lines, have)
	if failed != nil {
		return nil, nil, failed
	}
	for _, line := range lines {
		n, lacks := missing[line.Item.ProductUID]
		if !lacks || have[line.Item.PurchaseOrderItemUID] != "" {
			ready = append(ready, line)
			continue
		}
		o := r.require(ctx, n)
		switch {
		case o == nil: // it has just arrived
			ready = append(ready, line)
		case o.Verdict != job.Done:
			return nil, nil, o
		default:
			waiting = worst(waiting, o)
		}
	}
	return ready, waiting, nil
}

// missingProducts are the products that Flow lacks, by uid. A uid that another product owns must not be
// taken for the line's.
func (r *purchaseRun) missingProducts(
	ctx context.Context, lines []mapping.PurchaseOrderLine, have map[string]string,
) (map[string]needed, *job.Outcome) {
	skus := map[string]string{}
	var uids []string
	for _, line := range lines {
		if uid := line.Item.ProductUID; skus[uid] == "" && have[line.Item.PurchaseOrderItemUID] == "" {
			skus[uid] = line.SKU
			uids = append(uids, uid)
		}
	}
	if len(uids) == 0 || !r.opts.exports(event.Product) {
		return nil, nil
	}
	owners, err := r.opts.Ledger.Owners(ctx, r.tenant(), kindProduct, uids)
	if err != nil {
		o := fromLedger(err)
		return nil, &o
	}
	prints, o := r.prints(ctx, kindProduct, uids)
	if o != nil {
		return nil, o
	}
	missing := map[string]needed{}
	for uid, sku := range skus {
		if of := strings.TrimSpace(owners[uid].Source); of != "" && of != sku {
			o := job.Bury(reasonUIDCollision, fmt.Errorf("product uid %s belongs to %s; the line's %s falls on the same uid",
				uid, of, sku))
			return nil, &o
		}
		if !prints[uid].There {
			missing[uid] = needed{kind: kindProduct, uid: uid, by: job.Key{Resource: event.Product, ID: sku}}
		}
	}
	return missing, nil
}

// worst is the outcome that tells more: that something cannot come rather than that it is to come.
func worst(a, b *job.Outcome) *job.Outcome {
	if a != nil && (b == nil || a.Verdict == job.Permanent || a.Result == job.Skipped) {
		return a
	}
	return b
}
