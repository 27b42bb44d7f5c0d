package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/omniflow/omniflow/internal/tenant"
)

// The connector properties that this package itself decides on (reference mapping.md §2.1).
const (
	propTenant          = "DefaultTenantUid"
	propPriceList       = "MainPricesListUid"
	propVATCode         = "DefaultVatCodeUid"
	propOrganization    = "OrganizationUid"
	propPurchaseSeries  = "PurchaseNumberSeriesUid"
	propByGroup         = "UseMarketGroupFlowTenants"
	propStockMaster     = tenant.PropStockMaster
	propStorePriceLists = "StorePriceListsInFlow"
	propCostInStock     = "UseCostPriceListInInventoryExport"
	propDeliveryAsPO    = "ExportDeliveryAsPo"
	propReservations    = "PurchaseOrderReservations"
	propCategories      = "SyncCategoriesToFlow"
	propGroupRoot       = "ProductGroupRootId"
	propPriceSource     = "PriceSource"
	propCurrencyPrice   = "CurrencyPurchasePrice"
)

// propertyRule checks one value and gives it in its normal form, or says what it must be.
type propertyRule func(value string) (normal, wanted string)

// propertyRules are the known property keys, except VatCodeUid.<rate>.
func propertyRules() map[string]propertyRule {
	return map[string]propertyRule{
		propTenant:                       tenantUID,
		propPriceList:                    notEmpty,
		propVATCode:                      notEmpty,
		propOrganization:                 notEmpty,
		propPurchaseSeries:               anyText,
		"VoucherNumberSeriesUid":         anyText,
		propByGroup:                      boolean,
		propStockMaster:                  boolean,
		propStorePriceLists:              boolean,
		propCostInStock:                  boolean,
		propDeliveryAsPO:                 boolean,
		propReservations:                 boolean,
		propCategories:                   boolean,
		propCurrencyPrice:                boolean,
		propGroupRoot:                    anyText,
		"FlowWebWarehouse":               webWarehouse,
		"FlowStockMasterStores":          anyText,
		"StockFigure":                    stockFigure,
		propPriceSource:                  priceSource,
		"StoreOpeningHours":              storeHours,
		"DefaultProductGroupUid":         anyText,
		"NonPurchasableAssortmentCodes":  anyText,
		"CancelledPurchaseOrderStatuses": anyText,
		"CustomerFieldsLeftOut":          anyText,
		"CustomerLoyaltyIdProvider":      anyText,
	}
}

// defaultProperties hold where the file says nothing.
func defaultProperties() properties {
	return properties{
		propByGroup:       {s: "false"},
		propStockMaster:   {s: "true"},
		propCurrencyPrice: {s: "true"},
	}
}

func anyText(s string) (normal, wanted string) { return s, "" }

func notEmpty(s string) (normal, wanted string) {
	if strings.TrimSpace(s) == "" {
		return s, "must not be empty"
	}
	return s, ""
}

func boolean(s string) (normal, wanted string) {
	b, err := parseBool(s)
	if err != nil {
		return s, `must be "true" or "false"`
	}
	return fmt.Sprint(b), ""
}

var uidPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tenantUID(s string) (normal, wanted string) {
	if !uidPattern.MatchString(s) {
		return s, "must be a tenant uid: letters, digits, _ and - only, at least one"
	}
	return s, ""
}

var webWarehousePattern = regexp.MustCompile(`^([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)?)?$`)

func webWarehouse(s string) (normal, wanted string) {
	if s = strings.TrimSpace(s); !webWarehousePattern.MatchString(s) {
		return s, "must be a warehouse uid, or a store uid, a slash and a warehouse uid"
	}
	return s, ""
}

func stockFigure(s string) (normal, wanted string) {
	if s != "physical" && s != "available" {
		return s, `must be "physical" or "available"`
	}
	return s, ""
}

func priceSource(s string) (normal, wanted string) {
	if s != "product" && s != "separate" && s != "auto" {
		return s, `must be "product", "separate" or "auto"`
	}
	return s, ""
}

func storeHours(s string) (normal, wanted string) {
	if s != "all" && s != "week" && s != "none" {
		return s, `must be "all", "week" or "none"`
	}
	return s, ""
}

// properties are connector properties as one place of the file gives them, or merged. Keys and
// values are in normal form.
type properties map[string]text

func (p *properties) decode(d *decoder, n *yaml.Node, path string) {
	*p = make(properties)
	d.entries(n, path, func(key, value *yaml.Node) {
		at := child(path, key.Value)
		name, rule, complaint := property(key.Value)
		if complaint != "" {
			d.fail(at, "%s", complaint)
			return
		}
		if earlier, taken := (*p)[name]; taken {
			d.fail(at, "names the same rate as %s (line %d)", earlier.path, d.line(earlier.path))
			return
		}
		(*p)[name] = d.obey(rule, d.text(value, at))
	})
}

// obey applies the rule and gives the value in its normal form.
func (d *decoder) obey(rule propertyRule, t text) text {
	if t.bad {
		return t
	}
	normal, wanted := rule(t.s)
	if wanted != "" {
		d.fail(t.path, "%s", wanted)
		t.bad = true
	}
	t.s = normal
	return t
}

var ratePattern = regexp.MustCompile(`^\d{1,3}(\.\d{1,6})?$`)

// property finds the rule of a key and the key's normal form, or says what is wrong with it.
func property(key string) (name string, rule propertyRule, complaint string) {
	rules := propertyRules()
	if rule, ok := rules[key]; ok {
		return key, rule, ""
	}
	rate, isRate := strings.CutPrefix(key, tenant.VATCodePrefix)
	switch {
	case isRate && ratePattern.MatchString(rate):
		return tenant.VATCodePrefix + plainRate(rate), anyText, ""
	case isRate || key == strings.TrimSuffix(tenant.VATCodePrefix, "."):
		return "", nil, "the rate must be a decimal number, as in VatCodeUid.25 or VatCodeUid.12.5"
	}
	known := slices.Sorted(maps.Keys(rules))
	return "", nil, "unknown property" + didYouMean(key, known)
}

// plainRate drops the zeros that mean nothing, so that 25.0 and 25 are one rate.
func plainRate(rate string) string {
	whole, fraction, _ := strings.Cut(rate, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// merge lays the later over the earlier: global, market group, market (design §4).
func merge(layers ...properties) properties {
	merged := defaultProperties()
	for _, layer := range layers {
		maps.Copy(merged, layer)
	}
	return merged
}

// values are the properties as the tenant gets them.
func (p properties) values() tenant.Properties {
	values := make(tenant.Properties, len(p))
	for key, t := range p {
		if !t.bad {
			values[key] = t.s
		}
	}
	return values
}
