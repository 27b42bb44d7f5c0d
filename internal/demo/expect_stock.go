package demo

import (
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// expectStock expects the stock of every sku of which there is some, or was.
func (v *view) expectStock() {
	bySKU := map[string][]omnium.InventoryItem{}
	for _, item := range v.Stock {
		bySKU[item.SKU] = append(bySKU[item.SKU], item)
	}
	for _, h := range v.before[Stock] {
		sku := strings.TrimPrefix(h.source, sourceOf("inventory", ""))
		bySKU[sku] = append([]omnium.InventoryItem{}, bySKU[sku]...)
	}
	places := mapping.StockPlaces(v.Stores, &v.tenant.stock)
	for sku, items := range bySKU {
		v.expectStockOf(sku, items, places)
	}
}

func (v *view) expectStockOf(sku string, items []omnium.InventoryItem, places []mapping.StockPlace) {
	source := sourceOf("inventory", sku)
	stock, err := mapping.Stock(sku, items, places, &v.tenant.stock)
	if err != nil {
		v.stick(source)
		return
	}
	for i, place := range places {
		s := stock[i]
		_, sold := v.units[s.ProductUID]
		if !sold || !v.has(Warehouses, place.StoreUID+"/"+place.WarehouseUID) {
			continue
		}
		uid := place.StoreUID + "/" + place.WarehouseUID + "/" + s.ProductUID
		before, known := v.before[Stock][uid]
		if known && s.CostPrice == nil {
			s.CostPrice = before.bodies[0].(flow.Stock).CostPrice // it is not taken back
		}
		// Nothing in stock, and nothing known of it, are the same.
		nothing := s.QuantityStock == 0 && s.CostPrice == nil
		v.held.set(Stock, uid, holding{source: source, bodies: []any{s}, optional: nothing})
	}
}
