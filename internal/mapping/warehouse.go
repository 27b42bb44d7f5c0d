package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
)

// Warehouse is a stock location of a primary store.
type Warehouse struct {
	// Code is the id of the Omnium store that is the warehouse; UID is made from it.
	Code, UID string
}

// Warehouses are the stock locations of a primary store, the default one first: by priority, and the
// store itself, when it is a warehouse that has no place in its own list, before all others (reference
// mapping.md §8.4, design §9.9). A code comes once. It fails with uid_empty for a code that makes no
// uid.
func Warehouses(s *omnium.Store) ([]Warehouse, error) {
	listed := slices.Clone(s.AvailableWarehouses)
	slices.SortStableFunc(listed, func(a, b omnium.StoreWarehouse) int {
		return cmp.Compare(a.Priority, b.Priority)
	})
	var codes []string
	for _, w := range listed {
		if code := strings.TrimSpace(w.WarehouseCode); code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if s.IsWarehouse && !slices.Contains(codes, s.ID) {
		codes = slices.Insert(codes, 0, s.ID)
	}
	var list []Warehouse
	for _, code := range codes {
		uid, err := UID(code)
		if err != nil {
			return nil, err
		}
		list = append(list, Warehouse{Code: code, UID: uid})
	}
	return list, nil
}
