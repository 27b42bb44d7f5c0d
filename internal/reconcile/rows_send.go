package reconcile

import (
	"context"
	"errors"
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
		if o := t.announceFree(ctx, list, lists[list]); o != nil {
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
			out.of.worse(job.Bury(reasonUnmappable, err))
		case differs:
			ready = append(ready, out)
		}
	}
	if ready, o = t.satisfied(ctx, ready); o != nil {
		return o
	}
	ready = t.free(ctx, prints, ready)
	if ready, o = t.learn(ctx, list, prints, ready); o != nil || len(ready) == 0 {
		return o
	}
	marks := map[string]ledger.Print{}
	for _, out := range ready {
		print := prints[out.uid]
		print.Body, print.Of = pending, out.of.job.ID
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
	return t.opts.prints(ctx, list, uids)
}

// differs reports whether the row has to be sent, and notes its fingerprint. One that was never sent,
// or that another object has by now, need not be taken out.
func (out *outgoing) differs(print ledger.Print) (bool, error) {
	if out.body == nil {
		return print.Body != "" && !out.held(print), nil
	}
	var err error
	out.fingerprint, err = ledger.Fingerprint(out.body)
	return print.Body != out.fingerprint, err
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
			taken[out.uid] = ledger.Print{}
			if out.body != nil {
				taken[out.uid] = out.print()
			}
			continue
		}
		if o := t.refused(ctx, out, err); o != nil {
			return o
		}
	}
	return t.savePrints(ctx, list, taken)
}

// print is what is remembered of a row that Flow has.
func (out *outgoing) print() ledger.Print {
	return ledger.Print{Body: out.fingerprint, There: true, Of: out.of.job.ID}
}

// refused notes that Flow did not take a row. When it may be because something that the row needs was
// deleted in Flow, its next arrival revives the job.
func (t *batch) refused(ctx context.Context, out outgoing, cause error) *job.Outcome {
	needs := out.missing()
	o := fromFlow(cause)
	if lacking, ok := errors.AsType[*lackingError](cause); ok {
		needs, out.of.waiting = []needed{lacking.needed}, waitingFor(lacking.kind)
	} else {
		out.of.worse(o)
	}
	if o.Verdict != job.Permanent {
		return nil
	}
	for _, n := range needs {
		if failed := t.await(ctx, out, n); failed != nil {
			return failed
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
