package omniumtest

// OpSupplier is the operation of suppliers; see the others beside OpToken.
const OpSupplier = "supplier.read"

// supplierRoutes serves reference omnium-api.md §9 without the search, which nobody uses yet.
func (s *Server) supplierRoutes() {
	s.route("GET /api/Suppliers/{id}", OpSupplier, s.readBy(Suppliers))
}
