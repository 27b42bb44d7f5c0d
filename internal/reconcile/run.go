package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
)

// base is what the handlers of all resources but the product are built on.
type base struct {
	opts    Options
	again   onceMore
	circles circles
}

// run is the reconciliation of one job.
type run struct {
	*base

	job           job.Job
	reads, writes int
	// sent are the uids of the records that Flow has, by kind, whether or not this run wrote them: one
	// before it may have died before it told who waits for them.
	sent map[string][]string
}

// each runs work for every job and settles it with what it returns. Reads and writes are counted by
// the run; a Done without a Result is Pushed or Unchanged, depending on whether anything was written.
func (b *base) each(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
	work func(context.Context, *run) job.Outcome,
) {
	job.Each(ctx, jobs, settle, func(ctx context.Context, j job.Job) job.Outcome {
		return b.newRun(j).finish(ctx, work)
	})
}

func (b *base) newRun(j job.Job) *run { return &run{base: b, job: j, sent: map[string][]string{}} }

// finish does the work, tells whoever waits for what Flow has now, and completes the outcome.
func (r *run) finish(
	ctx context.Context, work func(context.Context, *run) job.Outcome,
) job.Outcome {
	o := work(ctx, r)
	if failed := r.announceArrivals(ctx); failed != nil && o.Verdict == job.Done {
		o = *failed
	}
	if o.Verdict == job.Done && o.Result == "" {
		o.Result = job.Unchanged
		if r.writes > 0 {
			o.Result = job.Pushed
		}
	}
	o.Reads, o.Writes = r.reads, r.writes
	return o
}

// errUnsent is what a step of a record returns that had nothing to send.
var errUnsent = errors.New("nothing was sent")

// call judges one write to Flow and counts it.
func (r *run) call(err error) *job.Outcome {
	if errors.Is(err, errUnsent) {
		return nil
	}
	r.writes++
	if err == nil {
		return nil
	}
	o := fromFlow(err)
	return &o
}

// readTooEarly returns an outcome when the object looks older than the event that named it, which
// Omnium's index may be the reason for (design §7). modified is zero when the object does not tell.
func (r *run) readTooEarly(modified omnium.Time) *job.Outcome {
	return readTooEarly(r.job, modified.Time, &r.again)
}

func readTooEarly(j job.Job, modified time.Time, again *onceMore) *job.Outcome {
	at := j.Cause.Time
	if at.IsZero() || modified.IsZero() || at.Sub(modified) <= staleAfter ||
		!recent(j) || !again.first(j) {
		return nil
	}
	o := job.Defer(staleWait, reasonReadTooEarly)
	return &o
}

// notFoundTooEarly returns an outcome when an object that Omnium does not find may only be not visible
// yet.
func (r *run) notFoundTooEarly() *job.Outcome {
	if deletion(r.job) || !recent(r.job) || !r.again.first(r.job) {
		return nil
	}
	o := job.Defer(staleWait, reasonNotFoundYet)
	return &o
}

// prints is Options.prints.
func (r *run) prints(
	ctx context.Context, kind string, uids []string,
) (map[string]ledger.Print, *job.Outcome) {
	return r.opts.prints(ctx, kind, uids)
}

// save records what was pushed under a uid, also when the run is being interrupted.
func (r *run) save(ctx context.Context, kind, uid string, print ledger.Print) *job.Outcome {
	prints := map[string]ledger.Print{uid: print}
	err := r.opts.Ledger.SavePrints(context.WithoutCancel(ctx), r.opts.Tenant.ID, kind, prints)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

func skipped(reason string) job.Outcome {
	return job.Outcome{Verdict: job.Done, Result: job.Skipped, Reason: reason}
}
