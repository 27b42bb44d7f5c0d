package reconcile

import (
	"time"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/tenant"
)

// productRules are the connector properties that product mapping depends on.
type productRules struct {
	vatCode        string
	vatCodes       map[string]string
	nonPurchasable []string
	defaultGroup   string
	omitCurrency   bool
	// omitRetailPrice says that the price task is in use, which owns the retail price (reference
	// mapping.md §6.2).
	omitRetailPrice bool
	// costs says that cost prices are kept apart from products.
	costs bool
	// groupRoot is the category below which product groups are; empty: every main category is one.
	groupRoot string
	// categories says that categories are synchronised, so that products can name them.
	categories bool
}

func rulesOf(t *tenant.Tenant) productRules {
	p := t.Properties
	return productRules{
		vatCode:        p["DefaultVatCodeUid"],
		vatCodes:       p.VATCodeUIDs(),
		nonPurchasable: p.List("NonPurchasableAssortmentCodes"),
		defaultGroup:   p["DefaultProductGroupUid"],
		omitCurrency:   p["CurrencyPurchasePrice"] != "" && !p.Bool("CurrencyPurchasePrice"),

		omitRetailPrice: t.Runs(priceTask),
		costs:           t.Runs(costTask),
		groupRoot:       groupRoot(p),
		categories:      p.Bool("SyncCategoriesToFlow"),
	}
}

func (r productRules) options(now time.Time) mapping.ProductOptions {
	return mapping.ProductOptions{
		Now:                       now,
		DefaultVATCodeUID:         r.vatCode,
		VATCodeUIDs:               r.vatCodes,
		NonPurchasable:            r.nonPurchasable,
		DefaultProductGroupUID:    r.defaultGroup,
		OmitRetailPrice:           r.omitRetailPrice,
		OmitCurrencyPurchasePrice: r.omitCurrency,
	}
}
