package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// retire takes units off sale that the product no longer has, and gives up their uids. Uids that it
// does not own are left alone: they were given up before, and somebody else may hold them.
func (p *push) retire(ctx context.Context, uids []string, at time.Time) *job.Outcome {
	owners, err := p.opts.Ledger.Owners(ctx, p.opts.Tenant.ID, kindProduct, uids)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	var ours []string
	for _, uid := range uids {
		if owners[uid].Object == p.job.ID {
			ours = append(ours, uid)
		}
	}
	for _, uid := range ours {
		if o := p.retireOne(ctx, uid, p.moment(at)); o != nil {
			return o
		}
	}
	return p.release(ctx, ours)
}

// moment is when something ended: as told by the document, else by the event, else now.
func (p *push) moment(at time.Time) time.Time {
	if at.IsZero() {
		at = p.job.Cause.Time
	}
	if at.IsZero() {
		at = time.Now()
	}
	return at
}

// retireOne sends the deactivation of one unit (design §9.13). One that was never sent needs none.
func (p *push) retireOne(ctx context.Context, uid string, at time.Time) *job.Outcome {
	print := p.prints[uid]
	if print.Body == "" || print.Body == retiredBody {
		return nil
	}
	print.Body, print.Discontinued = pending, true
	if o := p.saveOne(ctx, uid, print); o != nil {
		return o
	}
	p.retired = true
	there, o := p.deactivate(ctx, uid, flow.Date{At: at})
	if o != nil || !there {
		return o
	}
	print.Body = retiredBody
	return p.saveOne(ctx, uid, print)
}

// deactivate takes a product off sale and reports whether Flow has it. What Flow does not have is
// forgotten.
func (p *push) deactivate(ctx context.Context, uid string, from flow.Date) (bool, *job.Outcome) {
	err := p.flow.DeactivateProduct(ctx, uid, flow.Deactivation{DiscontinuedFrom: from})
	if errors.Is(err, flow.ErrNotFound) {
		p.writes++
		return false, p.saveOne(ctx, uid, ledger.Print{})
	}
	return true, p.call(ctx, err)
}

// release gives up uids, and wakes the products that wait for them. They are woken first: they come
// back when they are too early, but nobody would wake them after a crash.
func (p *push) release(ctx context.Context, uids []string) *job.Outcome {
	if len(uids) == 0 {
		return nil
	}
	t := p.opts.Tenant.ID
	waiting, err := p.opts.Ledger.Contenders(ctx, t, kindProduct, uids)
	for _, id := range slices.Compact(slices.Sorted(maps.Values(waiting))) {
		if err == nil && id != p.job.ID {
			err = p.opts.Enqueue(ctx, job.Key{Resource: event.Product, ID: id}, p.job.Lane, p.job.Cause)
		}
	}
	if err == nil {
		err = p.opts.Ledger.ReleaseUIDs(ctx, t, kindProduct, uids)
	}
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}
