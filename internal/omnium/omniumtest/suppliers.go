package omniumtest

// The operations of suppliers.
const (
	OpSupplier       = "supplier.read"
	OpSupplierSearch = "supplier.search"
)

// supplierRoutes serves what is used of reference omnium-api.md §9.
func (s *Server) supplierRoutes() {
	s.route("GET /api/Suppliers/{id}", OpSupplier, s.readBy(Suppliers))
	s.route("POST /api/Suppliers/Search", OpSupplierSearch,
		search(s, Suppliers, func(q supplierSearch, hits []doc) (any, string) {
			return pageOf(hits, q.Page, q.Take)
		}))
}

// supplierSearch is the part of OmniumSupplierSearchRequest that the fake understands.
type supplierSearch struct {
	modifiedWindow

	Take int `json:"take"`
	Page int `json:"page"`
}

func (q supplierSearch) matches(d doc) bool { return q.holds(d) }
