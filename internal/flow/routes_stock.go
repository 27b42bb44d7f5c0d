package flow

import "net/http"

// Names of the operations on stock.
const (
	StockBatch = "stock.batch"
	StockRead  = "stock.read"
)

func stockRoutes() []Route {
	const tenant = "/tenants/{tenantUid}"
	batch := tenant + "/stores/{storeUid}/stock/batch"
	return []Route{
		{StockBatch, http.MethodPost, batch, []int{200, 207}, Assumed},                   // reference flow-api.md §9.2, after §1.11
		{StockRead, http.MethodPost, tenant + "/products/stock", []int{200}, Documented}, // §9.1
	}
}
