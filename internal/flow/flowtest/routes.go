package flowtest

import "github.com/omniflow/omniflow/internal/flow"

func (s *Server) routes() {
	const (
		root     = "/tenants/{tenantUid}"
		brands   = root + "/brands"
		products = root + "/products"
		product  = products + "/{productUid}"
		groups   = root + "/product-groups"
		group    = groups + "/{productGroupUid}"
	)
	s.handle(flow.TenantGet, "GET", root, getTenant)
	s.handle(flow.BrandList, "GET", brands, listBrands)
	s.handle(flow.BrandCreate, "POST", brands, createBrand)
	s.handle(flow.BrandSearch, "POST", brands+"/search", searchBrands)
	s.handle(flow.ProductGet, "GET", product, getProduct)
	s.handle(flow.ProductCreate, "POST", products, createProduct)
	s.handle(flow.ProductUpdate, "PUT", product, updateProduct)
	s.handle(flow.ProductVariants, "GET", product+"/variants", listVariants)
	s.handle(flow.ProductLink, "POST", product+"/variants", linkSibling)
	s.handle(flow.MediaList, "GET", product+"/media", listMedia)
	s.handle(flow.MediaAdd, "POST", product+"/media", addMedia)
	s.handle(flow.PropertyList, "GET", root+"/properties", listProperties)
	s.handle(flow.PropertyCreate, "POST", root+"/properties", createProperty)
	s.handle(flow.ProductPropertySet, "PUT", product+"/properties/{propertyUid}", setPropertyText)
	s.handle(flow.ProductGroupList, "GET", groups, listGroups)
	s.handle(flow.ProductGroupCreate, "POST", groups, createGroup)
	s.handle(flow.ProductGroupGet, "GET", group, getGroup)
	s.handle(flow.ProductGroupUpdate, "PUT", group, updateGroup)
	s.handle(flow.ProductGroupDelete, "DELETE", group, deleteGroup)
	s.stockRoutes()
	s.priceRoutes()
	s.storeRoutes()
	s.customerRoutes()
	s.purchaseRoutes()
	s.supplierRoutes()
	s.categoryRoutes()
	// Every other route is noticed too; it has no name.
	s.mux.Handle("/", s.serve("", nil))
}

func (s *Server) handle(op, method, path string, h handler) {
	s.mux.Handle(method+" "+BasePath+path, s.serve(op, h))
}
