package omnium

// SeparatePrice is a price from the price index of an Omnium tenant that keeps prices apart from its
// products (reference omnium-api.md §4.1).
type SeparatePrice struct {
	Price

	// ProductID is filled by the index only.
	ProductID string `json:"productId"`
	// SkuID is the older name of Code.
	SkuID    string `json:"skuId"`
	Modified Time   `json:"modified"`
}

// CostPrice is what a product costs the tenant, and the scope that holds in (reference omnium-api.md
// §4.4). Empty scope fields mean "any".
type CostPrice struct {
	ProductID string `json:"productId"`
	SkuID     string `json:"skuId"` // empty: the whole product
	// Cost is after and OriginalCost before DiscountAmount; one of the two may be empty.
	Cost           Number `json:"cost"`
	OriginalCost   Number `json:"originalCost"`
	DiscountAmount Number `json:"discountAmount"`
	CurrencyCode   string `json:"currencyCode"`

	Unit          string `json:"unit"`
	MarketID      string `json:"marketId"`
	MarketGroupID string `json:"marketGroupId"`
	StoreID       string `json:"storeId"`
	StoreGroupID  string `json:"storeGroupId"`
	ValidFrom     Time   `json:"validFrom"`
	ValidUntil    Time   `json:"validUntil"`
	Modified      Time   `json:"modified"`
}
