package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
)

// needed is a Flow object that another one refers to, and the job that brings it there.
type needed struct {
	kind, uid string
	by        job.Key
	// of, in rows, is the Omnium object that must own the uid; empty when that does not matter.
	of string
}

// lackingError means that Flow did not take something because it lacks what that refers to.
type lackingError struct {
	needed

	cause error
}

func (e *lackingError) Error() string {
	return fmt.Sprintf("flow has no %s %s: %v", e.kind, e.uid, e.cause)
}

func (e *lackingError) Unwrap() error { return e.cause }

func waitingFor(kind string) *job.Outcome {
	return &job.Outcome{Verdict: job.Done, Result: job.Waiting, Reason: reasonWaitingFor + kind}
}

// require returns nil when Flow has what is needed. Else it asks for the job that brings it, remembers
// who waits, and returns the outcome Waiting: the job of the run is done for now, and becomes due when
// what it needs has arrived, however long that takes (design §6). When Omnium was found not to have it the
// outcome is Skipped; should it come all the same, the job becomes due too.
func (r *run) require(ctx context.Context, n needed) *job.Outcome {
	there, o := r.has(ctx, n)
	if o != nil || there {
		return o
	}
	t, waiter := r.opts.Tenant.ID, r.job.String()
	if err := r.opts.Ledger.Await(ctx, t, n.kind, n.uid, waiter); err != nil {
		failed := fromLedger(err)
		return &failed
	}
	// It may have arrived just before we began to wait.
	prints, o := r.prints(ctx, n.kind, []string{n.uid})
	if o != nil || prints[n.uid].There {
		return o
	}
	if prints[n.uid].Absent {
		unknown := skipped(reasonRefersToUnknown)
		return &unknown
	}
	if r.opts.exports(n.by.Resource) {
		if err := r.opts.Enqueue(ctx, n.by, r.job.Lane, aside(r.job.Cause)); err != nil {
			failed := fromLedger(err)
			return &failed
		}
	}
	return waitingFor(n.kind)
}

// absent tells those who wait for an object that Omnium does not have it. It is recorded before they are
// told, so that they see it.
func (o *Options) absent(ctx context.Context, j job.Job, kind string) *job.Outcome {
	uid, err := mapping.UID(j.ID)
	if err != nil {
		return nil // nobody can wait for it
	}
	waiting, err := o.Ledger.Awaited(ctx, o.Tenant.ID, kind, []string{uid})
	if err == nil && len(waiting[uid]) > 0 {
		err = o.Ledger.MarkAbsent(ctx, o.Tenant.ID, kind, uid)
		for _, waiter := range waiting[uid] {
			err = errors.Join(err, o.Enqueue(ctx, keyOf(waiter), j.Lane, aside(j.Cause)))
		}
	}
	if err != nil {
		failed := fromLedger(err)
		return &failed
	}
	return nil
}

// keyOf reads what job.Key.String wrote.
func keyOf(waiter string) job.Key {
	resource, id, _ := strings.Cut(waiter, "/")
	return job.Key{Resource: event.Resource(resource), ID: id}
}

// aside is the cause of a job that another object's event asks for. It has no time: this object need not
// have changed since.
func aside(c job.Cause) job.Cause {
	return job.Cause{EventID: c.EventID, Change: event.Changed, Trace: c.Trace}
}

// exports reports whether the tenant's implementations bring objects of a resource to Flow.
func (o *Options) exports(resource event.Resource) bool {
	return slices.Contains(o.Tenant.Resources, string(resource))
}

// has reports whether Flow has accepted the object at least once.
func (r *run) has(ctx context.Context, n needed) (bool, *job.Outcome) {
	prints, o := r.prints(ctx, n.kind, []string{n.uid})
	return prints[n.uid].There, o
}

// announceArrivals makes the jobs due that wait for what Flow has now.
func (r *run) announceArrivals(ctx context.Context) *job.Outcome {
	for _, kind := range slices.Sorted(maps.Keys(r.sent)) {
		if o := arrived(ctx, &r.opts, r.job, kind, r.sent[kind]); o != nil {
			return o
		}
	}
	return nil
}

// arrived makes the jobs due that wait for uids. They are told before they are forgotten: a crash in
// between costs a run without effect.
func arrived(
	ctx context.Context, opts *Options, j job.Job, kind string, uids []string,
) *job.Outcome {
	ctx = context.WithoutCancel(ctx) // what has reached Flow stays there
	waiting, err := opts.Ledger.Awaited(ctx, opts.Tenant.ID, kind, uids)
	for uid, waiters := range waiting {
		for _, waiter := range waiters {
			err = errors.Join(err, opts.Enqueue(ctx, keyOf(waiter), j.Lane, aside(j.Cause)))
		}
		if err == nil {
			err = opts.Ledger.Arrived(ctx, opts.Tenant.ID, kind, uid, waiters)
		}
	}
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}
