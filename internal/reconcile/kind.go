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
	// kindCategoryClass says, by category id, as what a category was pushed; see category_class.go.
	kindCategoryClass = "category_class"
)
