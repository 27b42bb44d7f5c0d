package omniumtest

import (
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The operations of purchase orders, deliveries and the sales orders that wait for them.
const (
	OpPurchaseOrder           = "purchaseOrder.read"
	OpPurchaseOrderScroll     = "purchaseOrder.scroll"
	OpPurchaseOrderScrollNext = "purchaseOrder.scrollNext"
	OpDelivery                = "delivery.read"
	OpDeliveryLines           = "delivery.lines"
	OpDeliverySearch          = "delivery.search"
	OpOrderSearch             = "order.search"
)

func (s *Server) purchasingRoutes() {
	s.route("GET /api/PurchaseOrders/{id}", OpPurchaseOrder, s.readBy(PurchaseOrders))
	s.route("POST /api/PurchaseOrders/Scroll", OpPurchaseOrderScroll,
		search(s, PurchaseOrders, func(_ purchaseOrderSearch, hits []doc) (any, string) {
			return s.scrolled(hits), ""
		}))
	s.route("GET /api/PurchaseOrders/Scroll/{b}", OpPurchaseOrderScrollNext, s.nextPage)
	s.route("GET /api/Deliveries/{id}", OpDelivery, s.readBy(Deliveries))
	s.route("GET /api/Deliveries/{id}/PurchaseOrderLines", OpDeliveryLines, s.deliveryLines)
	s.route("POST /api/Deliveries/Search", OpDeliverySearch, search(s, Deliveries, deliveriesFound))
	s.route("POST /api/Orders/Search", OpOrderSearch, s.withOrderRead(search(s, Orders, ordersFound)))
}

// deliveryLines collects the lines from the purchase orders: a delivery has none of its own (reference
// omnium-api.md §8.1). Like a read by id it sees every change at once; that an unknown delivery is 404
// is an assumption.
func (s *Server) deliveryLines(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	known := s.currentOf(Deliveries, id) != nil
	lines := []any{}
	for _, order := range s.allOf(PurchaseOrders, s.currentOf) {
		for _, line := range order.lines("purchaseOrderForm") {
			if line.text("deliveryId") == id {
				lines = append(lines, line)
			}
		}
	}
	s.mu.Unlock()
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, lines)
}

// lines are the line items of a form.
func (d doc) lines(form string) []doc {
	f, _ := d[form].(map[string]any)
	return doc(f).list("lineItems")
}

// purchaseOrderSearch is the part of OmniumPurchaseOrderSearchRequest that the fake understands.
type purchaseOrderSearch struct{ modifiedWindow }

func (q purchaseOrderSearch) matches(d doc) bool { return q.holds(d) }

// deliverySearch is the part of OmniumDeliverySearchRequest that the fake understands: there is no filter
// on when a delivery was modified (reference omnium-api.md §8.2).
type deliverySearch struct {
	SelectedDeliveries []string  `json:"selectedDeliveries"`
	SelectedStatuses   []string  `json:"selectedStatuses"`
	CreatedFrom        time.Time `json:"createdFrom"`
	CreatedTo          time.Time `json:"createdTo"`
	Take               int       `json:"take"`
	Page               int       `json:"page"`
}

func (q deliverySearch) matches(d doc) bool {
	return listed(q.SelectedDeliveries, d.text("id")) && listed(q.SelectedStatuses, d.text("deliveryStatus")) &&
		within(d.text("created"), q.CreatedFrom, q.CreatedTo)
}

// listed reports whether a filter lets a value pass; an empty filter lets every value pass.
func listed(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

func deliveriesFound(q deliverySearch, hits []doc) (any, string) { return pageOf(hits, q.Page, q.Take) }

// orderSearch is the part of the sales order search that the fake understands.
type orderSearch struct {
	ProductNumbers []string  `json:"productNumbers"`
	ModifiedFrom   time.Time `json:"modifiedFrom"`
	DisableFacets  bool      `json:"disableFacets"`
	Take           int       `json:"take"`
	Page           int       `json:"page"`
}

func (q orderSearch) matches(d doc) bool {
	if omnium.ParseTime(d.text("modified")).Before(q.ModifiedFrom) {
		return false
	}
	return len(q.ProductNumbers) == 0 || slices.ContainsFunc(d.lines("orderForm"), func(line doc) bool {
		return slices.Contains(q.ProductNumbers, line.text("code"))
	})
}

func ordersFound(q orderSearch, hits []doc) (any, string) { return pageOf(hits, q.Page, q.Take) }

func pageOf(hits []doc, number, take int) (any, string) {
	page, refusal := paged(hits, number, take)
	return page, refusal
}

// DenyOrders takes the role OrderRead away from the API user, or gives it back.
func (s *Server) DenyOrders(denied bool) { s.ordersDenied.Store(denied) }

func (s *Server) withOrderRead(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.ordersDenied.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next(w, r)
	}
}
