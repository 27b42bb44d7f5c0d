package demo

import (
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

const month = 30 * 24 * time.Hour

// share is a percentage of an amount in kroner, to the øre.
func share(kroner, percent int) omnium.Number {
	ore := kroner * percent
	return omnium.Number(fmt.Sprintf("%d.%02d", ore/100, ore%100))
}

// prices are one per market and, after the article's number, some that count and more that must not.
func (a article) prices(i int, now time.Time) []omnium.Price {
	no := omnium.Price{UnitPrice: share(a.kroner, 100), MarketID: marketNO, CurrencyCode: "NOK"}
	se := omnium.Price{UnitPrice: share(a.kroner, 103), MarketID: marketSE, CurrencyCode: "SEK"}
	if categories()[a.category].food {
		no.TaxRate, se.TaxRate = "15", "12"
	}
	if i%5 == 1 {
		no.UnitPrice, no.IsTaxExcluded = share(a.kroner, 80), true
	}
	list := []omnium.Price{no, se}
	if i%6 == 2 {
		list = append(list,
			omnium.Price{UnitPrice: share(a.kroner, 90), MarketGroupID: marketGroup, CurrencyCode: "NOK"},
			omnium.Price{UnitPrice: share(a.kroner, 92), MarketGroupID: marketGroup, CurrencyCode: "SEK"})
	}
	return append(list, otherPrices(no, i, now)...)
}

// otherPrices are lower than the one that counts, and none of them holds: it is not time yet or no
// more, it is blocking, or it is for somebody or some quantity only.
func otherPrices(base omnium.Price, i int, now time.Time) []omnium.Price {
	var list []omnium.Price
	add := func(change func(*omnium.Price)) {
		p := base
		p.UnitPrice = "1.00"
		change(&p)
		list = append(list, p)
	}
	if i%7 == 3 {
		add(func(p *omnium.Price) { p.ValidFrom.Time = now.Add(month) })
	}
	if i%8 == 4 {
		add(func(p *omnium.Price) { p.ValidUntil.Time = now.Add(-month) })
	}
	if i%9 == 5 {
		add(func(p *omnium.Price) { p.PriceType = "B" })
	}
	if i%10 == 6 {
		add(func(p *omnium.Price) { p.IsCustomerClubSpecificPrice = true })
		add(func(p *omnium.Price) { p.CustomerGroup = "staff" })
		add(func(p *omnium.Price) { p.MinQuantity = "10" })
		add(func(p *omnium.Price) { p.StoreID = "oslo" })
	}
	return list
}
