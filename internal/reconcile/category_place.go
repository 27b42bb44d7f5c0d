package reconcile

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

// below makes sure that the record can be put where it belongs: Flow has the parent, it is the parent
// that is meant, and in Flow it is not below the record.
func (r *categoryRun) below(ctx context.Context, rec record, parent string) *job.Outcome {
	if parent == "" {
		return nil
	}
	uid, by := rec.links[0], job.Key{Resource: event.Category, ID: parent}
	if o := r.require(ctx, needed{kind: rec.kind, uid: uid, by: by}); o != nil {
		return o
	}
	owners, err := r.opts.Ledger.Owners(ctx, r.opts.Tenant.ID, rec.kind, []string{uid})
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	if owner := owners[uid].Object; owner != parent {
		o := job.Bury(reasonUIDCollision, fmt.Errorf("%s uid %s belongs to %s; %s, the parent of %s, falls on the same uid",
			rec.kind, uid, owner, parent, r.job.ID))
		return &o
	}
	return r.untangle(ctx, rec, by)
}

// maxDepth bounds the walk up a tree that was recorded while it changed.
const maxDepth = 100

// untangle puts the record off while Flow has its new parent below it: the two have changed places, and
// the parent has to move first.
func (r *categoryRun) untangle(ctx context.Context, rec record, parent job.Key) *job.Outcome {
	at := rec.links
	for range maxDepth {
		if len(at) == 0 {
			return nil
		}
		if at[0] == rec.uid {
			if err := r.opts.Enqueue(ctx, parent, r.job.Lane, aside(r.job.Cause)); err != nil {
				o := fromLedger(err)
				return &o
			}
			o := job.Fail(reasonParentMoving, fmt.Errorf("in Flow %s is still below %s", parent.ID, r.job.ID))
			o.DataFault = true
			return &o
		}
		prints, o := r.prints(ctx, rec.kind, at)
		if o != nil {
			return o
		}
		at = prints[at[0]].Links
	}
	return nil
}
