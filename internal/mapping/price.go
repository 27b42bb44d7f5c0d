package mapping

import (
	"cmp"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/omnium"
)

// priceTypeBlocking marks a price that forbids others; nothing is sold at it (reference omnium-api.md
// §4.3).
const priceTypeBlocking = "B"

// candidate is a price of a unit that holds now in the tenant's context. It is not changed after it
// is made.
type candidate struct {
	price    omnium.Price
	currency string
	// ofSku tells a price of the sku from one of the whole product; forStore one of the store from one
	// of all; forUnit one for the product's unit of measure from one for any.
	ofSku, forStore, forUnit bool
	// rank is the place of the currency among the tenant's markets.
	rank int
	// rate is the tax rate; nil when neither the price nor its market has one.
	rate *apd.Decimal
	// cents is the unit price with tax in hundredths, exact and not yet rounded.
	cents *apd.Decimal
}

// best picks the price of a unit by Omnium's rule (reference mapping.md §6.3): a price of the sku beats
// one of the product, then a price of the store one of all stores, then a match of the unit of measure,
// then the lowest unit price with tax, then the highest promotion id in the order of its characters.
// Prices of store groups do not exist (reference omnium-api.md §4.3). Amounts in different currencies
// do not compare: that of the earlier market wins. It is nil when no price holds. The time is the next
// moment at which a price opens or closes.
func best(u *omnium.Product, o *ProductOptions) (*candidate, time.Time, error) {
	var (
		chosen *candidate
		next   time.Time
	)
	for _, p := range u.Prices {
		w := windowOf(p.ValidFrom, p.ValidUntil)
		if w.over(o.Now) {
			continue
		}
		in, err := inScope(&p, u, o)
		if err != nil {
			return nil, time.Time{}, err
		}
		if !in {
			continue
		}
		next = earlier(next, w.edge(o.Now))
		if !w.contains(o.Now) {
			continue
		}
		c, err := newCandidate(&p, u, o)
		if err != nil {
			return nil, time.Time{}, err
		}
		if chosen == nil || c.compare(chosen) < 0 {
			chosen = c
		}
	}
	return chosen, next, nil
}

// inScope reports whether a price counts for a unit apart from the time. A null unit price is none.
func inScope(p *omnium.Price, u *omnium.Product, o *ProductOptions) (bool, error) {
	_, inMarket := marketOf(p, o)
	general := p.CustomerID == "" && p.CustomerGroup == "" && !p.IsCustomerClubSpecificPrice
	inStore := p.StoreID == "" || p.StoreID == o.StoreID
	if !inMarket || !general || !inStore || strings.TrimSpace(string(p.UnitPrice)) == "" ||
		strings.EqualFold(p.PriceType, priceTypeBlocking) ||
		p.Code != "" && p.Code != u.SkuID && p.Code != u.ProductID ||
		p.Unit != "" && !strings.EqualFold(p.Unit, u.Unit) ||
		p.MarketGroupID != "" && !containsFold(o.Groups, p.MarketGroupID) {
		return false, nil
	}
	minQuantity, err := parse("prices.minQuantity", p.MinQuantity)
	if err != nil {
		return false, err
	}
	return minQuantity == nil || minQuantity.Cmp(apd.New(1, 0)) <= 0, nil
}

// marketOf is the first of the tenant's markets that the price can hold in, preferring one in the
// price's group: it gives the default tax rate and the currency. Without markets every price that
// names none holds.
func marketOf(p *omnium.Price, o *ProductOptions) (omnium.Market, bool) {
	var fallback *omnium.Market
	for i := range o.Markets {
		m := &o.Markets[i]
		if p.MarketID != "" && !strings.EqualFold(p.MarketID, m.MarketID) ||
			p.CurrencyCode != "" && m.Currency != "" && !strings.EqualFold(p.CurrencyCode, m.Currency) {
			continue
		}
		if p.MarketGroupID == "" || strings.EqualFold(p.MarketGroupID, m.MarketGroupID) {
			return *m, true
		}
		if fallback == nil {
			fallback = m
		}
	}
	if fallback != nil {
		return *fallback, true
	}
	return omnium.Market{}, len(o.Markets) == 0 && p.MarketID == ""
}

func newCandidate(p *omnium.Price, u *omnium.Product, o *ProductOptions) (*candidate, error) {
	market, _ := marketOf(p, o)
	rate, err := parse("tax rate", cmp.Or(p.TaxRate, market.DefaultTaxRate))
	if err != nil {
		return nil, err
	}
	c := &candidate{
		price:    *p,
		currency: strings.ToUpper(cmp.Or(p.CurrencyCode, market.Currency)),
		ofSku:    p.Code != "" && p.Code == u.SkuID,
		forStore: p.StoreID != "",
		forUnit:  p.Unit != "",
		rate:     rate,
	}
	c.rank = currencyRank(c.currency, o.Markets)
	c.cents, err = c.withTax("prices.unitPrice", p.UnitPrice)
	return c, err
}

// withTax is an amount of the price in hundredths with tax, exact: times 100 when the price includes
// tax, else times 100 plus the rate (reference omnium-api.md §4.1). Nothing is zero.
func (c *candidate) withTax(field string, n omnium.Number) (*apd.Decimal, error) {
	amount, err := parse(field, n)
	if err != nil {
		return nil, err
	}
	if amount == nil {
		return new(apd.Decimal), nil
	}
	if err := notNegative(field, amount); err != nil {
		return nil, err
	}
	factor := apd.New(100, 0)
	if c.price.IsTaxExcluded && c.rate != nil {
		if err := notNegative("tax rate", c.rate); err != nil {
			return nil, err
		}
		if _, err := exact().Add(factor, factor, c.rate); err != nil {
			return nil, outOfRange(field, amount)
		}
	}
	cents := new(apd.Decimal)
	if _, err := exact().Mul(cents, amount, factor); err != nil {
		return nil, outOfRange(field, amount)
	}
	return cents, nil
}

// compare is negative when c is the better price. Equal prices are told apart by what else they say,
// so that the choice does not hang on the order of the list.
func (c *candidate) compare(d *candidate) int {
	return cmp.Or(
		trueFirst(c.ofSku, d.ofSku),
		trueFirst(c.forStore, d.forStore),
		trueFirst(c.forUnit, d.forUnit),
		cmp.Compare(c.rank, d.rank),
		c.cents.Cmp(d.cents),
		strings.Compare(d.price.PromotionID, c.price.PromotionID),
		compareRates(c.rate, d.rate),
		strings.Compare(c.currency, d.currency),
		strings.Compare(string(c.price.RecommendedRetailPrice), string(d.price.RecommendedRetailPrice)),
		trueFirst(c.price.IsTaxExcluded, d.price.IsTaxExcluded),
		c.price.ValidFrom.Compare(d.price.ValidFrom.Time),
		c.price.ValidUntil.Compare(d.price.ValidUntil.Time),
	)
}

func compareRates(a, b *apd.Decimal) int {
	if a == nil || b == nil {
		return trueFirst(a != nil, b != nil)
	}
	return a.Cmp(b)
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// currencyRank is the place of the first market with that currency.
func currencyRank(currency string, markets []omnium.Market) int {
	for i, m := range markets {
		if strings.EqualFold(m.Currency, currency) {
			return i
		}
	}
	return len(markets)
}

func containsFold(list []string, s string) bool {
	for _, item := range list {
		if strings.EqualFold(item, s) {
			return true
		}
	}
	return false
}
