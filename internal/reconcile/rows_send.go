package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// outgoing is a row that differs from what was sent before.
type outgoing struct {
	row

	of *rowRun
	// fingerprint is that of what is sent; empty when the row is taken out.
	fingerprint string
}

// send sends what differs, list by list, and notes on each job what became of its rows. An outcome is
// for all jobs.
func (t *batch) send(ctx context.Context) *job.Outcome {
	lists := map[string][]outgoing{}
	for _, r := range t.runs {
		for _, row := range r.plan.rows {
			lists[row.list] = append(lists[row.list], outgoing{row: row, of: r})
		}
	}
	for _, list := range slices.Sorted(maps.Keys(lists)) {
		if o := t.sendList(ctx, list, lists[list]); o != nil {
			return o
		}
	}
	for _, r := range t.runs {
		// What failed is not forgotten: it may be in Flow all the same.
		if r.outcome != nil {
			continue
		}
		if o := r.remember(ctx, r.names()); o != nil {
			r.worse(*o)
		}
	}
	return nil
}

// sendList sends the rows of one list that differ and that Flow can take.
func (t *batch) sendList(ctx context.Context, list string, rows []outgoing) *job.Outcome {
	prints, o := t.listPrints(ctx, list, rows)
	if o != nil {
		return o
	}
	var ready []outgoing
	for _, out := range rows {
		switch differs, err := out.differs(prints[out.uid]); {
		case err != nil:
			out.of.worse(job.Bury("unmappable", err))
		case differs:
			ready = append(ready, out)
		}
	}
	if ready, o = t.satisfied(ctx, ready); o != nil || len(ready) == 0 {
		return o
	}
	marks := map[string]ledger.Print{}
	for _, out := range ready {
		print := prints[out.uid]
		print.Body = pending
		marks[out.uid] = print
	}
	if o := t.savePrints(ctx, list, marks); o != nil {
		return o
	}
	return t.deliver(ctx, list, ready)
}

func (t *batch) listPrints(
	ctx context.Context, list string, rows []outgoing,
) (map[string]ledger.Print, *job.Outcome) {
	uids := make([]string, 0, len(rows))
	for _, out := range rows {
		uids = append(uids, out.uid)
	}
	prints, err := t.opts.Ledger.Prints(ctx, t.opts.Tenant.ID, list, uids)
	if err != nil {
		o := fromLedger(err)
		return nil, &o
	}
	return prints, nil
}

// differs reports whether the row has to be sent, and notes its fingerprint. One that was never sent
// need not be taken out.
func (out *outgoing) differs(print ledger.Print) (bool, error) {
	if out.body == nil {
		return print.Body != "", nil
	}
	var err error
	out.fingerprint, err = ledger.Fingerprint(out.body)
	return print.Body != out.fingerprint, err
}

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
			if n.of != "" && known.owner != "" && known.owner != n.of {
				out.of.worse(job.Bury("uid_collision", fmt.Errorf("%s uid %s belongs to %s; %s falls on the same uid",
					n.kind, n.uid, known.owner, n.of)))
				return true
			}
			if !known.there && out.waits(ctx, n) {
				return true
			}
		}
		return false
	}), nil
}

// waits makes the job of the row wait, and reports false when what it needs has just arrived.
func (out *outgoing) waits(ctx context.Context, n needed) bool {
	o := out.of.require(ctx, n)
	switch {
	case o == nil:
		return false
	case o.Verdict == job.Done:
		out.of.waiting = o
	default:
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

// deliver writes the rows of one list, records those that Flow took, and notes what became of the
// others.
func (t *batch) deliver(ctx context.Context, list string, rows []outgoing) *job.Outcome {
	bare := make([]row, 0, len(rows))
	for _, out := range rows {
		out.of.writes++
		bare = append(bare, out.row)
	}
	taken := map[string]ledger.Print{}
	for i, err := range t.write(ctx, list, bare) {
		out := rows[i]
		if err == nil {
			taken[out.uid] = ledger.Print{Body: out.fingerprint, There: out.body != nil}
			continue
		}
		if o := t.refused(ctx, out, err); o != nil {
			return o
		}
	}
	return t.savePrints(ctx, list, taken)
}

// refused notes that Flow did not take a row. When it may be because something that the row needs was
// deleted in Flow, its next arrival revives the job.
func (t *batch) refused(ctx context.Context, out outgoing, cause error) *job.Outcome {
	o := fromFlow(cause)
	out.of.worse(o)
	if o.Verdict != job.Permanent {
		return nil
	}
	for _, n := range out.missing() {
		err := t.opts.Ledger.Await(ctx, t.opts.Tenant.ID, n.kind, n.uid, out.of.job.String())
		if err != nil {
			failed := fromLedger(err)
			return &failed
		}
	}
	return nil
}

func (t *batch) savePrints(
	ctx context.Context, list string, prints map[string]ledger.Print,
) *job.Outcome {
	// What reached Flow is recorded also when the run is being interrupted.
	err := t.opts.Ledger.SavePrints(context.WithoutCancel(ctx), t.opts.Tenant.ID, list, prints)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}
