package flowtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
)

// stockKey names the stock of a product in a warehouse.
func stockKey(warehouse, product string) string { return warehouse + "/" + product }

func (s *Server) stockRoutes() {
	const root = "/tenants/{tenantUid}"
	s.handle(flow.StockBatch, "POST", root+"/stores/{storeUid}/stock/batch", putStock)
	s.handle(flow.StockRead, "POST", root+"/products/stock", readStock)
}

// stockSchema is an assumption, after the names of reference flow-api.md §9.1.
func stockSchema() schema {
	return schema{
		kinds:    map[string]kind{"productUid": uid, "warehouseUid": uid, "quantityStock": integer, "costPrice": integer},
		required: []string{"productUid", "warehouseUid", "quantityStock"},
	}
}

// putStock takes every item that it can and answers 207 when it could not take all, as documented for SOA
// amounts (reference flow-api.md §1.11). That a body with an item of the wrong shape is refused as a whole,
// that a product or a warehouse of the store which does not exist fails its item, and what the answer holds
// are assumptions.
func putStock(t *tenant, in input) answer {
	body := schema{kinds: map[string]kind{"upsert": listOf(object(stockSchema()))}, required: []string{"upsert"}}
	if err := body.checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	store := in.path("storeUid")
	if !t.options.AcceptDangling && !t.stores.has(store) {
		return missing("store")
	}
	var items []flow.Stock
	if err := json.Unmarshal(in.body["upsert"], &items); err != nil || len(items) == 0 {
		return bad("upsert is empty")
	}
	status := http.StatusOK
	for _, item := range items {
		if !t.putStock(store, item) {
			status = http.StatusMultiStatus
		}
	}
	return answer{status: status, body: map[string]any{}}
}

func (t *tenant) putStock(store string, item flow.Stock) bool {
	known := t.products.has(item.ProductUID) && t.warehousesOf(store).has(item.WarehouseUID)
	if !known && !t.options.AcceptDangling {
		return false
	}
	if t.stock[store] == nil {
		t.stock[store] = map[string]flow.Stock{}
	}
	key := stockKey(item.WarehouseUID, item.ProductUID)
	if item.CostPrice == nil { // what is left out stays
		item.CostPrice = t.stock[store][key].CostPrice
	}
	t.stock[store][key] = item
	return true
}

// readStock wants one of each pair, as documented. That products which do not exist are left out, and that
// so are products without stock, are assumptions.
func readStock(t *tenant, in input) answer {
	s := schema{kinds: map[string]kind{
		"productUids": listOf(uid), "productSkus": listOf(anyText), "storeUids": listOf(uid), "warehouseUids": listOf(uid),
	}}
	if err := s.check(in.body); err != nil {
		return bad(err.Error())
	}
	if isNull(in.body["productUids"]) == isNull(in.body["productSkus"]) ||
		isNull(in.body["storeUids"]) == isNull(in.body["warehouseUids"]) {
		return bad("one of productUids and productSkus, and one of storeUids and warehouseUids")
	}
	var list []fields
	for _, product := range t.products.list(all) {
		if in.body.names("productUids", product.text("productUid")) || in.body.names("productSkus", product.text("sku")) {
			list = append(list, t.stockOf(product, in.body)...)
		}
	}
	return t.list(list, in.query)
}

// names reports whether a list of strings holds one.
func (f fields) names(field, value string) bool {
	var list []string
	// A list of anything else was refused before.
	_ = json.Unmarshal(f[field], &list)
	return slices.Contains(list, value)
}

func (t *tenant) stockOf(product, query fields) []fields {
	uid := product.text("productUid")
	var total int64
	var details []map[string]any
	for store, stock := range t.stock {
		for key, s := range stock {
			warehouse, of, _ := strings.Cut(key, "/")
			if of == uid && (query.names("storeUids", store) || query.names("warehouseUids", warehouse)) {
				total += s.QuantityStock
				details = append(details, map[string]any{
					"storeUid": store, "warehouseUid": warehouse, "quantityStock": s.QuantityStock, "quantityReserved": 0,
				})
			}
		}
	}
	if details == nil {
		return nil
	}
	raw, _ := json.Marshal(map[string]any{
		"productUid": uid, "productName": product["name"], "productSku": product["sku"],
		"totalQuantityStock": total, "totalQuantityReserved": 0, "warehouseStockDetails": details,
	})
	var f fields
	_ = json.Unmarshal(raw, &f)
	return []fields{f}
}

// snapshotStock copies the stock; nil when there is none.
func (t *tenant) snapshotStock() map[string]map[string]flow.Stock {
	var all map[string]map[string]flow.Stock
	for store, stock := range t.stock {
		if all == nil {
			all = map[string]map[string]flow.Stock{}
		}
		all[store] = maps.Clone(stock)
	}
	return all
}
