package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
)

// ReceivingCode is the store or warehouse that receives an order: the order's own, else that of its first
// line that names one; "" when nothing does. Flow keeps orders by store; which field chooses it is not
// documented (reference mapping.md §11.5).
func ReceivingCode(po *omnium.PurchaseOrder) string {
	code := strings.TrimSpace(po.StoreID)
	for i := range po.Form.LineItems {
		code = cmp.Or(code, strings.TrimSpace(po.Form.LineItems[i].WarehouseCode))
	}
	return code
}

// ReceivingStore is the primary store that stands for a code: the store itself when it is one, else the one
// that lists the warehouse with the lowest priority, one of the markets first; of equals the first by id.
// It is nil when the code is not known or no primary store lists it.
func ReceivingStore(code string, stores []omnium.Store, markets []string) *omnium.Store {
	var best *omnium.Store
	rank := func(s *omnium.Store) []int {
		foreign := 1
		if InMarkets(s, markets) {
			foreign = 0
		}
		return []int{foreign, priority(s, code)}
	}
	for i := range stores {
		s := &stores[i]
		if s.ID == code && s.IsPrimaryStore {
			return s
		}
		if !s.IsPrimaryStore || priority(s, code) < 0 {
			continue
		}
		if best == nil || cmp.Or(slices.Compare(rank(s), rank(best)), cmp.Compare(s.ID, best.ID)) < 0 {
			best = s
		}
	}
	return best
}

// priority is the place of a warehouse among those that serve a store; -1 when it does not.
func priority(s *omnium.Store, code string) int {
	list, err := Warehouses(s)
	if err != nil {
		return -1
	}
	return slices.IndexFunc(list, func(w Warehouse) bool { return w.Code == code })
}
