package omniumtest

import "slices"

// The operations on customers.
const (
	OpPrivateCustomer        = "privateCustomer.read"
	OpPrivateCustomerSearch  = "privateCustomer.search"
	OpBusinessCustomer       = "businessCustomer.read"
	OpBusinessCustomerSearch = "businessCustomer.search"
)

// customerRoutes serves private and business customers, two resources with ids of their own.
func (s *Server) customerRoutes() {
	s.route("GET /api/PrivateCustomers/{id}", OpPrivateCustomer, s.readBy(PrivateCustomers))
	s.route("POST /api/PrivateCustomers/Search", OpPrivateCustomerSearch,
		search(s, PrivateCustomers, customerPage))
	s.route("GET /api/BusinessCustomers/{id}", OpBusinessCustomer, s.readBy(BusinessCustomers))
	s.route("POST /api/BusinessCustomers/Search", OpBusinessCustomerSearch,
		search(s, BusinessCustomers, customerPage))
}

// customerSearch is the part of OmniumCustomerSearchRequest that the fake understands.
type customerSearch struct {
	CustomerIDs []string `json:"customerIds"`
	Page        int      `json:"page"`
	Take        int      `json:"take"`
}

func (q customerSearch) matches(d doc) bool {
	return len(q.CustomerIDs) == 0 || slices.Contains(q.CustomerIDs, d.text("customerId"))
}

func customerPage(q customerSearch, hits []doc) (any, string) {
	p, refusal := paged(hits, q.Page, q.Take)
	return p, refusal
}
