// Package mapping turns what Omnium says into what Flow shall hold. Its functions are pure: the
// clock, the market facts and the connector properties come in as arguments, nothing is read or
// written. Amounts go through exact decimals only; there is no float in this package.
package mapping

import (
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// Error says why an object cannot be mapped. It is permanent: only a change of the object helps.
type Error struct {
	// Reason is the machine-readable word for the dead letter, such as uid_empty.
	Reason string
	// Detail names the field and the value, for people.
	Detail string
}

// Error joins reason and detail.
func (e *Error) Error() string { return e.Reason + ": " + e.Detail }

// Reasons of Error.
const (
	ReasonUIDEmpty      = "uid_empty"      // an id has no character that Flow allows
	ReasonUIDDuplicate  = "uid_duplicate"  // two sellable units of one product fall on one uid
	ReasonBadNumber     = "bad_number"     // a number field does not hold a number
	ReasonOutOfRange    = "out_of_range"   // a number does not fit Flow's integers
	ReasonNegative      = "negative"       // a price, cost, weight or size below zero
	ReasonNothingToSell = "nothing_to_map" // the document has no product id, sku or variant
)

// ProductOptions are the facts outside the product document that its mapping needs.
type ProductOptions struct {
	// Now is the moment that validity windows are judged by.
	Now time.Time
	// Markets are the tenant's markets with the facts Omnium gives about them, in the order of the
	// configuration; Groups are the market groups that the tenant or its markets belong to.
	Markets []omnium.Market
	Groups  []string

	DefaultVATCodeUID string
	// VATCodeUIDs maps a tax rate in plain decimal text ("25", "12.5") to a Flow VAT code.
	VATCodeUIDs map[string]string
	// NonPurchasable are the assortment codes that take a product off purchase while valid.
	NonPurchasable []string
	// DefaultProductGroupUID is used when a product has no main category, or one that is no product
	// group; may be empty.
	DefaultProductGroupUID string
	// StoreID is the store that prices are looked for in: those of that store count too, and come
	// before others. Empty means that no store's prices count.
	StoreID string
	// CostPrices, which hold costs of the product that are kept apart from it, replace the product's
	// own cost where one of them is valid.
	CostPrices []omnium.CostPrice
	// Categories says of the product's categories, by id, what Flow has or gets of them. Nil means that
	// every main category is a product group and that products name no categories.
	Categories map[string]CategoryUse
	// OmitRetailPrice leaves recommendedRetailPrice out: the price task owns it.
	OmitRetailPrice bool
	// OmitCurrencyPurchasePrice leaves out the field whose shape is assumed.
	OmitCurrencyPurchasePrice bool
}

// CategoryUse is what a category of a product is in Flow: a product group, a category, both or
// neither.
type CategoryUse struct {
	Group bool
	// Category says that Flow has the category, so that products can name it.
	Category bool
}

// MappedProduct is what Flow shall hold of one Omnium product.
type MappedProduct struct {
	// Units are the sellable units: the product itself, or each variant that belongs to the
	// tenant's markets, in the order of the document.
	Units []Unit
	// Dropped are units of the document that are not in the tenant's markets; each counts as
	// deleted when it was pushed before. When the whole product is out, all units are here.
	Dropped []Unit
	// Next is the earliest moment after Now at which the mapping changes by itself, because a price
	// or assortment window opens or closes; zero when none does.
	Next time.Time
}

// Unit is one Flow product and what hangs on it.
type Unit struct {
	// SourceID is the Omnium id the uid was made from: the sku id, else the product id.
	SourceID string
	Product  flow.Product
	// Brand and Group are nil when the product has none.
	Brand *flow.Brand
	Group *flow.ProductGroup
	// Media are the images, the cover first.
	Media []flow.Media
	// Properties are the text properties in the order of their uids.
	Properties []TextProperty
	// Deleted marks a unit whose product or variant is soft-deleted in Omnium.
	Deleted bool
}

// TextProperty is a property definition and the unit's value for it.
type TextProperty struct {
	flow.Property
	Text string
}
