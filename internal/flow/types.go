package flow

import (
	"encoding/json"
	"time"
)

// Product is what omniflow writes of a Flow product. Amounts are integers with two implied decimals
// (19950 is 199.50); weight is grams and sizes are millimetres, plain (reference flow-api.md §1.5,
// §3.2). Fields that are nil are left out of the body.
type Product struct {
	// ProductUID goes into the body of a create only; an update names it in the path.
	ProductUID             string                 `json:"productUid,omitempty"`
	Name                   string                 `json:"name"`
	SKU                    string                 `json:"sku"`
	Description            string                 `json:"description"`
	ShortDescription       string                 `json:"shortDescription"`
	BrandUID               string                 `json:"brandUid,omitempty"`
	ProductGroupUID        string                 `json:"productGroupUid,omitempty"`
	VATCodeUID             string                 `json:"vatCodeUid,omitempty"`
	AllowPurchase          bool                   `json:"allowPurchase"`
	PurchasePrice          *int64                 `json:"purchasePrice,omitempty"`
	CurrencyPurchasePrice  *CurrencyPurchasePrice `json:"currencyPurchasePrice,omitempty"`
	RecommendedRetailPrice *int64                 `json:"recommendedRetailPrice,omitempty"`
	Weight                 *int64                 `json:"weight,omitempty"`
	Height                 *int64                 `json:"height,omitempty"`
	Width                  *int64                 `json:"width,omitempty"`
	Length                 *int64                 `json:"length,omitempty"`
	// CategoryUIDs are categories beside the product group. That they can be written is assumed.
	CategoryUIDs []string `json:"categoryUids,omitempty"`
	// DiscontinuedFrom is left out when zero, null when cleared.
	DiscontinuedFrom Date `json:"discontinuedFrom,omitzero"`

	// Clear names the optional fields to be emptied in Flow where they are absent here.
	Clear Optional `json:"-"`
}

// Deactivation is the partial update that takes a product off sale when nothing else is known of it
// any more (design §9.13).
type Deactivation struct {
	AllowPurchase    bool `json:"allowPurchase"`
	DiscontinuedFrom Date `json:"discontinuedFrom"`
}

// CurrencyPurchasePrice is the cost in the currency it was bought in. Its shape is not documented
// (reference mapping.md §5.3); this one is assumed.
type CurrencyPurchasePrice struct {
	Currency string `json:"currency"`
	Price    int64  `json:"price"`
}

// Date is a date-time field that can also be cleared. The zero Date says nothing.
type Date struct {
	// At is sent in UTC with milliseconds; zero means null.
	At time.Time
	// Set makes a zero At an explicit null.
	Set bool
}

// IsZero makes omitzero leave out a Date that says nothing.
func (d Date) IsZero() bool { return !d.Set && d.At.IsZero() }

// MarshalJSON writes the date as Flow does, such as 2025-10-28T16:54:56.636Z, or null.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.At.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.At.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(raw []byte) error {
	var at *time.Time
	if err := json.Unmarshal(raw, &at); err != nil {
		return err
	}
	*d = Date{Set: true}
	if at != nil {
		d.At = at.UTC()
	}
	return nil
}

// Brand is a Flow brand (reference flow-api.md §2).
type Brand struct {
	BrandUID   string `json:"brandUid"`
	Name       string `json:"name"`
	ExternalID string `json:"externalId,omitempty"`
}

// ProductGroup is a Flow product group (reference flow-api.md §6).
type ProductGroup struct {
	ProductGroupUID string `json:"productGroupUid"`
	Name            string `json:"name"`
	ExternalID      string `json:"externalId,omitempty"`
	ParentUID       string `json:"parentUid,omitempty"`
}

// Media is an image that Flow fetches by its URL (reference flow-api.md §5).
type Media struct {
	ProductMediaUID string `json:"productMediaUid"`
	MainURL         string `json:"mainUrl"`
	Position        int    `json:"position"`
	SetAsCoverImage bool   `json:"setAsCoverImage"`
}

// Property is the definition of a product property (reference flow-api.md §4.1).
type Property struct {
	PropertyUID  string `json:"propertyUid"`
	PropertyName string `json:"propertyName"`
	Type         string `json:"type"`
}

// PropertyTypeText is the type of every property that omniflow creates.
const PropertyTypeText = "TEXT"

// Link names a sibling in the body of product.link; the shape is assumed.
type Link struct {
	ProductUID string `json:"productUid"`
}

// PropertyText is the body of productProperty.set; the shape is assumed.
type PropertyText struct {
	PropertyText string `json:"propertyText"`
}
