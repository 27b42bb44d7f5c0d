package omnium

// Product is one document of a product: one per content language (reference omnium-api.md §3.3).
// Only the fields that omniflow uses are here. Variants are Products too, inside their parent; a
// field they leave empty is inherited from it.
type Product struct {
	ID        string `json:"id"`        // document id, often {productId}_{language}
	ProductID string `json:"productId"` // the same in every language and on every variant
	SkuID     string `json:"skuId"`     // sellable unit; empty on a parent with variants
	Language  string `json:"language"`

	Name             string `json:"name"`
	Description      string `json:"description"`      // may hold HTML
	ShortDescription string `json:"shortDescription"` // may hold HTML
	Brand            string `json:"brand"`
	Unit             string `json:"unit"`

	Status   string `json:"status"`   // "Deleted" after a soft delete
	IsActive bool   `json:"isActive"` // looked at on parent and variant
	Modified Time   `json:"modified"`

	MarketIDs       []string         `json:"marketIds"` // empty: every market
	MarketGroupIDs  []string         `json:"marketGroupIds"`
	AssortmentCodes []AssortmentCode `json:"assortmentCodes"`

	MainCategoryID   string `json:"mainCategoryId"`
	MainCategoryName string `json:"mainCategoryName"`
	// Categories are all categories of the product, the main one included.
	Categories []ProductCategory `json:"categories"`

	Prices       []Price `json:"prices"`
	Cost         Number  `json:"cost"`         // 0 when unset
	CostCurrency string  `json:"costCurrency"` // currency of Cost

	Weight Number  `json:"weight"` // kilograms
	Colli  []Colli `json:"colli"`

	IsPackage bool `json:"isPackage"`
	IsBundle  bool `json:"isBundle"`
	IsKit     bool `json:"isKit"`

	Assets     []Asset    `json:"assets"`
	Properties []Property `json:"properties"`

	Variants []Product `json:"variants"`
}

// Deleted reports a soft delete (reference omnium-api.md §3.4).
func (p *Product) Deleted() bool { return p.Status == StatusDeleted }

// StatusDeleted is the product status that a delete in the GUI sets.
const StatusDeleted = "Deleted"

// AssortmentCode is a membership with a validity window; zero bounds are open.
type AssortmentCode struct {
	AssortmentCodeID string `json:"assortmentCodeId"`
	ValidFrom        Time   `json:"validFrom"`
	ValidTo          Time   `json:"validTo"`
}

// ProductCategory is the copy of a category on a product. It is not told when the category changes
// (reference omnium-api.md §10), so that only its id is used.
type ProductCategory struct {
	CategoryID string `json:"categoryId"`
}

// Colli is one parcel. Unlike the product, its weight is in grams; sizes are centimetres.
type Colli struct {
	Height Number `json:"height"`
	Width  Number `json:"width"`
	Length Number `json:"length"`
	Weight Number `json:"weight"`
}

// Asset is a media file; an image that Omnium has not fetched yet has ExternalURL only.
type Asset struct {
	AssetID     string `json:"assetId"`
	AssetType   string `json:"assetType"`
	ContentType string `json:"contentType"`
	URL         string `json:"url"`
	ExternalURL string `json:"externalUrl"`
	IsMainImage bool   `json:"isMainImage"`
	SortOrder   *int   `json:"sortOrder"`
	Modified    Time   `json:"modified"`
}

// Property is a key/value pair; values are always strings.
type Property struct {
	Key      string `json:"key"`
	KeyGroup string `json:"keyGroup"`
	Value    string `json:"value"`
}

// Price is a price and the scope it holds in (reference omnium-api.md §4.3). Empty scope fields mean
// "any".
type Price struct {
	Code                   string `json:"code"` // sku or product; empty: the whole product
	UnitPrice              Number `json:"unitPrice"`
	RecommendedRetailPrice Number `json:"recommendedRetailPrice"`
	CurrencyCode           string `json:"currencyCode"`
	IsTaxExcluded          bool   `json:"isTaxExcluded"`
	TaxRate                Number `json:"taxRate"` // percent; empty: the market's default

	MarketID                    string `json:"marketId"`
	MarketGroupID               string `json:"marketGroupId"`
	StoreID                     string `json:"storeId"`
	CustomerID                  string `json:"customerId"`
	CustomerGroup               string `json:"customerGroup"`
	IsCustomerClubSpecificPrice bool   `json:"isCustomerClubSpecificPrice"`
	MinQuantity                 Number `json:"minQuantity"`
	Unit                        string `json:"unit"`
	PriceType                   string `json:"priceType"` // "B" is a blocking price
	PromotionID                 string `json:"promotionId"`
	ValidFrom                   Time   `json:"validFrom"`
	ValidUntil                  Time   `json:"validUntil"`
}

// Market is an Omnium market (reference omnium-api.md §11). Ids compare case-insensitively.
type Market struct {
	MarketID               string `json:"marketId"`
	MarketGroupID          string `json:"marketGroupId"`
	Currency               string `json:"currency"`
	DefaultTaxRate         Number `json:"defaultTaxRate"` // percent
	ProductContentLanguage string `json:"productContentLanguage"`
	// Err, when not nil, wraps ErrMalformed: nothing but the id of the market could be read.
	Err error `json:"-"`
}
