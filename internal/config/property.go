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

// The known connector properties (reference mapping.md §2.1), and omniflow's own. The comments are what
// docs/configuration.md says of them.
const (
	// propTenant names the Flow tenant. Markets with the same one form one tenant.
	propTenant = "DefaultTenantUid"
	// propPriceList is the price list in Flow that gets every product's price, and `salesPriceUid` of a new
	// store. It must exist in Flow.
	propPriceList = "MainPricesListUid"
	// propVATCode is the VAT code of products.
	propVATCode = "DefaultVatCodeUid"
	// propOrganization is the organization of stores without a company number.
	propOrganization = "OrganizationUid"
	// propPurchaseSeries is the number series for purchase orders of a new store.
	propPurchaseSeries = "PurchaseNumberSeriesUid"
	// propVoucherSeries is the number series for vouchers of a new store.
	propVoucherSeries = "VoucherNumberSeriesUid"
	// propByGroup makes tenants of market groups instead of markets. Global only.
	propByGroup = "UseMarketGroupFlowTenants"
	// propStockMaster says that Omnium is the stock master; where it is not, no stock is sent. The connector
	// in Omnium has the other default. The one
	// property that the markets of one tenant may differ in: a store of several that differ is left to Flow.
	propStockMaster = tenant.PropStockMaster
	// propFlowStores are the ids of stores for which Flow is the stock master whatever their markets say,
	// comma-separated.
	propFlowStores = "FlowStockMasterStores"
	// propStockFigure is which figure is sent: `available` is `inventory` less `reservedInventory`, below
	// zero too.
	propStockFigure = "StockFigure"
	// propCostInStock sends the cost of an inventory item, when it has one, as `costPrice`.
	propCostInStock = "UseCostPriceListInInventoryExport"
	// propWebWarehouse is the web warehouse in Flow: the stock of all web warehouses is added up there and
	// goes nowhere else. Without a store it belongs to the first store by id that is a web warehouse
	// itself, else to the first that has one.
	propWebWarehouse = "FlowWebWarehouse"
	// propStorePriceLists gives every store a price list of its own, and keeps its prices.
	propStorePriceLists = "StorePriceListsInFlow"
	// propPriceSource is where Omnium keeps prices: on the product, in the price index, or in the index
	// when that has prices of the product, else on the product.
	propPriceSource = "PriceSource"
	// propStoreHours sends all opening hours, those of the week without dated exceptions, or none: then
	// Flow keeps its own.
	propStoreHours = "StoreOpeningHours"
	// propCategories exports categories, and names them on products.
	propCategories = "SyncCategoriesToFlow"
	// propGroupRoot is a category id: only what is below it is a product group.
	propGroupRoot = "ProductGroupRootId"
	// propDefaultGroup is the product group of products without a main category, or with one that is no
	// product group.
	propDefaultGroup = "DefaultProductGroupUid"
	// propNonPurchasable are assortment codes, comma-separated: while one of them is valid, `allowPurchase`
	// is false.
	propNonPurchasable = "NonPurchasableAssortmentCodes"
	// propCurrencyPrice sends `currencyPurchasePrice`, a field whose shape is assumed.
	propCurrencyPrice = "CurrencyPurchasePrice"
	// propDeliveryAsPO makes every delivery a Flow order of its own.
	propDeliveryAsPO = "ExportDeliveryAsPo"
	// propCancelled are the statuses that mean that a purchase order is cancelled, comma-separated. They
	// are the tenant's own in Omnium.
	propCancelled = "CancelledPurchaseOrderStatuses"
	// propReservations sends what customers' orders have reserved of a purchase order; its route in Flow is
	// assumed.
	propReservations = "PurchaseOrderReservations"
	// propCustomerFields are fields of Flow's customers, comma-separated, that are neither sent nor
	// emptied, for example `credit, displayName`.
	propCustomerFields = "CustomerFieldsLeftOut"
	// propLoyalty is the `providerName` of the external id that becomes `loyaltyId`, for example `Voyado`.
	// Without it the customer number does.
	propLoyalty = "CustomerLoyaltyIdProvider"
)

// propertyRule checks one value and gives it in its normal form, or says what it must be.
type propertyRule func(value string) (normal, wanted string)

// propertyRules are the known property keys, except VatCodeUid.<rate>.
func propertyRules() map[string]propertyRule {
	return map[string]propertyRule{
		propTenant:          tenantUID,
		propPriceList:       notEmpty,
		propVATCode:         notEmpty,
		propOrganization:    notEmpty,
		propPurchaseSeries:  anyText,
		propVoucherSeries:   anyText,
		propByGroup:         boolean,
		propStockMaster:     boolean,
		propFlowStores:      anyText,
		propStockFigure:     stockFigure,
		propCostInStock:     boolean,
		propWebWarehouse:    webWarehouse,
		propStorePriceLists: boolean,
		propPriceSource:     priceSource,
		propStoreHours:      storeHours,
		propCategories:      boolean,
		propGroupRoot:       anyText,
		propDefaultGroup:    anyText,
		propNonPurchasable:  anyText,
		propCurrencyPrice:   boolean,
		propDeliveryAsPO:    boolean,
		propCancelled:       anyText,
		propReservations:    boolean,
		propCustomerFields:  anyText,
		propLoyalty:         anyText,
	}
}

// defaultProperties hold where the file says nothing.
func defaultProperties() properties {
	return properties{
		propByGroup:         {s: "false"},
		propStockMaster:     {s: "true"},
		propStockFigure:     {s: "physical"},
		propCostInStock:     {s: "false"},
		propStorePriceLists: {s: "false"},
		propPriceSource:     {s: "auto"},
		propStoreHours:      {s: "all"},
		propCategories:      {s: "false"},
		propCurrencyPrice:   {s: "true"},
		propDeliveryAsPO:    {s: "false"},
		propCancelled:       {s: "OrderCanceled, Deleted"},
		propReservations:    {s: "true"},
	}
}

// requiredProperties are those that every market must have after merging (design §4), for the resources
// that are exported. VoucherNumberSeriesUid would be required for vouchers, which no implementation
// exports.
func requiredProperties(resources []string) []string {
	keys := []string{propTenant, propPriceList, propVATCode, propOrganization}
	if slices.Contains(resources, "purchase_order") {
		keys = append(keys, propPurchaseSeries)
	}
	return keys
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
