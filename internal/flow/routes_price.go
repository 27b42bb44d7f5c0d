package flow

import "net/http"

// Names of the operations on price lists.
const (
	PricelistList   = "pricelist.list"
	PricelistCreate = "pricelist.create"
	PricelistGet    = "pricelist.get"
	PricelistUpdate = "pricelist.update"
	PriceBatch      = "price.batch"
)

const pricelistUID = "pricelistUid"

// priceRoutes are the operations of reference flow-api.md §8.
func priceRoutes() []Route {
	const (
		lists = "/tenants/{tenantUid}/pricelists"
		list  = lists + "/{pricelistUid}"
	)
	ok := []int{http.StatusOK}
	return []Route{
		{PricelistList, http.MethodGet, lists, ok, Documented},    // §8.1
		{PricelistCreate, http.MethodPost, lists, ok, Documented}, // §8.1
		{PricelistGet, http.MethodGet, list, ok, Documented},      // §8.1
		{PricelistUpdate, http.MethodPut, list, ok, Documented},   // §8.1
		// §8.2 is not visible; after the documented soas/batch, §1.11.
		{PriceBatch, http.MethodPost, list + "/prices/batch", []int{http.StatusOK, http.StatusMultiStatus}, Assumed},
	}
}
