package omniumtest

// The operations on customers.
const (
	OpPrivateCustomer            = "privateCustomer.read"
	OpPrivateCustomerSearch      = "privateCustomer.search"
	OpPrivateCustomerScroll      = "privateCustomer.scroll"
	OpPrivateCustomerScrollNext  = "privateCustomer.scrollNext"
	OpBusinessCustomer           = "businessCustomer.read"
	OpBusinessCustomerSearch     = "businessCustomer.search"
	OpBusinessCustomerScroll     = "businessCustomer.scroll"
	OpBusinessCustomerScrollNext = "businessCustomer.scrollNext"
)

// customerRoutes serves private and business customers, two resources with ids of their own.
func (s *Server) customerRoutes() {
	s.route("GET /api/PrivateCustomers/{id}", OpPrivateCustomer, s.readBy(PrivateCustomers))
	s.route("POST /api/PrivateCustomers/Search", OpPrivateCustomerSearch,
		search(s, PrivateCustomers, customerPage))
	s.route("GET /api/BusinessCustomers/{id}", OpBusinessCustomer, s.readBy(BusinessCustomers))
	s.route("POST /api/BusinessCustomers/Search", OpBusinessCustomerSearch,
		search(s, BusinessCustomers, customerPage))
	s.route("POST /api/PrivateCustomers/Scroll", OpPrivateCustomerScroll,
		search(s, PrivateCustomers, s.customerScroll))
	s.route("GET /api/PrivateCustomers/Scroll/{b}", OpPrivateCustomerScrollNext, s.nextPage)
	s.route("POST /api/BusinessCustomers/Scroll", OpBusinessCustomerScroll,
		search(s, BusinessCustomers, s.customerScroll))
	s.route("GET /api/BusinessCustomers/Scroll/{b}", OpBusinessCustomerScrollNext, s.nextPage)
}

// customerSearch is the part of OmniumCustomerSearchRequest that the fake understands.
type customerSearch struct {
	modifiedWindow

	CustomerIDs []string `json:"customerIds"`
	Page        int      `json:"page"`
	Take        int      `json:"take"`
}

func (q customerSearch) matches(d doc) bool {
	return q.holds(d) && listed(q.CustomerIDs, d.text("customerId"))
}

func customerPage(q customerSearch, hits []doc) (any, string) {
	p, refusal := paged(hits, q.Page, q.Take)
	return p, refusal
}

// customerScroll answers with the first page of a scroll. The size of its pages is the server's, but at
// most what was asked for; how much may be asked for is not documented beyond an example of 1,000.
func (s *Server) customerScroll(q customerSearch, hits []doc) (any, string) {
	if q.Take > 1000 {
		return nil, "take is too large"
	}
	size := s.PageSize
	if q.Take > 0 {
		size = min(size, q.Take)
	}
	return s.advance(&scroll{rest: hits, total: len(hits), size: size}), ""
}
