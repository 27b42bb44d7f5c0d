package reconcile

import (
	"context"
	"maps"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
)

// Marks in the place of a fingerprint. Any fingerprint differs from them, so that what is marked is
// sent again by the next run, whatever Omnium says by then.
const (
	// pending is something that was sent, or is about to be: until the answer is recorded nobody
	// knows whether Flow has it.
	pending = "pending"
	// emptied is a text that Flow has and that was, or is about to be, emptied.
	emptied = "emptied"
	// retiredBody is the body of a product of which only the deactivation was pushed.
	retiredBody = "retired"
)

// announce records what is going to change before any of it is sent. Without it, a run whose answer
// is lost, or that dies before it has recorded the answer, would leave a fingerprint of what Flow no
// longer holds; and if the object then went back to that, nobody would push it.
func (p *push) announce(ctx context.Context, units []mapping.Unit) *job.Outcome {
	changed := map[string]ledger.Print{}
	for _, u := range units {
		print, differs, err := announced(u, p.prints[u.Product.ProductUID])
		if err != nil {
			o := job.Bury(reasonUnmappable, err)
			return &o
		}
		if differs {
			changed[u.Product.ProductUID] = print
		}
	}
	return p.save(ctx, changed)
}

// announced returns the print with marks where it differs from the unit, and whether it does.
func announced(u mapping.Unit, print ledger.Print) (ledger.Print, bool, error) {
	body, err := ledger.Fingerprint(u.Product)
	if err != nil {
		return ledger.Print{}, false, err
	}
	differs := print.Body != body
	if differs {
		print.Body = pending
		print.Discontinued = print.Discontinued || !forSale(u)
		print.Fields |= uint32(u.Product.Present())
	}
	if !forSale(u) {
		return print, differs, nil
	}
	texts, err := announcedTexts(u.Properties, print.Texts)
	if err != nil {
		return ledger.Print{}, false, err
	}
	if !maps.Equal(texts, print.Texts) {
		print.Texts, differs = texts, true
	}
	return print, differs, nil
}

func announcedTexts(wanted []mapping.TextProperty, have map[string]string) (map[string]string, error) {
	texts := make(map[string]string, len(have))
	for property, text := range have {
		texts[property] = emptied
		if text == pending {
			texts[property] = pending
		}
	}
	for _, t := range wanted {
		fingerprint, err := ledger.Fingerprint(t.Text)
		if err != nil {
			return nil, err
		}
		texts[t.PropertyUID] = pending
		if have[t.PropertyUID] == fingerprint {
			texts[t.PropertyUID] = fingerprint
		}
	}
	return texts, nil
}

// save records what was pushed under uids.
func (p *push) save(ctx context.Context, prints map[string]ledger.Print) *job.Outcome {
	maps.Copy(p.prints, prints)
	// What reached Flow is recorded even when the run is being interrupted.
	err := p.opts.Ledger.SavePrints(context.WithoutCancel(ctx), p.opts.Tenant.ID, kindProduct, prints)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

func (p *push) saveOne(ctx context.Context, uid string, print ledger.Print) *job.Outcome {
	return p.save(ctx, map[string]ledger.Print{uid: print})
}

// allPending marks every text or part as one that has to be sent again.
func allPending(sent map[string]string) map[string]string {
	if sent == nil {
		return nil
	}
	marked := make(map[string]string, len(sent))
	for uid := range sent {
		marked[uid] = pending
	}
	return marked
}

// doubt makes the next attempt send everything again: what Flow refused may rely on something that
// was pushed before and that somebody has deleted there.
func (p *push) doubt(ctx context.Context) *job.Outcome {
	doubtful := map[string]ledger.Print{}
	for _, uid := range p.ours {
		print := p.prints[uid]
		print.Body, print.Media, print.Links, print.Texts = pending, nil, nil, allPending(print.Texts)
		doubtful[uid] = print
	}
	return p.save(ctx, doubtful)
}
