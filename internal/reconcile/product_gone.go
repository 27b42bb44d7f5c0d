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
		return job.Defer(staleWait, "not_found_yet")
	}
	t := r.opts.Tenant.ID
	uids, err := r.opts.Ledger.ObjectUIDs(ctx, t, event.Product, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	if len(uids) == 0 {
		return r.goneAlias(ctx)
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
// ids that were names of each other do not go round in a circle.
func (r *productRun) goneAlias(ctx context.Context) job.Outcome {
	id, err := r.knownAs(ctx)
	if err == nil && id == "" {
		return job.Outcome{Verdict: job.Done, Result: job.Skipped, Reason: "unknown_to_omnium"}
	}
	if err == nil {
		err = r.opts.Enqueue(ctx, job.Key{Resource: event.Product, ID: id}, r.job.Lane, r.job.Cause)
	}
	if err == nil {
		err = r.opts.Ledger.ForgetAlias(ctx, r.opts.Tenant.ID, event.Product, r.job.ID)
	}
	if err != nil {
		return fromLedger(err)
	}
	return rekeyed(id)
}

// knownAs returns the product id under which an id was pushed before, or "".
func (r *productRun) knownAs(ctx context.Context) (string, error) {
	t, id, l := r.opts.Tenant.ID, r.job.ID, r.opts.Ledger
	aliases, err := l.Aliases(ctx, t, event.Product, []string{id})
	if err != nil {
		return "", err
	}
	if canonical := aliases[id]; canonical != "" {
		return canonical, nil
	}
	// A document id is by convention the product id and a language: ff-1041_no.
	if at := strings.LastIndexByte(id, '_'); at > 0 && len(id)-at == 3 {
		uids, err := l.ObjectUIDs(ctx, t, event.Product, id[:at])
		if err != nil || len(uids) > 0 {
			return id[:at], err
		}
	}
	uid, err := mapping.UID(id)
	if err != nil {
		return "", nil //nolint:nilerr // an id without a usable character was never pushed
	}
	owners, err := l.Owners(ctx, t, kindProduct, []string{uid})
	if err != nil {
		return "", err
	}
	if o := owners[uid]; o.Source == id && o.Object != id {
		return o.Object, nil
	}
	return "", nil
}
