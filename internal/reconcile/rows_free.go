package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// held reports whether the row was sent for another object last.
func (out *outgoing) held(print ledger.Print) bool {
	return print.Body != "" && print.Of != "" && print.Of != out.of.job.ID
}

// free leaves out the rows that another object still has, because a sku has moved: what that object
// takes out must not be what this one has just sent. Their jobs wait until it has let go.
func (t *batch) free(ctx context.Context, prints map[string]ledger.Print, rows []outgoing) []outgoing {
	var ready []outgoing
	for _, out := range rows {
		if out.body == nil || !out.held(prints[out.uid]) || !t.waitForHolder(ctx, out) {
			ready = append(ready, out)
		}
	}
	return ready
}

// waitForHolder asks the holder of a row to look again, and reports false when it has let go meanwhile.
func (t *batch) waitForHolder(ctx context.Context, out outgoing) bool {
	if o := t.await(ctx, out, needed{kind: out.list, uid: out.uid}); o != nil {
		out.of.worse(*o)
		return true
	}
	// It may have let go just before we began to wait.
	prints, o := t.listPrints(ctx, out.list, []outgoing{out})
	if o != nil {
		out.of.worse(*o)
		return true
	}
	print := prints[out.uid]
	if !out.held(print) {
		return false
	}
	key := job.Key{Resource: out.of.job.Resource, ID: print.Of}
	if err := t.opts.Enqueue(ctx, key, out.of.job.Lane, out.of.job.Cause); err != nil {
		out.of.worse(fromLedger(err))
		return true
	}
	out.of.waiting = &job.Outcome{Verdict: job.Done, Result: job.Waiting, Reason: reasonWaitingForHolder}
	return true
}

// announceFree makes the jobs due that wait for rows which their objects no longer have. It is done
// before the objects forget those rows, so that a crash in between costs a run without effect.
func (t *batch) announceFree(ctx context.Context, list string, rows []outgoing) *job.Outcome {
	var uids []string
	var by job.Job
	for _, out := range rows {
		if out.body == nil && out.of.outcome == nil {
			uids, by = append(uids, out.uid), out.of.job
		}
	}
	if len(uids) == 0 {
		return nil
	}
	return arrived(ctx, &t.opts, by, list, uids)
}
