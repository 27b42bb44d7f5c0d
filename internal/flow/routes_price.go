package flow

import "net/http"

// PriceBatch is the operation on the entries of a price list.
const PriceBatch = "price.batch"

// priceRoutes is what reference flow-api.md §8.2 does not show: after the documented soas/batch, §1.11.
func priceRoutes() []Route {
	const batch = "/tenants/{tenantUid}/pricelists/{pricelistUid}/prices/batch"
	return []Route{{PriceBatch, http.MethodPost, batch, []int{http.StatusOK, http.StatusMultiStatus}, Assumed}}
}
