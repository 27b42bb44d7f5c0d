package reconcile

import (
	"context"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
)

// gone deals with an id that Omnium does not know. It may have been deleted, be not yet visible, or
// be another name of a product that was pushed and is deleted now.
func (r *productRun) gone(ctx context.Context) job.Outcome {
	if !deletion(r.job) && recent(r.job) && r.again.first(r.job) {
		return job.Defer(staleWait, reasonNotFoundYet)
	}
	t := r.opts.Tenant.ID
	uids, err := r.opts.Ledger.ObjectUIDs(ctx, t, event.Product, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	if len(uids) == 0 {
		if o := r.opts.absent(ctx, r.job, kindProduct); o != nil {
			return *o
		}
		return r.opts.goneAlias(ctx, r.job, r.holder)
	}
	return r.retireAll(ctx, uids)
}

// retireAll takes everything off sale that was pushed for the object.
func (r *productRun) retireAll(ctx context.Context, uids []string) job.Outcome {
	p := newPush(r)
	if o := p.load(ctx, uids, uids); o != nil {
		return *o
	}
	if o := p.retire(ctx, uids, time.Time{}); o != nil {
		return *o
	}
	return *p.finish(ctx, nil)
}

// goneAlias hands over to the product that a deleted id was a name of. The name is forgotten, so that
// ids that were names of each other do not go round in a circle. holder returns the object that a uid
// was pushed for, or "".
func (o *Options) goneAlias(
	ctx context.Context, j job.Job, holder func(ctx context.Context, uid string) (string, error),
) job.Outcome {
	id, err := o.knownAs(ctx, j, holder)
	if err == nil && id == "" {
		return job.Outcome{Verdict: job.Done, Result: job.Skipped, Reason: reasonUnknown}
	}
	if err == nil {
		err = o.Enqueue(ctx, job.Key{Resource: j.Resource, ID: id}, j.Lane, j.Cause)
	}
	if err == nil {
		err = o.Ledger.ForgetAlias(ctx, o.Tenant.ID, j.Resource, j.ID)
	}
	if err != nil {
		return fromLedger(err)
	}
	return rekeyed(id)
}

// knownAs returns the product id under which an id was pushed before, or "".
func (o *Options) knownAs(
	ctx context.Context, j job.Job, holder func(ctx context.Context, uid string) (string, error),
) (string, error) {
	t, id := o.Tenant.ID, j.ID
	aliases, err := o.Ledger.Aliases(ctx, t, j.Resource, []string{id})
	if err != nil {
		return "", err
	}
	if canonical := aliases[id]; canonical != "" {
		return canonical, nil
	}
	// A document id is by convention the product id and a language: ff-1041_no.
	if at := strings.LastIndexByte(id, '_'); at > 0 && len(id)-at == 3 {
		uids, err := o.Ledger.ObjectUIDs(ctx, t, j.Resource, id[:at])
		if err != nil || len(uids) > 0 {
			return id[:at], err
		}
	}
	uid, err := mapping.UID(id)
	if err != nil {
		return "", nil //nolint:nilerr // an id without a usable character was never pushed
	}
	if object, err := holder(ctx, uid); err != nil || object != id {
		return object, err
	}
	return "", nil
}

// holder returns the product that owns the uid of a sku. An id that is spelled otherwise is another sku.
func (r *productRun) holder(ctx context.Context, uid string) (string, error) {
	owners, err := r.opts.Ledger.Owners(ctx, r.opts.Tenant.ID, kindProduct, []string{uid})
	if err != nil || owners[uid].Source != r.job.ID {
		return "", err
	}
	return owners[uid].Object, nil
}
