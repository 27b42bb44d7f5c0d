package mapping

import (
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// MappedPrices is what a tenant's Flow price list shall hold of one Omnium product.
type MappedPrices struct {
	// Units are all sellable units of the document, in its order.
	Units []UnitPrice
	// Next is the earliest moment after Now at which a price opens or closes; zero when none does.
	Next time.Time
}

// UnitPrice is the price of one Flow product.
type UnitPrice struct {
	// SourceID and ProductUID are those of the Unit that Product makes.
	SourceID   string
	ProductUID string
	// Best is nil when the unit has no valid price, is deleted or is not in the tenant's markets: it
	// has no place in the list then.
	Best *BestPrice
}

// BestPrice is the best valid price of a unit (reference mapping.md §6.3).
type BestPrice struct {
	// UnitPrice is in hundredths, with tax. RecommendedRetailPrice is too, under the assumption that
	// it is taxed like the unit price; nil when Omnium has none.
	UnitPrice              int64
	RecommendedRetailPrice *int64
	// Currency is upper-case; empty when neither the price nor its market names one.
	Currency string
	// ValidFrom and ValidUntil are zero when open. The end is not part of the window.
	ValidFrom  time.Time
	ValidUntil time.Time
}

// Prices maps the prices of one product document, which may also have been read apart from it: prices
// then go into p.Prices, with the sku as their code. It is as pure as Product, and every error is an
// *Error. With a StoreID the result is the list of that store: the best price there of every unit, not
// only of those that cost something else there. The options about VAT codes, assortments, product
// groups, costs and fields to omit are not looked at.
func Prices(p *omnium.Product, o ProductOptions) (*MappedPrices, error) {
	m := new(MappedPrices)
	var owners uidOwners
	for _, u := range unitsOf(p) {
		unit := new(Unit)
		if err := unit.identify(&u); err != nil {
			return nil, err
		}
		if err := owners.claim(unit.Product.ProductUID, &u); err != nil {
			return nil, err
		}
		price, next, err := listEntry(&u, &o)
		if err != nil {
			return nil, within(unit.SourceID, err)
		}
		m.Units = append(m.Units, UnitPrice{unit.SourceID, unit.Product.ProductUID, price})
		m.Next = earlier(m.Next, next)
	}
	return m, nil
}

// listEntry is the price of a unit that has a place in the list, and when it changes by itself.
func listEntry(u *omnium.Product, o *ProductOptions) (*BestPrice, time.Time, error) {
	if u.Deleted() || !belongs(u, o) {
		return nil, time.Time{}, nil
	}
	chosen, next, err := best(u, o)
	if err != nil || chosen == nil {
		return nil, next, err
	}
	price, err := chosen.entry()
	return price, next, err
}

// entry is the candidate as Flow shall hold it.
func (c *candidate) entry() (*BestPrice, error) {
	unitPrice, err := integer("prices.unitPrice in cents", c.cents)
	if err != nil {
		return nil, err
	}
	recommended, err := c.withTax("prices.recommendedRetailPrice", c.price.RecommendedRetailPrice)
	if err != nil {
		return nil, err
	}
	w := windowOf(c.price.ValidFrom, c.price.ValidUntil)
	b := &BestPrice{UnitPrice: *unitPrice, Currency: c.currency, ValidFrom: w.from, ValidUntil: w.until}
	b.RecommendedRetailPrice, err = nonZero(integer("prices.recommendedRetailPrice in cents", recommended))
	return b, err
}
