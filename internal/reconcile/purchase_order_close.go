package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// closedBody is the body of an order of which only the end was pushed.
const closedBody = "closed"

// leave closes everything that was pushed for an order that Flow shall not hold any more (design §9.13).
func (r *purchaseRun) leave(ctx context.Context, reason string) job.Outcome {
	prints, o := r.prints(ctx, kindPurchaseOrder, r.before)
	if o != nil {
		return *o
	}
	closed, o := r.closeOthers(ctx, nil, prints)
	switch {
	case o != nil:
		return *o
	case closed:
		return job.Outcome{Verdict: job.Done, Result: job.Deactivated, Reason: reason}
	default:
		return skipped(reason)
	}
}

// closeOthers closes the orders of the object beside those that are wanted, and reports whether there are
// any. What another object owns was never ours: both fall on one uid.
func (r *purchaseRun) closeOthers(
	ctx context.Context, wanted []string, prints map[string]ledger.Print,
) (bool, *job.Outcome) {
	var sent []string
	for _, key := range without(r.before, wanted) {
		if prints[key].Body != "" {
			sent = append(sent, key)
		}
	}
	owners, err := r.opts.Ledger.Owners(ctx, r.tenant(), kindPurchaseOrder, sent)
	if err != nil {
		o := fromLedger(err)
		return false, &o
	}
	found := false
	for _, key := range sent {
		if owners[key].Object != r.job.ID {
			continue
		}
		found = true
		if prints[key].Body == closedBody {
			continue
		}
		if o := r.closeOrder(ctx, key, prints[key]); o != nil {
			return true, o
		}
	}
	return found, nil
}

// closeOrder tells Flow that nothing more comes of an order. Its lines stay as they are. What Flow does not
// have is forgotten.
func (r *purchaseRun) closeOrder(ctx context.Context, key string, print ledger.Print) *job.Outcome {
	print.Body = pending
	// It comes back with whatever status it has then.
	delete(print.Parts, statusPart)
	if o := r.save(ctx, kindPurchaseOrder, key, print); o != nil {
		return o
	}
	err := r.of.flow.SetPurchaseOrderStatus(ctx, orderRef(key), flow.OrderClosed)
	if isNotFound(err) {
		r.writes++
		return r.save(ctx, kindPurchaseOrder, key, ledger.Print{})
	}
	if o := r.call(err); o != nil {
		return o
	}
	print.Body = closedBody
	return r.save(ctx, kindPurchaseOrder, key, print)
}
