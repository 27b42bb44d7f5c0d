package demo

import (
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// The two tenants that Flow serves, and the markets that they are for.
const (
	TenantNO = "fjell_no"
	TenantSE = "fjell_se"

	marketNO = "NOR"
	marketSE = "SWE"
	// marketNobody exists in Omnium, but no tenant serves it.
	marketNobody = "DNK"
	marketGroup  = "NORDIC"
)

// notPurchasable is the assortment that takes products off purchase.
const notPurchasable = "UTGATT"

// What the configuration names of Flow.
const (
	organization   = "fjell_sport"
	purchaseSeries = "innkjop"
	voucherSeries  = "tilgode"
)

// flowUser is whom Flow writes to Omnium as.
const flowUser = "flow-pos"

// defaultGroup is the product group of products without a category. It is in Flow from the start:
// omniflow takes it for a fact.
const defaultGroup = "diverse"

// The names of Flow's VAT codes by rate, per tenant.
func vatCodes(tenant string) map[string]string {
	if tenant == TenantNO {
		return map[string]string{"25": "mva25", "15": "mva15", "0": "mva0"}
	}
	return map[string]string{"25": "moms25", "12": "moms12"}
}

func defaultVAT(tenant string) string {
	if tenant == TenantNO {
		return "mva_standard"
	}
	return "moms_standard"
}

func markets() []omnium.Market {
	return []omnium.Market{
		{
			MarketID: marketNO, MarketGroupID: marketGroup, Currency: "NOK",
			DefaultTaxRate: "25", ProductContentLanguage: "no",
		},
		{
			MarketID: marketSE, MarketGroupID: marketGroup, Currency: "SEK",
			DefaultTaxRate: "25", ProductContentLanguage: "sv",
		},
		{MarketID: marketNobody, Currency: "DKK", DefaultTaxRate: "25", ProductContentLanguage: "da"},
	}
}

// tenant is what the oracle knows about a Flow tenant.
type tenant struct {
	uid      string
	market   omnium.Market
	language string
	// categories says that categories are synchronised, and which of them are product groups;
	// storeLists that stores have price lists; byDelivery that deliveries are orders.
	categories, storeLists, byDelivery bool
	stock                              mapping.StockRules
	hours                              mapping.HoursScope
}

func tenants() []tenant {
	all := markets()
	return []tenant{
		{
			uid: TenantNO, market: all[0], language: all[0].ProductContentLanguage,
			categories: true, storeLists: true, hours: mapping.HoursAll,
			stock: mapping.StockRules{
				Markets:     []mapping.StockMarket{{ID: marketNO, OmniumIsMaster: true}},
				FlowMasters: []string{storeBergen},
			},
		},
		{
			uid: TenantSE, market: all[1], language: all[1].ProductContentLanguage,
			byDelivery: true, hours: mapping.HoursWeek,
			stock: mapping.StockRules{
				Markets:   []mapping.StockMarket{{ID: marketSE, OmniumIsMaster: true}},
				Available: true, Cost: true,
			},
		},
	}
}

// options are the facts for the mapping, as the configuration states them too.
func (t tenant) options(now time.Time) mapping.ProductOptions {
	return mapping.ProductOptions{
		Now:                    now,
		Markets:                []omnium.Market{t.market},
		Groups:                 []string{marketGroup},
		DefaultVATCodeUID:      defaultVAT(t.uid),
		VATCodeUIDs:            vatCodes(t.uid),
		NonPurchasable:         []string{notPurchasable},
		DefaultProductGroupUID: defaultGroup,
		OmitRetailPrice:        true, // the price list has it
	}
}

// document picks the document that the tenant's market wants: its language, else the default one,
// else any. It is nil when there is none.
func (t tenant) document(documents []omnium.Product) *omnium.Product {
	var found *omnium.Product
	for _, language := range []string{t.language, defaultLanguage, ""} {
		for i := range documents {
			if language == "" || strings.EqualFold(documents[i].Language, language) {
				found = &documents[i]
				break
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

const defaultLanguage = "no"
