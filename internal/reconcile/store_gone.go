package reconcile

import (
	"context"
	"errors"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
)

// gone deals with an id that Omnium does not know. Deleting a store is final there, so that nothing but
// its id is left.
func (r *storeRun) gone(ctx context.Context) job.Outcome {
	if o := r.notFoundTooEarly(); o != nil {
		return *o
	}
	if o := r.forgetName(ctx); o != nil {
		return *o
	}
	return r.retire(ctx, reasonUnknown)
}

// retire closes a store that was pushed and is no store of the tenant any more (design §9.13). It keeps
// its uid, its warehouses and its price list: it may come back.
func (r *storeRun) retire(ctx context.Context, reason string) job.Outcome {
	uid, print, o := r.pushedBefore(ctx)
	if o != nil {
		return *o
	}
	if print.Body == "" || print.Body == retiredBody {
		return skipped(reason)
	}
	print.Body = pending
	if o := r.save(ctx, kindStore, uid, print); o != nil {
		return *o
	}
	err := r.store.flow.DeactivateStore(ctx, uid)
	if errors.Is(err, flow.ErrNotFound) {
		err = nil // somebody was faster, or it never got there
	}
	if o := r.call(err); o != nil {
		return *o
	}
	print.Body = retiredBody
	if o := r.save(ctx, kindStore, uid, print); o != nil {
		return *o
	}
	return job.Outcome{Verdict: job.Done, Result: job.Deactivated, Reason: reason}
}

// pushedBefore returns what was pushed for the job's id; the print is empty when nothing was.
func (r *storeRun) pushedBefore(ctx context.Context) (string, ledger.Print, *job.Outcome) {
	uid, err := mapping.UID(r.job.ID)
	if err != nil {
		return "", ledger.Print{}, nil
	}
	owners, err := r.opts.Ledger.Owners(ctx, r.opts.Tenant.ID, kindStore, []string{uid})
	if err != nil {
		o := fromLedger(err)
		return "", ledger.Print{}, &o
	}
	if owners[uid].Object != r.job.ID {
		return "", ledger.Print{}, nil
	}
	prints, o := r.prints(ctx, kindStore, []string{uid})
	return uid, prints[uid], o
}
