package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// customerRun is the reconciliation of one job.
type customerRun struct {
	*run

	of      *Customer
	options mapping.CustomerOptions
}

func (r *customerRun) reconcile(ctx context.Context, read []customerAnswer) job.Outcome {
	docs, o := r.fetch(ctx, read)
	if o != nil {
		return *o
	}
	if len(docs) == 0 {
		return r.gone(ctx)
	}
	if o := r.readTooEarly(newestOf(docs)); o != nil {
		return *o
	}
	if len(docs) > 1 {
		return r.both(ctx, docs)
	}
	return r.agree(ctx, docs[0])
}

// newestOf looks at both customers of an id: the event does not say which of them has changed.
func newestOf(docs []customerDoc) omnium.Time {
	return slices.MaxFunc(docs, func(a, b customerDoc) int {
		return a.modified.Compare(b.modified.Time)
	}).modified
}

// gone deals with an id that neither resource has. No route that deletes or blocks a customer is
// documented, and its orders refer to it: what was pushed stays (design §9.13).
func (r *customerRun) gone(ctx context.Context) job.Outcome {
	if o := r.notFoundTooEarly(); o != nil {
		return *o
	}
	uid, o := r.recorded(ctx)
	switch {
	case o != nil:
		return *o
	case uid == "":
		return skipped(reasonUnknown)
	default:
		return skipped(reasonDeletedLeft)
	}
}

// both deals with an id that is a private and a business customer, as e-mail addresses can be. When the
// tenant sees both they fall on one uid: the one that was pushed first goes on being updated, and a dead
// letter names both (design §9.1).
func (r *customerRun) both(ctx context.Context, docs []customerDoc) job.Outcome {
	first, o := r.firstPushed(ctx, docs)
	if o != nil {
		return *o
	}
	o = new(r.agree(ctx, docs[first]))
	if o.Verdict != job.Done || !r.sees(docs[1-first]) {
		return *o
	}
	return job.Bury(reasonUIDCollision, fmt.Errorf("%s and %s fall on one customer; the %s one is kept",
		docs[0].source(), docs[1].source(), docs[first].kind))
}

// firstPushed returns the index of the customer that owns the uid, else that of the first in the
// tenant's markets.
func (r *customerRun) firstPushed(ctx context.Context, docs []customerDoc) (int, *job.Outcome) {
	uid, o := r.recorded(ctx)
	if o != nil {
		return 0, o
	}
	owners, err := r.opts.Ledger.Owners(ctx, r.opts.Tenant.ID, kindCustomer, []string{uid})
	if err != nil {
		o := fromLedger(err)
		return 0, &o
	}
	for i, d := range docs {
		if owners[uid].Source == d.source() {
			return i, nil
		}
	}
	return max(0, slices.IndexFunc(docs, r.sees)), nil
}

// sees reports whether the customer is in the tenant's markets. One that cannot be mapped may be.
func (r *customerRun) sees(d customerDoc) bool {
	m, err := d.mapped(r.options)
	return err != nil || m.InMarkets
}

// agree makes Flow agree with the customer.
func (r *customerRun) agree(ctx context.Context, doc customerDoc) job.Outcome {
	if doc.id != r.job.ID {
		return r.rekey(ctx, doc.id)
	}
	mapped, err := doc.mapped(r.options)
	if err != nil {
		return fromMapping(err)
	}
	at, o := r.place(ctx, doc, mapped)
	if o != nil {
		return *o
	}
	return r.pushTo(ctx, at, doc, mapped)
}
