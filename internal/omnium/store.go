package omnium

// Store is OmniumStore, which is a store, a warehouse, or both (reference omnium-api.md §6). Fields
// that omniflow does not look at are left out.
type Store struct {
	ID                  string           `json:"id"`
	Name                string           `json:"name"`
	IsPrimaryStore      bool             `json:"isPrimaryStore"`
	IsWarehouse         bool             `json:"isWarehouse"`
	IsWebWarehouse      bool             `json:"isWebWarehouse"`
	IsInactive          bool             `json:"isInactive"`
	AvailableOnMarkets  []string         `json:"availableOnMarkets"`
	AvailableWarehouses []StoreWarehouse `json:"availableWarehouses"`
	StoreGroupID        string           `json:"storeGroupId"`
	Address             StoreAddress     `json:"address"`
	PhoneNumber         string           `json:"phoneNumber"`
	Email               string           `json:"email"`
	// OrganizationalNumber is the company's number, which stores of one company share.
	OrganizationalNumber string `json:"organizationalNumber"`
	// Latitude and Longitude are decimals in text.
	Latitude               string                `json:"latitude"`
	Longitude              string                `json:"longitude"`
	MondayOpeningHours     *OpeningHours         `json:"mondayOpeningHours"`
	TuesdayOpeningHours    *OpeningHours         `json:"tuesdayOpeningHours"`
	WednesdayOpeningHours  *OpeningHours         `json:"wednesdayOpeningHours"`
	ThursdayOpeningHours   *OpeningHours         `json:"thursdayOpeningHours"`
	FridayOpeningHours     *OpeningHours         `json:"fridayOpeningHours"`
	SaturdayOpeningHours   *OpeningHours         `json:"saturdayOpeningHours"`
	SundayOpeningHours     *OpeningHours         `json:"sundayOpeningHours"`
	AdditionalOpeningHours []SpecialOpeningHours `json:"additionalOpeningHours"`
	Modified               Time                  `json:"modified"`
}

// StoreWarehouse is a stock location that serves a store; a lower priority comes first.
type StoreWarehouse struct {
	WarehouseCode string `json:"warehouseCode"`
	Priority      int    `json:"priority"`
}

// StoreAddress is OmniumStoreAddress.
type StoreAddress struct {
	StreetName   string `json:"streetName"`
	StreetNumber string `json:"streetNumber"`
	Zipcode      string `json:"zipcode"`
	City         string `json:"city"`
	CountryCode  string `json:"countryCode"`
}

// OpeningHours are the hours of one day: OpenFrom and OpenTo are HH:MM:SS in the store's time.
type OpeningHours struct {
	IsOpen   bool   `json:"isOpen"`
	OpenFrom string `json:"openFrom"`
	OpenTo   string `json:"openTo"`
}

// SpecialOpeningHours are the hours of one date.
type SpecialOpeningHours struct {
	Date         Time          `json:"date"`
	Closed       bool          `json:"closed"`
	Label        string        `json:"label"`
	OpeningHours *OpeningHours `json:"openingHours"`
}
