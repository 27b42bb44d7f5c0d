package mapping

import (
	"cmp"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/omnium"
)

// costCandidate is a cost price of a unit that holds now. It is not changed after it is made.
type costCandidate struct {
	of   omnium.CostPrice
	cost *apd.Decimal
	// rank is the place of the currency among the tenant's markets.
	rank int
}

// applyCost replaces the cost of a unit with the best valid of its cost prices, when there is one. How
// Omnium chooses among several is not documented (reference mapping.md §6.5); after its rule for
// prices, a cost of the sku beats one of the product, then a match of the unit of measure, then the
// currency of the earlier market, then the narrower scope, then the one that began last, then the
// lowest. Costs of a store or a store group belong to its inventory and do not count. The time is the
// next moment at which a cost price opens or closes.
func applyCost(u *omnium.Product, o *ProductOptions) (time.Time, error) {
	var (
		chosen *costCandidate
		next   time.Time
	)
	for i := range o.CostPrices {
		c := &o.CostPrices[i]
		w := windowOf(c.ValidFrom, c.ValidUntil)
		if w.over(o.Now) || !costInScope(c, u, o) {
			continue
		}
		next = earlier(next, w.edge(o.Now))
		if !w.contains(o.Now) {
			continue
		}
		candidate, err := newCostCandidate(c, o)
		if err != nil {
			return time.Time{}, err
		}
		if chosen == nil || candidate.compare(chosen) < 0 {
			chosen = candidate
		}
	}
	if chosen != nil {
		u.Cost, u.CostCurrency = omnium.Number(plain(chosen.cost)), strings.ToUpper(chosen.of.CurrencyCode)
	}
	return next, nil
}

// costInScope reports whether a cost price counts for a unit apart from the time. One without any
// amount is none.
func costInScope(c *omnium.CostPrice, u *omnium.Product, o *ProductOptions) bool {
	ofUnit := c.SkuID == "" && (c.ProductID == "" || c.ProductID == u.ProductID) || c.SkuID != "" && c.SkuID == u.SkuID
	inMarket := c.MarketID == ""
	for _, m := range o.Markets {
		inMarket = inMarket || strings.EqualFold(c.MarketID, m.MarketID)
	}
	return ofUnit && inMarket && c.StoreID == "" && c.StoreGroupID == "" &&
		(c.MarketGroupID == "" || containsFold(o.Groups, c.MarketGroupID)) &&
		(c.Unit == "" || strings.EqualFold(c.Unit, u.Unit)) &&
		strings.TrimSpace(string(c.Cost)+string(c.OriginalCost)) != ""
}

func newCostCandidate(c *omnium.CostPrice, o *ProductOptions) (*costCandidate, error) {
	cost, err := netCost(c)
	if err != nil {
		return nil, err
	}
	return &costCandidate{of: *c, cost: cost, rank: currencyRank(c.CurrencyCode, o.Markets)}, nil
}

// netCost is the cost after discount; of the two costs of a cost price one may be missing (reference
// omnium-api.md §4.4).
func netCost(c *omnium.CostPrice) (*apd.Decimal, error) {
	cost, err := parse("cost price", c.Cost)
	if err != nil || cost != nil {
		return cost, err
	}
	original, err := parse("cost price before discount", c.OriginalCost)
	if err != nil || original == nil {
		return nil, err
	}
	discount, err := parse("discount of the cost price", c.DiscountAmount)
	if err != nil || discount == nil {
		return original, err
	}
	net := new(apd.Decimal)
	if _, err := exact().Sub(net, original, discount); err != nil {
		return nil, outOfRange("cost price", original)
	}
	return net, nil
}

// compare is negative when c is the better cost.
func (c *costCandidate) compare(d *costCandidate) int {
	return cmp.Or(
		trueFirst(c.of.SkuID != "", d.of.SkuID != ""),
		trueFirst(c.of.Unit != "", d.of.Unit != ""),
		cmp.Compare(c.rank, d.rank),
		trueFirst(c.of.MarketID != "", d.of.MarketID != ""),
		trueFirst(c.of.MarketGroupID != "", d.of.MarketGroupID != ""),
		d.of.ValidFrom.Compare(c.of.ValidFrom.Time),
		c.cost.Cmp(d.cost),
		strings.Compare(c.of.CurrencyCode, d.of.CurrencyCode),
	)
}
