package mapping

import (
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// purchasable reports whether a unit may be bought in: active, not deleted, and in none of the
// assortments that take it off purchase while they hold. Codes compare without regard to case, as
// market ids do. The time is the next moment at which such an assortment opens or closes.
func purchasable(u *omnium.Product, o *ProductOptions) (bool, time.Time) {
	allowed := u.IsActive && !u.Deleted()
	var next time.Time
	for _, code := range u.AssortmentCodes {
		if !containsFold(o.NonPurchasable, strings.TrimSpace(code.AssortmentCodeID)) {
			continue
		}
		w := windowOf(code.ValidFrom, code.ValidTo)
		allowed = allowed && !w.contains(o.Now)
		next = earlier(next, w.edge(o.Now))
	}
	return allowed, next
}

// belongs reports whether a unit is in the tenant's markets or groups; one without any is in all
// (reference omnium-api.md §3.1).
func belongs(u *omnium.Product, o *ProductOptions) bool {
	if len(u.MarketIDs) == 0 && len(u.MarketGroupIDs) == 0 {
		return true
	}
	inMarket := slices.ContainsFunc(o.Markets, func(m omnium.Market) bool {
		return containsFold(u.MarketIDs, m.MarketID)
	})
	return inMarket || slices.ContainsFunc(o.Groups, func(group string) bool {
		return containsFold(u.MarketGroupIDs, group)
	})
}
