package demo

import (
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// openShop fills Omnium.
func (w *World) openShop(now time.Time) {
	w.Omnium.SetMarkets(markets())
	w.Omnium.SetMarketGroups([]omniumtest.MarketGroup{
		{GroupID: marketGroup, GroupName: "Norden", MarketIDs: []string{marketNO, marketSE}},
	})
	w.Omnium.SetStores(chain())
	put(w, omniumtest.Suppliers, suppliers()...)
	put(w, omniumtest.Categories, tree()...)
	put(w, omniumtest.PrivateCustomers, persons()...)
	put(w, omniumtest.BusinessCustomers, companies()...)
	put(w, omniumtest.Deliveries, deliveries()...)
	put(w, omniumtest.PurchaseOrders, purchases(now)...)
	put(w, omniumtest.Prices, filedPrices()...)
	put(w, omniumtest.CostPrices, filedCosts()...)
	for i, a := range catalogue() {
		for _, document := range a.documents(i, now) {
			w.Omnium.PutProduct(document)
		}
		if i%2 == 0 {
			put(w, omniumtest.InventoryItems, a.shelved(i)...)
		}
	}
	for _, document := range oddProducts(now) {
		w.Omnium.PutProduct(document)
	}
}

// documents are the article in its languages. The number i seasons it: the shop's products differ
// in what they have.
func (a article) documents(i int, now time.Time) []omnium.Product {
	documents := []omnium.Product{a.document(i, norwegian(), now)}
	if a.sv != "" {
		documents = append(documents, a.document(i, swedish(), now))
	}
	return documents
}

func (a article) document(i int, w words, now time.Time) omnium.Product {
	c := categories()[a.category]
	p := omnium.Product{
		ID:               a.id + "_" + w.language,
		ProductID:        a.id,
		Language:         w.language,
		Name:             w.pick(a.no, a.sv),
		Description:      w.description(w.pick(a.no, a.sv), i),
		ShortDescription: w.pick(a.no, a.sv) + " &ndash; " + a.brand,
		Brand:            a.brand,
		Unit:             "stk",
		IsActive:         true,
		MainCategoryID:   a.category,
		MainCategoryName: w.pick(c.no, c.sv),
		Prices:           a.prices(i, now),
		Cost:             share(a.kroner, 45),
		CostCurrency:     "EUR",
		Weight:           omnium.Number(fmt.Sprintf("%d.%03d", i%4, 125+i)),
		Colli:            colli(i),
		Assets:           images(a.id, i),
		Properties:       w.properties(i),
	}
	for _, id := range shown(i) {
		p.Categories = append(p.Categories, omnium.ProductCategory{CategoryID: id})
	}
	for n, code := range a.form.codes() {
		p.Variants = append(p.Variants, a.variant(i, n, code, w))
	}
	if len(p.Variants) == 0 {
		p.SkuID = a.id
	}
	return p
}

// shown are the categories that some articles are in beside their main one.
func shown(i int) []string {
	var list []string
	if i%9 == 2 {
		list = append(list, categoryNew)
	}
	if i%13 == 3 {
		list = append(list, categorySale)
	}
	return list
}

// variant leaves empty what it inherits. The first one of some articles has a price of its own.
func (a article) variant(i, n int, code string, w words) omnium.Product {
	v := omnium.Product{
		ID: a.id + "-" + code, ProductID: a.id, SkuID: a.id + "-" + code, Language: w.language,
		Name: w.pick(a.no, a.sv) + " " + code, IsActive: true,
		Properties: []omnium.Property{{Key: w.variantKey(a.form), Value: code}},
	}
	if n == 0 && i%4 == 0 {
		v.Prices = []omnium.Price{{UnitPrice: share(a.kroner, 95), MarketID: marketNO, CurrencyCode: "NOK"}}
	}
	if a.form == colours {
		v.Assets = images(v.SkuID, n)
	}
	return v
}

// colli is the parcel of some articles.
func colli(i int) []omnium.Colli {
	if i%3 != 0 {
		return nil
	}
	return []omnium.Colli{{Height: "12.5", Width: "30", Length: omnium.Number(fmt.Sprint(40 + i)), Weight: "850"}}
}

// images are one to four pictures, of which some are not copied yet, and for some articles a manual
// that is none.
func images(id string, i int) []omnium.Asset {
	taken := omnium.Time{Time: time.Date(2026, time.February, 3, 9, 30, 0, 0, time.UTC)}
	var list []omnium.Asset
	for n := range i%4 + 1 {
		order := 10 - n
		url := fmt.Sprintf("https://images.fjellsport.example/%s/%d.jpg", id, n+1)
		asset := omnium.Asset{
			AssetID: fmt.Sprintf("%s-%d", id, n+1), AssetType: "Image", ContentType: "image/jpeg",
			URL: url, IsMainImage: n == 0, SortOrder: &order, Modified: taken,
		}
		if n == 2 {
			asset.URL, asset.ExternalURL, asset.ContentType = "", url, ""
		}
		list = append(list, asset)
	}
	if i%5 == 0 {
		list = append(list, omnium.Asset{
			AssetID: id + "-manual", AssetType: "Document", ContentType: "application/pdf",
			URL: "https://images.fjellsport.example/" + id + "/manual.pdf", Modified: taken,
		})
	}
	return list
}
