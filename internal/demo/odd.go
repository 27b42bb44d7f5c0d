package demo

import (
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// oddNeverSold is soft-deleted before the first load.
const oddNeverSold = "XX-3004"

// oddProducts are those that every shop has a few of.
func oddProducts(now time.Time) []omnium.Product {
	makers := []func(*omnium.Product){
		func(p *omnium.Product) { p.Name, p.SkuID = "Gavekort", "" },
		func(p *omnium.Product) { p.Name, p.IsPackage = "Pakke: telt og sovepose", true },
		func(p *omnium.Product) { p.Name, p.IsActive = "Ute av sortiment", false },
		func(p *omnium.Product) { p.Name, p.Status, p.IsActive = "Slettet", omnium.StatusDeleted, false },
		func(p *omnium.Product) { p.Name, p.MarketIDs = "Bare i Norge", []string{"nor"} },
		func(p *omnium.Product) { p.Name, p.MarketIDs = "Bare i Sverige", []string{marketSE} },
		func(p *omnium.Product) { p.Name, p.MarketGroupIDs = "I Norden", []string{"nordic"} },
		func(p *omnium.Product) { p.Name, p.Brand, p.MainCategoryID = "Uten merke og kategori", "", "" },
		func(p *omnium.Product) { p.Name, p.Brand = "Merke med mellomrom", "  Fjell   Form " },
		func(p *omnium.Product) { p.Name, p.Prices, p.Cost = "Uten pris", nil, "0" },
		func(p *omnium.Product) { p.Name, p.AssortmentCodes = "På vei ut", leaving(now) },
		func(p *omnium.Product) { p.Name, p.Weight, p.Colli = "Vekt på kolli", "0", colli(0) },
		func(p *omnium.Product) { p.Name, p.SkuID = "Sku med tegn", "XX/30.13 Å" },
		oddVariants,
	}
	var list []omnium.Product
	for i, odd := range makers {
		p := ordinary(fmt.Sprintf("XX-%d", 3001+i))
		odd(&p)
		list = append(list, p)
	}
	return list
}

// ordinary is a product with nothing odd about it yet. Like all of them it has a Norwegian document
// only.
func ordinary(id string) omnium.Product {
	return omnium.Product{
		ID: id + "_no", ProductID: id, SkuID: id, Language: "no", IsActive: true,
		Brand: "Fjell Form", MainCategoryID: "ball", MainCategoryName: "Ball", Unit: "stk",
		Prices: []omnium.Price{
			{UnitPrice: "199.50", MarketID: marketNO, CurrencyCode: "NOK"},
			{UnitPrice: "209", MarketID: marketSE, CurrencyCode: "SEK"},
		},
		Cost: "80", CostCurrency: "NOK", Weight: "0.4",
		Assets:     images(id, 1),
		Properties: []omnium.Property{{Key: "Material", Value: "Diverse"}},
	}
}

// leaving are two stays in the assortment that cannot be bought: one that is over and one to come.
func leaving(now time.Time) []omnium.AssortmentCode {
	return []omnium.AssortmentCode{
		{AssortmentCodeID: notPurchasable, ValidTo: omnium.Time{Time: now.Add(-month)}},
		{AssortmentCodeID: notPurchasable, ValidFrom: omnium.Time{Time: now.Add(month)}},
		{AssortmentCodeID: "HELAR"},
	}
}

// oddVariants is one product with a variant for each way of not being for sale.
func oddVariants(p *omnium.Product) {
	p.Name, p.SkuID = "Rare varianter", ""
	for _, code := range []string{"A", "B", "C", "D"} {
		sku := p.ProductID + "-" + code
		p.Variants = append(p.Variants, omnium.Product{
			ID: sku, ProductID: p.ProductID, SkuID: sku, Language: "no", Name: "Variant " + code, IsActive: true,
		})
	}
	p.Variants[1].IsActive = false
	p.Variants[2].Status = omnium.StatusDeleted
	p.Variants[3].MarketIDs = []string{marketSE}
}
