package reconcile

import (
	"context"
	"errors"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// retire makes what was pushed for the run's object inactive, and gives up its uid, so that another
// object may have it. What was never pushed is skipped. deactivate's error wraps flow.ErrNotFound when
// Flow does not have it.
func (r *run) retire(
	ctx context.Context, kind, uid string, deactivate func(ctx context.Context, uid string) error,
) job.Outcome {
	owners, err := r.opts.Ledger.Owners(ctx, r.opts.Tenant.ID, kind, []string{uid})
	if err != nil {
		return fromLedger(err)
	}
	if owners[uid].Object != r.job.ID {
		return skipped(reasonUnknown)
	}
	prints, o := r.prints(ctx, kind, []string{uid})
	if o != nil {
		return *o
	}
	print := prints[uid]
	if print.Body != "" && print.Body != retiredBody {
		if o := r.deactivate(ctx, kind, uid, print, deactivate); o != nil {
			return *o
		}
	}
	if err := r.opts.Ledger.ReleaseUIDs(ctx, r.opts.Tenant.ID, kind, []string{uid}); err != nil {
		return fromLedger(err)
	}
	if print.Body == "" {
		return skipped(reasonUnknown)
	}
	return job.Outcome{Verdict: job.Done, Result: job.Deactivated}
}

// deactivate marks, sends and records the deactivation. What Flow does not have is forgotten.
func (r *run) deactivate(
	ctx context.Context, kind, uid string, print ledger.Print,
	send func(ctx context.Context, uid string) error,
) *job.Outcome {
	print.Body = pending
	if o := r.save(ctx, kind, uid, print); o != nil {
		return o
	}
	err := send(ctx, uid)
	if errors.Is(err, flow.ErrNotFound) {
		r.writes++
		return r.save(ctx, kind, uid, ledger.Print{})
	}
	if o := r.call(err); o != nil {
		return o
	}
	print.Body = retiredBody
	return r.save(ctx, kind, uid, print)
}

// rekey hands the work over to the job of an object's own id, of which the run's is another name or
// spelling, so that runs of one object never overlap.
func (r *run) rekey(ctx context.Context, id string) job.Outcome {
	if o := r.circles.closed(r.job, id); o != nil {
		return *o
	}
	key := job.Key{Resource: r.job.Resource, ID: id}
	if err := r.opts.Enqueue(ctx, key, r.job.Lane, r.job.Cause); err != nil {
		return fromLedger(err)
	}
	return rekeyed(id)
}
