package reconcile

import (
	"context"
	"slices"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// push is the difference between what Flow shall hold of one product and what was pushed before,
// and its way into Flow.
type push struct {
	*productRun

	before  []string                // uids recorded for the object
	prints  map[string]ledger.Print // what was pushed under each uid, as the ledger has it now
	loaded  map[string]string       // the body of each print before this run announced its own
	ours    []string                // uids of the units that are pushed
	found   []string                // those that Flow had although nothing was known of them
	claimed bool                    // a uid was claimed that nobody owned
	retired bool                    // something was taken off sale
}

func newPush(r *productRun) *push { return &push{productRun: r} }

// push makes Flow agree with mapped. The order follows the connector's documented steps (reference
// mapping.md §5.1): brand and group, product, siblings, images, properties.
func (r *productRun) push(
	ctx context.Context, doc *omnium.Product, mapped *mapping.MappedProduct,
) job.Outcome {
	p := newPush(r)
	before, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Product, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	all := append(uidsOf(mapped.Units), uidsOf(mapped.Dropped)...)
	if o := p.load(ctx, before, union(all, before)); o != nil {
		return *o
	}
	units := p.wanted(mapped)
	// What the product no longer has is given up before anything is claimed: two products that swap
	// their skus would wait for each other.
	if o := p.retire(ctx, without(before, uidsOf(units)), doc.Modified.Time); o != nil {
		return *o
	}
	units, o := p.own(ctx, units)
	if o == nil {
		o = p.send(ctx, units)
	}
	if o == nil { // also when nothing was written: a run before may have died before it told them
		o = arrived(ctx, &p.opts, p.job, kindProduct, p.ours)
	}
	if o == nil {
		o = p.finish(ctx, uidsOf(units))
		o.Again = mapped.Next
		if len(units) == 0 && o.Result == job.Unchanged {
			o.Result, o.Reason = job.Skipped, skipReason(mapped)
		}
	}
	return *o
}

// send takes the steps in their order.
func (p *push) send(ctx context.Context, units []mapping.Unit) *job.Outcome {
	each := func(step func(context.Context, mapping.Unit) *job.Outcome) func() *job.Outcome {
		return func() *job.Outcome {
			for _, u := range units {
				if o := step(ctx, u); o != nil {
					return o
				}
			}
			return nil
		}
	}
	steps := []func() *job.Outcome{
		func() *job.Outcome { return p.announce(ctx, units) },
		each(p.body),
		func() *job.Outcome { return p.release(ctx, uidsOf(slices.DeleteFunc(slices.Clone(units), forSale))) },
		func() *job.Outcome { return p.links(ctx, units) },
		each(p.media),
		each(p.texts),
	}
	for _, step := range steps {
		if o := step(); o != nil {
			return o
		}
	}
	return nil
}

func skipReason(m *mapping.MappedProduct) string {
	if len(m.Units) == 0 {
		return reasonNotInMarkets
	}
	return reasonDeletedBefore
}

func uidsOf(units []mapping.Unit) []string {
	uids := make([]string, 0, len(units))
	for _, u := range units {
		uids = append(uids, u.Product.ProductUID)
	}
	return uids
}

func union(a, b []string) []string { return append(slices.Clone(a), without(b, a)...) }

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// load reads what was pushed under the uids.
func (p *push) load(ctx context.Context, before, uids []string) *job.Outcome {
	prints, o := p.opts.prints(ctx, kindProduct, uids)
	if o != nil {
		return o
	}
	p.before, p.prints, p.loaded = before, prints, make(map[string]string, len(prints))
	for uid, print := range prints {
		p.loaded[uid] = print.Body
	}
	return nil
}

// wanted are the units that Flow shall hold: those for sale, and of the deleted and dropped ones
// those that were pushed for this product (design §9.4, §9.13). One that does not tell since when it
// is off sale is left to retire, so that every run has the same date.
func (p *push) wanted(m *mapping.MappedProduct) []mapping.Unit {
	var units []mapping.Unit
	offSale := slices.Clone(m.Dropped)
	for _, u := range m.Units {
		if u.Deleted {
			offSale = append(offSale, u)
		} else {
			units = append(units, u)
		}
	}
	for _, u := range offSale {
		uid := u.Product.ProductUID
		if !forSale(u) && p.known(uid) && slices.Contains(p.before, uid) {
			units = append(units, u)
		}
	}
	return units
}

// forSale reports whether the unit is not off sale for good: of one that is, the images, links and
// texts are left as they are.
func forSale(u mapping.Unit) bool { return u.Product.DiscontinuedFrom.IsZero() }

// known reports whether a body was sent under the uid before this run.
func (p *push) known(uid string) bool { return p.loaded[uid] != "" }

// finish records which uids the object has now and says what was done.
func (p *push) finish(ctx context.Context, uids []string) *job.Outcome {
	if !sameSet(uids, p.before) {
		err := p.opts.Ledger.SaveObjectUIDs(ctx, p.opts.Tenant.ID, event.Product, p.job.ID, uids)
		if err != nil {
			o := fromLedger(err)
			return &o
		}
	}
	o := job.Outcome{Verdict: job.Done, Result: job.Unchanged}
	switch {
	case p.retired:
		o.Result = job.Deactivated
	case p.writes > 0:
		o.Result = job.Pushed
	}
	return &o
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && len(without(a, b)) == 0
}

// call judges one write to Flow and counts it.
func (p *push) call(ctx context.Context, err error) *job.Outcome {
	p.writes++
	if err == nil {
		return nil
	}
	o := fromFlow(err)
	if o.Verdict == job.Permanent {
		// Flow may have lost what we believe it has: the next attempt looks again.
		p.ensured.forget()
		if failed := p.doubt(ctx); failed != nil {
			return failed
		}
	}
	return &o
}
