package mapping

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// Stock maps what Omnium's warehouses have of a sku to what Flow shall hold of it, place by place in their
// order (reference mapping.md §7). A warehouse without an item has none, and items of other warehouses do
// not count. Quantities may be negative: Flow's may be too (reference flow-api.md §1.5). What packages
// could be made of, and what is virtual, is not counted.
//
// It reads its arguments only and is safe for concurrent use. Every error is an *Error.
func Stock(
	sku string, items []omnium.InventoryItem, places []StockPlace, rules *StockRules,
) ([]flow.Stock, error) {
	uid, err := UID(sku)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*omnium.InventoryItem, len(items))
	for i := range items {
		at[items[i].WarehouseCode] = &items[i]
	}
	stock := make([]flow.Stock, 0, len(places))
	for _, p := range places {
		s, err := stockAt(at, p.Codes, rules)
		if err != nil {
			return nil, within(sku, err)
		}
		s.ProductUID, s.WarehouseUID = uid, p.WarehouseUID
		stock = append(stock, s)
	}
	return stock, nil
}

// stockAt adds up what some warehouses have. It is rounded once, at the end; the cost is that of the first
// that has one.
func stockAt(
	at map[string]*omnium.InventoryItem, codes []string, rules *StockRules,
) (flow.Stock, error) {
	var stock flow.Stock
	total := new(apd.Decimal)
	for _, code := range codes {
		item := at[code]
		if item == nil {
			continue
		}
		if err := addStock(total, item, rules.Available); err != nil {
			return stock, within(code, err)
		}
		if rules.Cost && stock.CostPrice == nil {
			cost, err := nonZero(Cents("cost", item.Cost))
			if err != nil {
				return stock, within(code, err)
			}
			stock.CostPrice = cost
		}
	}
	quantity, err := shifted("inventory", total, 2)
	if err != nil {
		return stock, err
	}
	stock.QuantityStock = *quantity
	return stock, nil
}

// addStock adds what a warehouse has to total, exactly.
func addStock(total *apd.Decimal, item *omnium.InventoryItem, available bool) error {
	physical, err := parse("inventory", item.Inventory)
	if err != nil {
		return err
	}
	if physical != nil {
		if _, err := exact().Add(total, total, physical); err != nil {
			return outOfRange("inventory", physical)
		}
	}
	if !available {
		return nil
	}
	reserved, err := parse("reservedInventory", item.ReservedInventory)
	if err != nil || reserved == nil {
		return err
	}
	if _, err := exact().Sub(total, total, reserved); err != nil {
		return outOfRange("reservedInventory", reserved)
	}
	return nil
}
