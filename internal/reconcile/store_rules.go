package reconcile

import (
	"cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/tenant"
)

// storeRules are the connector properties that stores depend on.
type storeRules struct {
	organization  string
	hours         mapping.HoursScope
	mainPriceList string
	priceLists    bool
	creation      flow.StoreCreation
}

func storeRulesOf(p tenant.Properties) storeRules {
	return storeRules{
		organization:  p["OrganizationUid"],
		hours:         cmp.Or(mapping.HoursScope(p["StoreOpeningHours"]), mapping.HoursAll),
		mainPriceList: p["MainPricesListUid"],
		priceLists:    p.Bool("StorePriceListsInFlow"),
		creation: flow.StoreCreation{
			SalesPriceUID:           p["MainPricesListUid"],
			PurchaseNumberSeriesUID: p["PurchaseNumberSeriesUid"],
			VoucherNumberSeriesUID:  p["VoucherNumberSeriesUid"],
		},
	}
}

func (r storeRules) options(markets []string) mapping.StoreOptions {
	return mapping.StoreOptions{Markets: markets, OrganizationUID: r.organization, Hours: r.hours}
}

// cleared are the fields of fields that may be cleared: opening hours that are not sent are Flow's.
func (r storeRules) cleared(fields flow.Fields) flow.Fields {
	if r.hours == mapping.HoursNone {
		return fields &^ flow.Present(flow.Store{OpeningHours: []flow.OpeningHours{{}}})
	}
	return fields
}
