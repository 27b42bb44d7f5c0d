package omnium

// InventoryItem is OmniumInventoryItem: how much of a sku is in one warehouse. Sku and warehouse are its
// identity, and a warehouse without an item has none of the sku (reference omnium-api.md §5). Fields that
// omniflow does not look at are left out.
type InventoryItem struct {
	SKU           string `json:"sku"`
	WarehouseCode string `json:"warehouseCode"`
	// Inventory is the physical quantity, ReservedInventory how much of it is promised to orders.
	Inventory         Number `json:"inventory"`
	ReservedInventory Number `json:"reservedInventory"`
	// Cost is of one unit; zero is none.
	Cost         Number `json:"cost"`
	CostCurrency string `json:"costCurrency"`
	Modified     Time   `json:"modified"`
}
