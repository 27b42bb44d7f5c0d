package demo

import (
	"fmt"

	"github.com/omniflow/omniflow/internal/omnium"
)

// shelved are the stock items of an article: of most variants something is in the stores, of some
// nothing, and of some more in the depots than there was.
func (a article) shelved(i int) []omnium.InventoryItem {
	var list []omnium.InventoryItem
	for n, sku := range a.skus() {
		for k, warehouse := range []string{storeOslo, depotNO, storeGoteborg, depotSE} {
			seed := 7*i + 3*n + 5*k
			if seed%6 == 0 {
				continue
			}
			item := omnium.InventoryItem{
				SKU: sku, WarehouseCode: warehouse, Inventory: omnium.Number(fmt.Sprint(seed%23 - 1)),
				ReservedInventory: omnium.Number(fmt.Sprint(seed % 3)),
			}
			if seed%2 == 0 {
				item.Cost, item.CostCurrency = share(a.kroner, 40+k), "SEK"
			}
			list = append(list, item)
		}
	}
	return list
}

// skus are what the units of an article are stocked under.
func (a article) skus() []string {
	var list []string
	for _, code := range a.form.codes() {
		list = append(list, a.id+"-"+code)
	}
	if list == nil {
		return []string{a.id}
	}
	return list
}

// filedPrice and filedCost are documents that Omnium keeps apart from products, with the key that it
// files them under.
type filedPrice struct {
	omnium.SeparatePrice

	PriceKey string `json:"priceKey"`
}

type filedCost struct {
	omnium.CostPrice

	PriceKey string `json:"priceKey"`
}

// What scenes change of it.
const (
	keyOfTrousers = "trousers-no"
	keyOfFood     = "food"
)

// filedPrices are for two articles, whose own prices are wrong.
func filedPrices() []filedPrice {
	file := func(key, code, market, currency string, amount omnium.Number) filedPrice {
		p := omnium.SeparatePrice{Price: omnium.Price{UnitPrice: amount, MarketID: market, CurrencyCode: currency}}
		p.Code = code
		return filedPrice{p, key}
	}
	return []filedPrice{
		file(keyOfTrousers, "FF-1202", marketNO, "NOK", "1349.50"),
		file("trousers-se", "FF-1202", marketSE, "SEK", "1379.50"),
		file("watch-red", "PU-2501-rod", marketNO, "NOK", "2299"),
		file("watch", "PU-2501", marketNO, "NOK", "2399"),
		file("watch-se", "PU-2501", marketSE, "SEK", "2499"),
	}
}

// filedCosts replace the costs on products: of one sku, of a whole product in one market, and in a
// store, where it does not count.
func filedCosts() []filedCost {
	return []filedCost{
		{omnium.CostPrice{SkuID: "MT-2301", Cost: "55.55", CurrencyCode: "NOK"}, keyOfFood},
		{omnium.CostPrice{ProductID: "MT-2303", OriginalCost: "120", DiscountAmount: "20.5", CurrencyCode: "SEK", MarketID: marketSE}, "bar"},
		{omnium.CostPrice{SkuID: "MT-2302", Cost: "1", StoreID: storeOslo}, "store"},
	}
}
