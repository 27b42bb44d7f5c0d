package catchup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// delta hands over what has changed in a resource since the oldest checkpoint of its tenants, or since
// the wish says when that is earlier, and moves their checkpoints to the moment at which it began. A zero
// wish is none.
func (c *Catchup) delta(
	ctx context.Context, r event.Resource, token int64, wish ledger.Wish,
) Report {
	began := time.Now()
	report := Report{Resource: r}
	defer func() { report.Took = time.Since(began) }()
	// A change makes the jobs that its event would have made: a product may have a price in a window that
	// has opened, and a price may come with a cost, which is a field of the product.
	route, targets := c.opts.Directory().Targets(string(r), "", "")
	tenants := route.Tenants
	if len(targets) == 0 {
		return report
	}
	report.Since, report.Err = c.since(ctx, r, tenants, began)
	if report.Err != nil {
		return report
	}
	if !wish.Since.IsZero() && wish.Since.Before(report.Since) {
		report.Since = wish.Since
	}
	w := omnium.Window{Since: report.Since, Until: began}
	h := &handover{
		intake: c.opts.Intake, targets: targets, because: "delta", since: w.Since, afresh: wish.Afresh,
	}
	report.Err = c.opts.Source.Changes(ctx, r, w, func(page []omnium.Change) error {
		return h.take(ctx, page)
	})
	report.Seen, report.Queued = h.seen, h.queued
	for _, t := range tenants {
		if report.Err == nil {
			report.Err = c.opts.Records.SaveCheckpoint(ctx, t, r, token, began)
		}
	}
	return report
}

// since is where a list begins: the overlap before the oldest checkpoint. A tenant without one begins
// now: what it lacks from before is for a full synchronisation.
func (c *Catchup) since(
	ctx context.Context, r event.Resource, tenants []tenant.ID, now time.Time,
) (time.Time, error) {
	oldest := now
	for _, t := range tenants {
		checkpoints, err := c.opts.Records.Checkpoints(ctx, t)
		if err != nil {
			return time.Time{}, err
		}
		at, known := checkpoints[r]
		if !known {
			c.opts.Log.Info().Str("tenant", string(t)).Str("resource", string(r)).
				Msg("no checkpoint: changes are listed from now on; synchronise once for what is older")
			continue
		}
		if at.Before(oldest) {
			oldest = at
		}
	}
	return oldest.Add(-c.opts.Overlap).UTC(), nil
}

// handover puts listed objects into the bulk lanes of tenants.
type handover struct {
	intake  Intake
	targets []tenant.Target
	// because is the event id of the jobs, such as delta.
	because string
	// since is where the list begins; once says that no object is queued twice, whatever was written.
	since time.Time
	once  bool
	// afresh says that every object is looked at, also when it was listed before.
	afresh bool
	// change is what the jobs claim; empty means Changed.
	change event.Change

	seen, queued int
}

// take returns when Redis has the jobs. The dedupe window keeps an object that is listed again, because
// lists overlap, from being looked at again, unless it was written in between.
func (h *handover) take(ctx context.Context, page []omnium.Change) error {
	h.seen += len(page)
	var entries []queue.Entry
	for _, change := range page {
		for _, target := range h.targets {
			key := job.Key{Resource: event.Resource(target.Resource), ID: change.ID}
			for _, t := range target.Tenants {
				entries = append(entries, h.entry(t, key, change))
			}
		}
	}
	for part := range slices.Chunk(entries, queue.MaxBatch) {
		results, err := h.intake.Enqueue(ctx, part)
		if err != nil {
			return err
		}
		for _, result := range results {
			if result != queue.Duplicate {
				h.queued++
			}
		}
	}
	return nil
}

func (h *handover) entry(t tenant.ID, key job.Key, c omnium.Change) queue.Entry {
	e := queue.Entry{
		Tenant: t, Key: key, Lane: job.Bulk,
		Cause: job.Cause{EventID: h.because, Change: cmp.Or(h.change, event.Changed), Time: c.Modified},
	}
	if h.once {
		e.Dedupe = h.because + "\x00" + e.String()
		return e
	}
	// What was listed although it was not written since is there because a window has opened or closed:
	// nothing tells one such moment from another.
	if !h.afresh && !c.Modified.IsZero() && !c.Modified.Before(h.since) {
		e.Dedupe = h.because + "\x00" + e.String() + "\x00" + c.Modified.Format(time.RFC3339Nano)
	}
	return e
}
