package flow

import "net/http"

// Names of the operations on stores and what belongs to them.
const (
	OrganizationList   = "organization.list"
	OrganizationCreate = "organization.create"
	StoreGet           = "store.get"
	StoreCreate        = "store.create"
	StoreUpdate        = "store.update"
	WarehouseList      = "warehouse.list"
	WarehouseCreate    = "warehouse.create"
	WarehouseGet       = "warehouse.get"
	WarehouseUpdate    = "warehouse.update"
	PriceListList      = "pricelist.list"
	PriceListCreate    = "pricelist.create"
	PriceListGet       = "pricelist.get"
	PriceListUpdate    = "pricelist.update"
)

const (
	storeUID     = "storeUid"
	warehouseUID = "warehouseUid"
	priceListUID = "pricelistUid"
)

func storeRoutes() []Route {
	const (
		get, post, put = http.MethodGet, http.MethodPost, http.MethodPut

		tenant        = "/tenants/{tenantUid}"
		organizations = tenant + "/organizations"
		stores        = tenant + "/stores"
		store         = stores + "/{storeUid}"
		warehouses    = store + "/warehouses"
		warehouse     = warehouses + "/{warehouseUid}"
		priceLists    = tenant + "/pricelists"
		priceList     = priceLists + "/{pricelistUid}"
	)
	ok, either := []int{200}, []int{200, 201}
	return []Route{
		{OrganizationList, get, organizations, ok, Documented},    // reference flow-api.md §13.3
		{OrganizationCreate, post, organizations, ok, Documented}, // §13.3
		{StoreGet, get, store, ok, Assumed},                       // §13.1: the page shows no operation on stores
		{StoreCreate, post, stores, either, Assumed},              // §13.1
		{StoreUpdate, put, store, ok, Assumed},                    // §13.1
		{WarehouseList, get, warehouses, ok, Documented},          // §9.4
		{WarehouseCreate, post, warehouses, ok, Documented},       // §9.4
		{WarehouseGet, get, warehouse, ok, Documented},            // §9.4
		{WarehouseUpdate, put, warehouse, ok, Documented},         // §9.4
		{PriceListList, get, priceLists, ok, Documented},          // §8.1
		{PriceListCreate, post, priceLists, ok, Documented},       // §8.1
		{PriceListGet, get, priceList, ok, Documented},            // §8.1
		{PriceListUpdate, put, priceList, ok, Documented},         // §8.1
	}
}
