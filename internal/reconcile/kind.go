package reconcile

// The namespaces of Flow uids in the ledger: what one handler records, others look up before they
// refer to it. The uid of a warehouse is that of its store, a slash and its own.
const (
	kindProduct       = "product"
	kindProductGroup  = "product_group"
	kindCategory      = "category"
	kindSupplier      = "supplier"
	kindOrganization  = "organization"
	kindStore         = "store"
	kindWarehouse     = "warehouse"
	kindPriceList     = "pricelist"
	kindCustomer      = "customer"
	kindPurchaseOrder = "purchase_order"

	// kindStoreDefaults are the default warehouses of a store, under the store's uid.
	kindStoreDefaults = "store_defaults"
	// kindStoreName is what other stores show of a store that is their warehouse: under its Omnium id
	// when they were told last, and awaited under its uid.
	kindStoreName = "store_name"
	// kindStock is of products that nobody exports: else the uids are claimed by their products.
	kindStock = "stock"
	// kindCategoryClass says, by category id, as what a category was pushed; see category_class.go.
	kindCategoryClass = "category_class"
)
