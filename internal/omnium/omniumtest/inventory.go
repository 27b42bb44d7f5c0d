package omniumtest

import (
	"net/http"
	"slices"
	"time"
)

// The operations on inventory.
const (
	OpInventory           = "inventory.read"
	OpInventorySearch     = "inventory.search"
	OpInventoryScrollNext = "inventory.scrollNext"
)

func (s *Server) inventoryRoutes() {
	s.route("GET /api/Inventory/{id}", OpInventory, s.readInventory)
	s.route("POST /api/Inventory/Search", OpInventorySearch, search(s, InventoryItems, s.inventoryFound))
	s.route("GET /api/Inventory/Scroll/{b}", OpInventoryScrollNext, s.nextPage)
}

// readInventory answers with the items of exactly one sku. That a sku without any, or an unknown one, is
// an empty result and not a 404 is an assumption.
func (s *Server) readInventory(w http.ResponseWriter, r *http.Request) {
	warehouses := r.URL.Query()["warehouseIds"]
	s.mu.Lock()
	hits := slices.DeleteFunc(s.allOf(InventoryItems, s.currentOf), func(d doc) bool {
		return d.text("sku") != r.PathValue("id") ||
			len(warehouses) > 0 && !slices.Contains(warehouses, d.text("warehouseCode"))
	})
	s.mu.Unlock()
	writeJSON(w, page{Result: hits, TotalHits: len(hits), IsValid: true})
}

// inventorySearch is the part of OmniumInventorySearchRequest that the fake understands.
type inventorySearch struct {
	ProductCodes      []string  `json:"productCodes"`
	WarehouseCodes    []string  `json:"warehouseCodes"`
	LastModified      time.Time `json:"lastModified"`
	IsBatchesExcluded bool      `json:"isBatchesExcluded"`
}

func (q inventorySearch) matches(d doc) bool {
	return listed(q.ProductCodes, d.text("sku")) && listed(q.WarehouseCodes, d.text("warehouseCode")) &&
		within(d.text("modified"), q.LastModified, time.Time{})
}

// inventoryFound answers with everything when that is one page, else with the first page of a scroll,
// whose later pages hold twice as much (reference omnium-api.md §1.6). At least one filter is required.
func (s *Server) inventoryFound(q inventorySearch, hits []doc) (any, string) {
	if len(q.ProductCodes) == 0 && len(q.WarehouseCodes) == 0 && q.LastModified.IsZero() {
		return nil, "at least one filter is required"
	}
	if len(hits) <= s.InventoryPage {
		return page{Result: hits, TotalHits: len(hits), IsValid: true}, ""
	}
	sc := &scroll{rest: hits, total: len(hits), size: s.InventoryPage}
	first := s.advance(sc)
	sc.size = 2 * s.InventoryPage
	return first, ""
}
