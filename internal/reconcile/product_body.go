package reconcile

import (
	"context"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
)

// body creates or updates one unit.
func (p *push) body(ctx context.Context, u mapping.Unit) *job.Outcome {
	uid := u.Product.ProductUID
	print := p.prints[uid]
	fingerprint, err := ledger.Fingerprint(u.Product)
	if err != nil {
		o := job.Bury(reasonUnmappable, err)
		return &o
	}
	if print.Body == fingerprint {
		return nil
	}
	if !forSale(u) && p.loaded[uid] == pending {
		// Whether Flow has it is not known, and what is off sale shall not be created.
		there, o := p.deactivate(ctx, uid, u.Product.DiscontinuedFrom)
		if o != nil || !there {
			return o
		}
	}
	if o := p.ensure(ctx, u); o != nil {
		return o
	}
	body, created := p.written(u, print), false
	created, err = p.flow.PutProduct(ctx, body, p.known(uid))
	if o := p.call(ctx, err); o != nil {
		return o
	}
	p.retired = p.retired || !forSale(u)
	print.Fields = print.Fields&^uint32(body.Clear) | uint32(body.Present())
	print.Body, print.There, print.Discontinued = fingerprint, true, !forSale(u)
	if created && p.known(uid) {
		return p.rebuild(ctx, uid, print)
	}
	if !created && !p.known(uid) {
		p.found = append(p.found, uid)
	}
	return p.saveOne(ctx, uid, print)
}

// written is the body of a unit. What Flow was given and the product no longer has is cleared, except
// for what the configuration leaves to others. Of a unit off sale brand, group and categories stay
// as they are: nothing shall be created for it.
func (p *push) written(u mapping.Unit, print ledger.Print) flow.Product {
	body := u.Product
	body.Clear = flow.Optional(print.Fields) &^ body.Present()
	if !forSale(u) {
		body.BrandUID, body.ProductGroupUID, body.CategoryUIDs = "", "", nil
		body.Clear &^= flow.BrandUID | flow.ProductGroupUID | flow.CategoryUIDs
	}
	if print.Discontinued && forSale(u) {
		body.DiscontinuedFrom = flow.Date{Set: true} // it is back: clear the date
	}
	if p.world.options.OmitRetailPrice {
		body.Clear &^= flow.RetailPrice
	}
	if p.world.options.OmitCurrencyPurchasePrice {
		body.Clear &^= flow.CurrencyPrice
	}
	return body
}

// rebuild records a product that Flow had lost: its images, links and texts went with it.
func (p *push) rebuild(ctx context.Context, uid string, print ledger.Print) *job.Outcome {
	print.Media, print.Links, print.Texts = nil, nil, allPending(print.Texts)
	changed := map[string]ledger.Print{uid: print}
	for _, other := range p.ours {
		sibling := p.prints[other]
		if other != uid && slices.Contains(sibling.Links, uid) {
			sibling.Links = without(sibling.Links, []string{uid})
			changed[other] = sibling
		}
	}
	return p.save(ctx, changed)
}

// ensure creates what the product refers to.
func (p *push) ensure(ctx context.Context, u mapping.Unit) *job.Outcome {
	if !forSale(u) {
		return nil
	}
	if b := u.Brand; b != nil {
		// Spellings that differ in case or blanks only are one brand.
		of := dependency{"brand", b.BrandUID, mapping.BrandKey(b.Name)}
		if o := p.depend(ctx, of, func() error { return p.flow.EnsureBrand(ctx, *b) }); o != nil {
			return o
		}
	}
	if g := u.Group; g != nil {
		of := dependency{"product_group", g.ProductGroupUID, g.ExternalID}
		return p.depend(ctx, of, func() error { return p.flow.EnsureProductGroup(ctx, *g) })
	}
	return nil
}

// dependency is something in Flow that a product refers to.
type dependency struct {
	kind, uid string
	source    string // what the uid was made from
}

// depend makes sure that Flow has what the product refers to.
func (p *push) depend(ctx context.Context, on dependency, create func() error) *job.Outcome {
	if o := p.ownDependency(ctx, on); o != nil {
		return o
	}
	called, err := p.ensured.do(on.kind+" "+on.uid, create)
	if !called {
		return nil
	}
	return p.call(ctx, err)
}
