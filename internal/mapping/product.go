package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// noSku is what Flow gets as the sku of a product without one (reference mapping.md §5.3).
const noSku = "NoSku"

// Product maps one product document to the Flow products of one tenant: one per variant, which
// inherits what it leaves empty from the product, or the product itself when it has no variants
// (reference mapping.md §5). It reads p and o only and is safe for concurrent use. Everything that it
// returns belongs to the caller. Every error is an *Error.
//
// A unit that is not deleted and belongs to the tenant says nothing about DiscontinuedFrom; clearing
// an earlier date is the caller's part. A deleted or dropped one carries the date of the document's
// last change, when it has one.
func Product(p *omnium.Product, o ProductOptions) (*MappedProduct, error) {
	m := new(MappedProduct)
	var owners uidOwners
	for _, u := range unitsOf(p) {
		mapped, next, err := mapUnit(&u, &o)
		if err != nil {
			return nil, within(sourceID(&u), err)
		}
		if err := owners.claim(mapped.Product.ProductUID, &u); err != nil {
			return nil, err
		}
		if belongs(&u, &o) {
			m.Units = append(m.Units, *mapped)
			m.Next = earlier(m.Next, next)
		} else {
			m.Dropped = append(m.Dropped, drop(mapped, &u))
		}
	}
	return m, nil
}

// mapUnit maps a unit that is complete in itself. The time is the next moment at which the result
// changes by itself.
func mapUnit(u *omnium.Product, o *ProductOptions) (*Unit, time.Time, error) {
	price, nextPrice, err := best(u, o)
	if err != nil {
		return nil, time.Time{}, err
	}
	nextCost, err := applyCost(u, o)
	if err != nil {
		return nil, time.Time{}, err
	}
	allowed, nextCode := purchasable(u, o)
	unit := &Unit{Deleted: u.Deleted(), Product: flow.Product{
		Name:             u.Name,
		SKU:              filled(u.SkuID, noSku),
		Description:      Text(u.Description),
		ShortDescription: Text(u.ShortDescription),
		AllowPurchase:    allowed,
	}}
	if unit.Deleted {
		unit.Product.DiscontinuedFrom = discontinued(u)
	}
	err = cmp.Or(unit.identify(u), unit.classify(u, o), unit.value(u, price, o), unit.measure(u), unit.describe(u))
	if err != nil {
		return nil, time.Time{}, err
	}
	return unit, earlier(earlier(nextPrice, nextCost), nextCode), nil
}

// drop turns a unit into what Flow shall hold of it once it has left the tenant's markets.
func drop(unit *Unit, u *omnium.Product) Unit {
	dropped := Unit{SourceID: unit.SourceID, Product: unit.Product, Deleted: unit.Deleted}
	dropped.Product.AllowPurchase = false
	dropped.Product.DiscontinuedFrom = discontinued(u)
	return dropped
}

// discontinued is the date of the unit's last change, in the milliseconds that Flow keeps.
func discontinued(u *omnium.Product) flow.Date {
	return flow.Date{At: u.Modified.Truncate(time.Millisecond)}
}

// sourceID is the id that the uid is made of (reference mapping.md §5.3).
func sourceID(u *omnium.Product) string { return filled(u.SkuID, u.ProductID) }

// uidOwners remembers which unit of a document has which uid.
type uidOwners map[string]string

// claim fails when another unit has the uid already.
func (owners *uidOwners) claim(uid string, u *omnium.Product) error {
	if *owners == nil {
		*owners = make(uidOwners)
	}
	owner := fmt.Sprintf("%q (document %q)", sourceID(u), u.ID)
	if first, taken := (*owners)[uid]; taken {
		return &Error{ReasonUIDDuplicate, fmt.Sprintf("%s and %s are both %s in Flow", first, owner, uid)}
	}
	(*owners)[uid] = owner
	return nil
}

// within says which part of a document an error is about.
func within(part string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok && part != "" {
		return &Error{e.Reason, part + ": " + e.Detail}
	}
	return err
}
