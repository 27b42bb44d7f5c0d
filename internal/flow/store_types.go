package flow

import "encoding/json"

// Store is what omniflow writes of a Flow store (reference mapping.md §8.2). An update sends all of it.
type Store struct {
	// StoreUID goes into the body of a create only; an update names it in the path.
	StoreUID        string `json:"storeUid,omitempty"`
	Name            string `json:"name"`
	IsActive        bool   `json:"isActive"`
	OrganizationUID string `json:"organizationUid"`
	Address         string `json:"address,omitempty"`
	City            string `json:"city,omitempty"`
	PostalCode      string `json:"postalCode,omitempty"`
	CountryCode     string `json:"countryCode,omitempty"`
	Email           string `json:"email,omitempty"`
	Phone           string `json:"phone,omitempty"`
	// Latitude and Longitude keep the digits that Omnium has.
	Latitude  json.Number `json:"latitude,omitempty"`
	Longitude json.Number `json:"longitude,omitempty"`
	// ExternalID is a market id (reference mapping.md §15.13).
	ExternalID   string         `json:"externalId,omitempty"`
	VATNumber    string         `json:"vatNumber,omitempty"`
	OpeningHours []OpeningHours `json:"openingHours,omitempty"`
	// The default warehouses must exist below the store.
	DefaultWarehouseUID       string `json:"defaultWarehouseUid,omitempty"`
	DefaultReturnWarehouseUID string `json:"defaultReturnWarehouseUid,omitempty"`
}

// StoreCreation is what a store is given when it is created, and what no update touches (reference
// mapping.md §8.3).
type StoreCreation struct {
	SalesPriceUID           string `json:"salesPriceUid,omitempty"`
	PurchaseNumberSeriesUID string `json:"purchaseNumberSeriesUid,omitempty"`
	VoucherNumberSeriesUID  string `json:"voucherNumberSeriesUid,omitempty"`
}

// OpeningHours are the hours of one weekday, or of one date. Only the name of the store's field is
// documented (reference mapping.md §8.5); this shape is assumed.
type OpeningHours struct {
	// Day is MONDAY to SUNDAY; empty for a date.
	Day string `json:"day,omitempty"`
	// Date is YYYY-MM-DD; empty for a weekday.
	Date   string `json:"date,omitempty"`
	Label  string `json:"label,omitempty"`
	IsOpen bool   `json:"isOpen"`
	// OpenFrom and OpenTo are HH:MM in the store's time; empty when it is closed.
	OpenFrom string `json:"openFrom,omitempty"`
	OpenTo   string `json:"openTo,omitempty"`
}

// Organization is the company that a store belongs to (reference flow-api.md §13.3).
type Organization struct {
	OrganizationUID string `json:"organizationUid"`
	Name            string `json:"name"`
	VATNumber       string `json:"vatNumber,omitempty"`
	IsActive        bool   `json:"isActive"`
}

// Warehouse is a stock location below a store (reference flow-api.md §9.4).
type Warehouse struct {
	// WarehouseUID goes into the body of a create only.
	WarehouseUID string `json:"warehouseUid,omitempty"`
	Name         string `json:"name"`
	ExternalID   string `json:"externalId,omitempty"`
}

// PriceList is a named list of prices (reference flow-api.md §8.1).
type PriceList struct {
	// PriceListUID goes into the body of a create only.
	PriceListUID string `json:"pricelistUid,omitempty"`
	Name         string `json:"name"`
	ExternalID   string `json:"externalId,omitempty"`
}
