package omniumtest

import (
	"net/http"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The operations on stores.
const (
	OpStores      = "store.list"
	OpStore       = "store.read"
	OpStoreSearch = "store.search"
)

func (s *Server) storeRoutes() {
	s.route("GET /api/Stores", OpStores, s.listStores)
	s.route("GET /api/Stores/{id}", OpStore, s.readBy(Stores))
	s.route("POST /api/Stores/SearchStores", OpStoreSearch,
		search(s, Stores, func(q storeSearch, hits []doc) (any, string) {
			return paged(hits, q.Page, q.Take)
		}))
}

// SetStores replaces the stores.
func (s *Server) SetStores(list []omnium.Store) {
	s.mu.Lock()
	delete(s.collections, Stores)
	s.mu.Unlock()
	for _, store := range list {
		if err := s.Put(Stores, store); err != nil {
			panic("omniumtest: " + err.Error())
		}
	}
}

func (s *Server) listStores(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	list := s.allOf(Stores, s.currentOf)
	s.mu.Unlock()
	writeJSON(w, list)
}

// storeSearch is the part of OmniumStoreSearchRequest that the fake understands (reference
// omnium-api.md §6). Inactive stores are hidden unless they are asked for.
type storeSearch struct {
	modifiedWindow

	StoreIDs        []string `json:"storeIds"`
	IncludeInactive bool     `json:"includeInactive"`
	Take            int      `json:"take"`
	Page            int      `json:"page"`
}

func (q storeSearch) matches(d doc) bool {
	inactive, _ := d["isInactive"].(bool)
	return (q.IncludeInactive || !inactive) && q.holds(d) && listed(q.StoreIDs, d.text("id"))
}
