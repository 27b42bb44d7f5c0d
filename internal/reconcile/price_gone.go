package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// gone deals with an id that Omnium does not know: what is in the lists for it leaves them.
func (w *priceWorld) gone(ctx context.Context, r *run) (rowPlan, *job.Outcome) {
	if o := r.notFoundTooEarly(); o != nil {
		return rowPlan{}, o
	}
	rows, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Price, r.job.ID)
	if err != nil {
		o := fromLedger(err)
		return rowPlan{}, &o
	}
	if len(rows) == 0 {
		o := r.opts.goneAlias(ctx, r.job, w.holder)
		return rowPlan{}, &o
	}
	return rowPlan{complete: true}, nil
}

// holder returns the product whose price is in the main list under a uid.
func (w *priceWorld) holder(ctx context.Context, uid string) (string, error) {
	prints, err := w.opts.Ledger.Prints(ctx, w.opts.Tenant.ID, priceKind+w.rules.mainList, []string{uid})
	return prints[uid].Of, err
}

// alias hands over to the job of the product id. An id that was a product of its own before gives up
// what it has.
func (w *priceWorld) alias(ctx context.Context, r *run, id string) (rowPlan, *job.Outcome) {
	o := r.opts.rekey(ctx, r.job, id)
	if o.Verdict != job.Done {
		return rowPlan{}, &o
	}
	rows, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Price, r.job.ID)
	if err != nil {
		o = fromLedger(err)
	}
	if err != nil || len(rows) == 0 {
		return rowPlan{}, &o
	}
	return rowPlan{complete: true}, nil
}
