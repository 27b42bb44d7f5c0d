package reconcile

import (
	"context"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
)

// links makes the units of one product siblings. Flow's semantics are not documented; the first unit
// is linked to each of the others once.
func (p *push) links(ctx context.Context, units []mapping.Unit) *job.Outcome {
	uids := uidsOf(slices.DeleteFunc(slices.Clone(units), func(u mapping.Unit) bool { return !forSale(u) }))
	if len(uids) < 2 {
		return nil
	}
	anchor := uids[0]
	print := p.prints[anchor]
	linked := slices.Clone(print.Links)
	for _, uid := range uids[1:] {
		if slices.Contains(linked, uid) {
			continue
		}
		if o := p.call(ctx, p.flow.LinkSibling(ctx, anchor, uid)); o != nil {
			return o
		}
		linked = append(linked, uid)
	}
	if len(linked) == len(print.Links) {
		return nil
	}
	print.Links = linked
	return p.saveOne(ctx, anchor, print)
}

// media posts the images that Flow has not got yet. Images that are gone stay: no documented route
// deletes them.
func (p *push) media(ctx context.Context, u mapping.Unit) *job.Outcome {
	if !forSale(u) {
		return nil
	}
	uid := u.Product.ProductUID
	print := p.prints[uid]
	there, o := p.mediaOf(ctx, u)
	if o != nil {
		return o
	}
	var have []string
	changed := len(print.Media) != len(u.Media)
	for _, m := range u.Media {
		if slices.Contains(there, m.ProductMediaUID) {
			changed = true
		} else if !slices.Contains(print.Media, m.ProductMediaUID) {
			if o := p.call(ctx, p.flow.AddMedia(ctx, uid, m)); o != nil {
				return o
			}
			changed = true
		}
		have = append(have, m.ProductMediaUID)
	}
	if !changed {
		return nil
	}
	print.Media = have
	return p.saveOne(ctx, uid, print)
}

// mediaOf are the images that Flow has of a product of which nothing was known.
func (p *push) mediaOf(ctx context.Context, u mapping.Unit) ([]string, *job.Outcome) {
	uid := u.Product.ProductUID
	if len(u.Media) == 0 || !slices.Contains(p.found, uid) {
		return nil, nil
	}
	records, err := p.flow.ListMedia(ctx, uid)
	if err != nil {
		o := fromFlow(err)
		return nil, &o
	}
	uids := make([]string, 0, len(records))
	for _, r := range records {
		uids = append(uids, r.ProductMediaUID)
	}
	return uids, nil
}

// texts sets the text properties that changed and empties those that are gone.
func (p *push) texts(ctx context.Context, u mapping.Unit) *job.Outcome {
	if !forSale(u) {
		return nil
	}
	uid := u.Product.ProductUID
	print := p.prints[uid]
	texts := maps.Clone(print.Texts)
	wanted := map[string]bool{}
	for _, t := range u.Properties {
		wanted[t.PropertyUID] = true
		if o := p.text(ctx, uid, t, texts); o != nil {
			return o
		}
	}
	for _, property := range slices.Sorted(maps.Keys(texts)) {
		if wanted[property] {
			continue
		}
		if o := p.empty(ctx, uid, property); o != nil {
			return o
		}
		delete(texts, property)
	}
	if maps.Equal(texts, print.Texts) {
		return nil
	}
	print.Texts = texts
	return p.saveOne(ctx, uid, print)
}

// text sets one text unless Flow has it, and notes its fingerprint in texts.
func (p *push) text(
	ctx context.Context, uid string, t mapping.TextProperty, texts map[string]string,
) *job.Outcome {
	fingerprint, err := ledger.Fingerprint(t.Text)
	if err != nil {
		o := job.Bury(reasonUnmappable, err)
		return &o
	}
	if texts[t.PropertyUID] == fingerprint {
		return nil
	}
	of := dependency{"property", t.PropertyUID, t.PropertyName}
	o := p.depend(ctx, of, func() error { return p.flow.EnsureProperty(ctx, t.Property) })
	if o != nil {
		return o
	}
	if o := p.call(ctx, p.flow.SetPropertyText(ctx, uid, t.PropertyUID, t.Text)); o != nil {
		return o
	}
	texts[t.PropertyUID] = fingerprint
	return nil
}

// empty empties a text that is gone.
func (p *push) empty(ctx context.Context, uid, property string) *job.Outcome {
	err := p.flow.SetPropertyText(ctx, uid, property, "")
	if p.prints[uid].Texts[property] == pending && isNotFound(err) {
		err = nil // it never reached Flow
	}
	return p.call(ctx, err)
}
