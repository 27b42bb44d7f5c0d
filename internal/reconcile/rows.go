package reconcile

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
)

// row is one entry of something that Flow takes in batches: a price in a price list, the stock of a
// product in a warehouse.
type row struct {
	// list is what one batch is about, such as a price list, and the namespace of the uids in the
	// ledger; uid tells the row from others of the list. Neither holds a blank, and uid no slash.
	list, uid string
	// body is what Flow shall hold; nil takes the row out, when it was ever sent.
	body any
	// needs are what Flow must have before it can take the row.
	needs []needed
}

// rowPlan is what Flow shall hold for one job.
type rowPlan struct {
	rows []row
	// complete says that rows are all that Flow shall hold for the object: what was sent for it before
	// and is not among them is taken out.
	complete bool
	// again is when the plan changes by itself; zero when it does not.
	again time.Time
	// reason is why there are no rows: a job that had none before either is skipped for it.
	reason string
}

// planRows makes the plan of one job. With an outcome nothing is sent for it.
type planRows func(ctx context.Context, r *run) (rowPlan, *job.Outcome)

// heldRows reports, row by row and in order, which rows of one list Flow has already as they shall be. It is
// asked about rows that nothing is known of.
type heldRows func(ctx context.Context, list string, rows []row) ([]bool, error)

// writeRows sends rows of one list and returns one error per row, in order; nil for those that Flow
// took.
type writeRows func(ctx context.Context, list string, rows []row) []error

// rowSteps are what is done with the rows of one list.
type rowSteps struct {
	held  heldRows // nil where Flow cannot be asked
	write writeRows
}

// batch is the rows of many jobs on their way into Flow.
type batch struct {
	*base
	rowSteps

	runs []*rowRun
}

// rowRun is one job of a batch.
type rowRun struct {
	*run

	plan   rowPlan
	before []string // the names of the rows that were sent for the object
	// outcome is the worst of the rows' so far; nil when none is worse than done.
	outcome *job.Outcome
	waiting *job.Outcome // of some row
	// awaited is what some row of the job was found to lack: all of them wait for it at once.
	awaited map[needed]bool
}

// rows reconciles jobs whose objects Flow takes in batches: it makes the plans, sends what differs
// from what was sent before, list by list, and settles every job. A job whose plan or rows fail does
// not concern the others.
func (b *base) rows(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
	plan planRows, steps rowSteps,
) {
	t := &batch{base: b, rowSteps: steps}
	t.plan(ctx, jobs, settle, plan)
	if o := t.send(ctx); o != nil {
		for _, r := range t.runs {
			r.worse(*o)
		}
	}
	for _, r := range t.runs {
		settle(r.job, r.result())
	}
}

// plan settles the jobs that end with their plan and keeps the others.
func (t *batch) plan(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome), plan planRows,
) {
	var mu sync.Mutex
	ended := func(j job.Job, o job.Outcome) {
		if o.Verdict != "" {
			settle(j, o)
		}
	}
	job.Each(ctx, jobs, ended, func(ctx context.Context, j job.Job) job.Outcome {
		r := &rowRun{run: t.newRun(j)}
		o := r.prepare(ctx, plan)
		if o != nil {
			o.Reads = r.reads
			return *o
		}
		mu.Lock()
		defer mu.Unlock()
		t.runs = append(t.runs, r)
		return job.Outcome{}
	})
}

// prepare makes the plan, with the rows to be taken out.
func (r *rowRun) prepare(ctx context.Context, plan planRows) *job.Outcome {
	p, o := plan(ctx, r.run)
	if o != nil {
		return o
	}
	r.plan = p
	if !p.complete {
		return nil
	}
	var err error
	r.before, err = r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, r.job.Resource, r.job.ID)
	if err != nil {
		failed := fromLedger(err)
		return &failed
	}
	for _, name := range without(r.before, r.names()) {
		r.plan.rows = append(r.plan.rows, rowOf(name))
	}
	return r.remember(ctx, union(r.before, r.names()))
}

// names are the rows that Flow shall hold.
func (r *rowRun) names() []string {
	var names []string
	for _, row := range r.plan.rows {
		if row.body != nil {
			names = append(names, row.list+"/"+row.uid)
		}
	}
	return names
}

// rowOf is a row of which nothing but the name is known: it is to be taken out.
func rowOf(name string) row {
	at := strings.LastIndexByte(name, '/')
	return row{list: name[:max(at, 0)], uid: name[at+1:]}
}

// remember records which rows the object has. It is done before they are sent, too, so that they are
// found after a crash.
func (r *rowRun) remember(ctx context.Context, names []string) *job.Outcome {
	if !r.plan.complete || sameSet(names, r.before) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := r.opts.Ledger.SaveObjectUIDs(ctx, r.opts.Tenant.ID, r.job.Resource, r.job.ID, names)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	r.before = names
	return nil
}

// worse keeps the outcome that concerns most: the tenant's before the job's, what passes before what
// stays.
func (r *rowRun) worse(o job.Outcome) {
	rank := map[job.Verdict]int{job.Suspended: 4, job.Snoozed: 3, job.Failed: 2, job.Permanent: 1}
	if r.outcome == nil || rank[o.Verdict] > rank[r.outcome.Verdict] {
		r.outcome = &o
	}
}

// result is the outcome of the job.
func (r *rowRun) result() job.Outcome {
	o := job.Outcome{Verdict: job.Done, Result: job.Unchanged}
	switch {
	case r.outcome != nil:
		o = *r.outcome
	case r.waiting != nil:
		o = *r.waiting
	case r.writes > 0:
		o.Result = job.Pushed
	case r.plan.reason != "" && len(r.names()) == 0:
		o.Result, o.Reason = job.Skipped, r.plan.reason
	}
	if o.Verdict == job.Done {
		o.Again = r.plan.again
	}
	o.Reads, o.Writes = r.reads, r.writes
	return o
}
