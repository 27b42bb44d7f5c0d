package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/job"
)

// satisfied leaves out the rows that need something that Flow lacks; their jobs wait for it. Rows to be
// taken out need nothing.
func (t *batch) satisfied(ctx context.Context, rows []outgoing) ([]outgoing, *job.Outcome) {
	there, o := t.there(ctx, rows)
	if o != nil {
		return nil, o
	}
	return slices.DeleteFunc(rows, func(out outgoing) bool {
		for _, n := range out.missing() {
			known := there[n.kind][n.uid]
			if n.foreign(known) {
				var settled bool
				if known, settled = t.contested(ctx, out, n); settled {
					return true
				}
			}
			if !known.there && out.waits(ctx, n) {
				return true
			}
		}
		return false
	}), nil
}

// foreign reports whether another object owns what is needed.
func (n needed) foreign(known presence) bool {
	return n.of != "" && known.owner != "" && known.owner != n.of
}

// contested looks once more at something that another object owns, and reports true when the job is
// settled for that: as a dead letter that its next arrival revives, because a sku that moves to another
// product changes its owner. It is recorded who waits before the owner is looked at: one that lets go
// just then sees it.
func (t *batch) contested(ctx context.Context, out outgoing, n needed) (presence, bool) {
	o := t.await(ctx, out, n)
	var there map[string]map[string]presence
	if o == nil {
		there, o = t.there(ctx, []outgoing{out})
	}
	known := there[n.kind][n.uid]
	if o == nil && n.foreign(known) {
		buried := job.Bury(reasonUIDCollision, fmt.Errorf("%s uid %s belongs to %s; %s falls on the same uid",
			n.kind, n.uid, known.owner, n.of))
		o = &buried
	}
	if o != nil {
		out.of.worse(*o)
	}
	return known, o != nil
}

// await makes the arrival of what a row needs a reason to look at its job again.
func (t *batch) await(ctx context.Context, out outgoing, n needed) *job.Outcome {
	err := t.opts.Ledger.Await(ctx, t.opts.Tenant.ID, n.kind, n.uid, out.of.job.String())
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

// waits makes the job of the row wait, and reports false when what it needs has just arrived.
func (out *outgoing) waits(ctx context.Context, n needed) bool {
	if out.of.awaited[n] {
		return true
	}
	o := out.of.require(ctx, n)
	if o == nil {
		return false
	}
	if out.of.awaited == nil {
		out.of.awaited = map[needed]bool{}
	}
	out.of.awaited[n] = true
	if o.Verdict == job.Done {
		out.of.waiting = o
	} else {
		out.of.worse(*o)
	}
	return true
}

// missing is what the row needs.
func (out *outgoing) missing() []needed {
	if out.body == nil {
		return nil
	}
	return out.needs
}

// presence is what the ledger knows of something that rows need.
type presence struct {
	there bool
	owner string
}

// there looks up everything that rows need, by kind and uid.
func (t *batch) there(
	ctx context.Context, rows []outgoing,
) (map[string]map[string]presence, *job.Outcome) {
	found := map[string]map[string]presence{}
	for _, out := range rows {
		for _, n := range out.needs {
			if found[n.kind] == nil {
				found[n.kind] = map[string]presence{}
			}
			found[n.kind][n.uid] = presence{}
		}
	}
	for kind, uids := range found {
		wanted := slices.Sorted(maps.Keys(uids))
		prints, errPrints := t.opts.Ledger.Prints(ctx, t.opts.Tenant.ID, kind, wanted)
		owners, errOwners := t.opts.Ledger.Owners(ctx, t.opts.Tenant.ID, kind, wanted)
		if err := errors.Join(errPrints, errOwners); err != nil {
			o := fromLedger(err)
			return nil, &o
		}
		for _, uid := range wanted {
			uids[uid] = presence{prints[uid].There, owners[uid].Object}
		}
	}
	return found, nil
}
