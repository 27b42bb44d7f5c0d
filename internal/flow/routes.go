package flow

import (
	"maps"
	"net/http"
	"slices"
)

// Evidence says how much is known about a route.
type Evidence string

// The kinds of evidence.
const (
	Documented Evidence = "documented" // on a page of the vendor's reference
	Assumed    Evidence = "assumed"    // not on a page that is visible to us; built after its neighbours
	Configured Evidence = "configured" // overridden by the operator
)

// Route is one operation of Flow: one row of the table.
type Route struct {
	// Name is what the configuration, the metrics and the errors call the operation.
	Name   string
	Method string
	// Path is a template below the base URL; every {placeholder} is filled with an escaped uid.
	Path string
	// Success lists the status codes the reference gives, or that are assumed. The client takes any
	// 2xx for success, because the codes differ by resource (reference flow-api.md §1.8).
	Success  []int
	Evidence Evidence
}

// Names of the operations.
const (
	TenantGet          = "tenant.get"
	BrandList          = "brand.list"
	BrandCreate        = "brand.create"
	BrandSearch        = "brand.search"
	ProductGet         = "product.get"
	ProductCreate      = "product.create"
	ProductUpdate      = "product.update"
	ProductVariants    = "product.variants"
	ProductLink        = "product.link"
	MediaList          = "media.list"
	MediaAdd           = "media.add"
	PropertyList       = "property.list"
	PropertyCreate     = "property.create"
	ProductPropertySet = "productProperty.set"
	ProductGroupList   = "productGroup.list"
	ProductGroupCreate = "productGroup.create"
	ProductGroupGet    = "productGroup.get"
	ProductGroupUpdate = "productGroup.update"
	ProductGroupDelete = "productGroup.delete"
)

// The placeholders that templates use.
const (
	tenantUID       = "tenantUid"
	productUID      = "productUid"
	propertyUID     = "propertyUid"
	productGroupUID = "productGroupUid"
)

// Routes is the table of operations. It is immutable; the zero value is empty.
type Routes struct {
	order []string
	rows  map[string]Route
}

// DefaultRoutes returns the table as the vendor's reference has it, with assumptions where the
// reference is not visible.
func DefaultRoutes() Routes {
	const (
		get, post, put, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

		tenant   = "/tenants/{tenantUid}"
		brands   = tenant + "/brands"
		products = tenant + "/products"
		product  = products + "/{productUid}"
		groups   = tenant + "/product-groups"
		group    = groups + "/{productGroupUid}"
	)
	ok, created, either, gone := []int{200}, []int{201}, []int{200, 201}, []int{204}
	return newRoutes(
		Route{TenantGet, get, tenant, ok, Documented},                                      // reference flow-api.md §13.4
		Route{BrandList, get, brands, ok, Documented},                                      // §2
		Route{BrandCreate, post, brands, ok, Documented},                                   // §2
		Route{BrandSearch, post, brands + "/search", ok, Documented},                       // §2
		Route{ProductGet, get, product, ok, Assumed},                                       // §3.1
		Route{ProductCreate, post, products, either, Assumed},                              // §3.1
		Route{ProductUpdate, put, product, ok, Assumed},                                    // §3.1
		Route{ProductVariants, get, product + "/variants", ok, Documented},                 // §4.2
		Route{ProductLink, post, product + "/variants", either, Assumed},                   // §4.3
		Route{MediaList, get, product + "/media", ok, Documented},                          // §5
		Route{MediaAdd, post, product + "/media", created, Documented},                     // §5
		Route{PropertyList, get, tenant + "/properties", ok, Documented},                   // §4.1
		Route{PropertyCreate, post, tenant + "/properties", either, Documented},            // §4.1, code not visible
		Route{ProductPropertySet, put, product + "/properties/{propertyUid}", ok, Assumed}, // §4.2
		Route{ProductGroupList, get, groups, ok, Documented},                               // §6
		Route{ProductGroupCreate, post, groups, ok, Documented},                            // §6
		Route{ProductGroupGet, get, group, ok, Documented},                                 // §6
		Route{ProductGroupUpdate, put, group, ok, Documented},                              // §6
		Route{ProductGroupDelete, remove, group, gone, Documented},                         // §6
	).plus(storeRoutes()...).plus(priceRoutes()...).plus(stockRoutes()...).plus(customerRoutes()...).
		plus(purchaseRoutes()...).plus(supplierRoutes()...).plus(categoryRoutes()...)
}

func newRoutes(rows ...Route) Routes {
	r := Routes{rows: make(map[string]Route, len(rows))}
	for _, row := range rows {
		r.order = append(r.order, row.Name)
		r.rows[row.Name] = row
	}
	return r
}

// plus returns the table with more rows after its own.
func (r Routes) plus(rows ...Route) Routes { return newRoutes(append(r.Rows(), rows...)...) }

// Rows returns the table in its order. The caller owns the result.
func (r Routes) Rows() []Route {
	rows := make([]Route, 0, len(r.order))
	for _, name := range r.order {
		row := r.rows[name]
		row.Success = slices.Clone(row.Success)
		rows = append(rows, row)
	}
	return rows
}

// with returns a copy of the table in which row replaces the one of its name.
func (r Routes) with(row Route) Routes {
	rows := maps.Clone(r.rows)
	rows[row.Name] = row
	return Routes{order: r.order, rows: rows}
}
