package demo

import (
	"cmp"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// expectPrices expects the entries of the main price list, and of those of the stores.
func (v *view) expectPrices() {
	lists := map[string]mapping.ProductOptions{mainList: v.tenant.options(v.now)}
	for i := range v.Stores {
		s := &v.Stores[i]
		uid, err := mapping.UID(s.ID)
		if err == nil && v.tenant.storeLists && s.IsPrimaryStore && !s.IsInactive &&
			mapping.InMarkets(s, v.tenant.markets()) {
			options := v.tenant.options(v.now)
			options.StoreID = s.ID
			lists[uid] = options
		}
	}
	for id, versions := range byProduct(v.Products) {
		v.expectPricesOf(id, v.priced(v.tenant.document(versions)), lists)
	}
}

func (v *view) expectPricesOf(id string, p *omnium.Product, lists map[string]mapping.ProductOptions) {
	source, changes := sourceOf("price", id), false
	rows := map[string]flow.Price{}
	for list, options := range lists {
		mapped, err := mapping.Prices(p, options)
		if err != nil {
			v.stick(source)
			return
		}
		changes = changes || !mapped.Next.IsZero()
		for _, u := range mapped.Units {
			if u.Best != nil && v.units[u.ProductUID].source == id && v.has(PriceLists, list) {
				rows[list+"/"+u.ProductUID] = entry(u)
			}
		}
	}
	for uid, row := range rows {
		v.hold(Prices, uid, source, row)
	}
	if changes {
		v.waiting++
	}
}

func entry(u mapping.UnitPrice) flow.Price {
	row := flow.Price{
		ProductUID: u.ProductUID, Price: u.Best.UnitPrice,
		RecommendedRetailPrice: u.Best.RecommendedRetailPrice,
		ValidFrom:              flow.Date{At: u.Best.ValidFrom}, ValidTo: flow.Date{At: u.Best.ValidUntil},
	}
	if u.Best.Currency != "" {
		row.Currency = &u.Best.Currency
	}
	return row
}

// priced is a product with the prices that count: those that are kept apart from it, when there are any.
func (v *view) priced(p *omnium.Product) *omnium.Product {
	codes := []string{p.ProductID, p.SkuID}
	for i := range p.Variants {
		codes = append(codes, p.Variants[i].SkuID)
	}
	priced := *p
	priced.Prices, priced.Variants = nil, slices.Clone(p.Variants)
	for _, s := range v.Prices {
		if code := cmp.Or(s.Code, s.SkuID, s.ProductID); code != "" && slices.Contains(codes, code) {
			price := s.Price
			price.Code = cmp.Or(s.Code, s.SkuID)
			priced.Prices = append(priced.Prices, price)
		}
	}
	if priced.Prices == nil {
		return p
	}
	for i := range priced.Variants {
		priced.Variants[i].Prices = nil
	}
	return &priced
}
