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
	// groupRoot is the category below which product groups are; empty: every main category is one.
	groupRoot string
	// categories says that categories are synchronised, so that products can name them.
	categories bool
}

func rulesOf(p tenant.Properties) productRules {
	return productRules{
		vatCode:        p["DefaultVatCodeUid"],
		vatCodes:       p.VATCodeUIDs(),
		nonPurchasable: p.List("NonPurchasableAssortmentCodes"),
		defaultGroup:   p["DefaultProductGroupUid"],
		omitCurrency:   p["CurrencyPurchasePrice"] != "" && !p.Bool("CurrencyPurchasePrice"),
		groupRoot:      groupRoot(p),
		categories:     p.Bool("SyncCategoriesToFlow"),
	}
}

func (r productRules) options(now time.Time) mapping.ProductOptions {
	return mapping.ProductOptions{
		Now:                       now,
		DefaultVATCodeUID:         r.vatCode,
		VATCodeUIDs:               r.vatCodes,
		NonPurchasable:            r.nonPurchasable,
		DefaultProductGroupUID:    r.defaultGroup,
		OmitCurrencyPurchasePrice: r.omitCurrency,
	}
}
