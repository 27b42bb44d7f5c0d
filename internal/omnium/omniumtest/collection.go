package omniumtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// Kind names a kind of document other than products, markets and market groups.
type Kind string

// The kinds, with the fields that make up the key of a document.
const (
	Suppliers         Kind = "supplier"         // id
	Stores            Kind = "store"            // id
	Categories        Kind = "category"         // id: categoryId and language
	PrivateCustomers  Kind = "privateCustomer"  // customerId
	BusinessCustomers Kind = "businessCustomer" // customerId
	PurchaseOrders    Kind = "purchaseOrder"    // id
	Deliveries        Kind = "delivery"         // id
	Orders            Kind = "order"            // id
	InventoryItems    Kind = "inventory"        // sku and warehouseCode
	Prices            Kind = "price"            // priceKey, which the fake makes up
	CostPrices        Kind = "costPrice"        // priceKey, which the fake makes up
)

// key returns the key of a document, "" when it has none.
func (k Kind) key(d doc) string {
	switch k {
	case PrivateCustomers, BusinessCustomers:
		return d.text("customerId")
	case InventoryItems:
		return d.text("sku") + "_" + d.text("warehouseCode")
	case Prices, CostPrices:
		return d.text("priceKey")
	default:
		return d.text("id")
	}
}

// collection is the documents of one kind, by key, in versions like those of products.
type collection map[string][]version

// Put creates or replaces a document, by its key, and sets its modified. doc is a struct of package
// omnium, a map, or a json.RawMessage, which may be malformed in any field but its key.
func (s *Server) Put(kind Kind, document any) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("%s document: %w", kind, err)
	}
	d, err := decodeDoc(raw)
	if err != nil {
		return fmt.Errorf("%s document: %w", kind, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if (kind == Prices || kind == CostPrices) && d.text("priceKey") == "" {
		s.priceNo++
		d["priceKey"] = strconv.Itoa(s.priceNo)
	}
	if kind.key(d) == "" {
		return fmt.Errorf("%s document: no key", kind)
	}
	s.writeTo(kind, kind.key(d), d)
	return nil
}

// Patch lets change edit a document and reports whether there is one.
func (s *Server) Patch(kind Kind, key string, change func(map[string]any)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.currentOf(kind, key)
	if d == nil {
		return false
	}
	d = maps.Clone(d)
	change(d)
	s.writeTo(kind, key, d)
	return true
}

// Remove deletes a document for good and reports whether there was one.
func (s *Server) Remove(kind Kind, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.currentOf(kind, key) == nil {
		return false
	}
	s.writeTo(kind, key, nil)
	return true
}

// Documents decodes every document of a kind as it is now, in the order of their keys. Documents that
// are no T are left out.
func Documents[T any](s *Server, kind Kind) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []T
	for _, d := range s.allOf(kind, s.currentOf) {
		var v T
		if raw, err := json.Marshal(d); err == nil && json.Unmarshal(raw, &v) == nil {
			list = append(list, v)
		}
	}
	return list
}

// writeTo adds a version. The caller holds mu.
func (s *Server) writeTo(kind Kind, key string, d doc) {
	now := s.Now()
	if d != nil {
		d = maps.Clone(d)
		d["modified"] = s.stamp().UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	c := s.collections[kind]
	if c == nil {
		c = collection{}
		s.collections[kind] = c
	}
	c[key] = s.withVersion(c[key], version{at: now, doc: d})
}

// currentOf returns the newest version of a document, nil when there is none. The caller holds mu.
func (s *Server) currentOf(kind Kind, key string) doc { return newest(s.collections[kind][key]) }

// indexedOf returns the version that searches see. The caller holds mu.
func (s *Server) indexedOf(kind Kind, key string) doc {
	return s.visible(s.collections[kind][key])
}

// allOf returns the documents of a kind that look finds, by key. The caller holds mu.
func (s *Server) allOf(kind Kind, look func(Kind, string) doc) []doc {
	list := []doc{}
	for _, key := range slices.Sorted(maps.Keys(s.collections[kind])) {
		if d := look(kind, key); d != nil {
			list = append(list, d)
		}
	}
	return list
}

// readBy answers with the current document whose key is the path value id.
func (s *Server) readBy(kind Kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		d := s.currentOf(kind, r.PathValue("id"))
		s.mu.Unlock()
		if d == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		writeJSON(w, d)
	}
}

// searchRequest is the body of a search; matches says which documents it finds. Fields that the fake
// does not know are refused, so that nobody relies on a filter that has no effect.
type searchRequest interface{ matches(doc) bool }

// search answers a POST with the documents that the request in its body finds among those the index
// shows. answer turns the hits into the response; it is called with mu held.
func search[Q searchRequest](
	s *Server, kind Kind, answer func(q Q, hits []doc) (any, string),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		dec := json.NewDecoder(r.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil {
			badRequest(w, "search request: "+err.Error())
			return
		}
		s.mu.Lock()
		hits := slices.DeleteFunc(s.allOf(kind, s.indexedOf), func(d doc) bool { return !q.matches(d) })
		response, refusal := answer(q, hits)
		s.mu.Unlock()
		if refusal != "" {
			badRequest(w, refusal)
			return
		}
		writeJSON(w, response)
	}
}

// modifiedWindow is the filter on when documents were modified that many searches have; both ends are
// inclusive (reference omnium-api.md §1.7).
type modifiedWindow struct {
	ModifiedFrom time.Time `json:"modifiedFrom"`
	ModifiedTo   time.Time `json:"modifiedTo"`
}

func (w modifiedWindow) holds(d doc) bool {
	return within(d.text("modified"), w.ModifiedFrom, w.ModifiedTo)
}

// within reports whether a date is between two moments; a zero one is open. A date that is missing is
// between no two.
func within(date string, from, to time.Time) bool {
	if from.IsZero() && to.IsZero() {
		return true
	}
	at := omnium.ParseTime(date)
	return !at.IsZero() && !at.Before(from.Truncate(100*time.Nanosecond)) && (to.IsZero() || !at.After(to))
}

// scrolled answers a search with the first page of a scroll, to be continued with nextPage.
func (s *Server) scrolled(hits []doc) page {
	return s.advance(&scroll{rest: hits, total: len(hits)})
}

// paged answers a search with one page, counted from 0, of at most 100 (reference omnium-api.md §1.6).
func paged(hits []doc, number, take int) (page, string) {
	if take <= 0 {
		take = 20
	}
	if take > 100 || take*number > 10_000 {
		return page{}, "take or page is too large"
	}
	from := min(number*take, len(hits))
	shown := hits[from:min(from+take, len(hits))]
	return page{Result: append([]doc{}, shown...), TotalHits: len(hits), IsValid: true}, ""
}
