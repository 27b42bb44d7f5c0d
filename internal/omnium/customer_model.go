package omnium

// CustomerScope says in which markets a customer is seen. Empty fields narrow nothing down; ids compare
// case-insensitively (reference omnium-api.md §7.3).
type CustomerScope struct {
	MarketID            string   `json:"marketId"`
	AdditionalMarketIDs []string `json:"additionalMarketIds"`
	MarketGroupID       string   `json:"marketGroupId"`
	IsGlobal            bool     `json:"isGlobal"` // seen everywhere
}

// PrivateCustomer is OmniumPrivateCustomer (reference omnium-api.md §7.3). Only the fields that
// omniflow uses are here.
type PrivateCustomer struct {
	CustomerScope

	CustomerID     string               `json:"customerId"`     // a guid, an e-mail address or a phone number
	CustomerNumber string               `json:"customerNumber"` // not guaranteed unique
	FirstName      string               `json:"firstName"`
	LastName       string               `json:"lastName"`
	FullName       string               `json:"fullName"` // derived
	Email          string               `json:"email"`
	Phone          string               `json:"phone"`
	Address        CustomerAddress      `json:"address"`
	ExternalIDs    []CustomerExternalID `json:"externalIds"`
	PaymentTerms   Number               `json:"paymentTermsNet"` // days
	Modified       Time                 `json:"modified"`
}

// BusinessCustomer is OmniumBusinessCustomer (reference omnium-api.md §7.4).
type BusinessCustomer struct {
	CustomerScope

	CustomerID     string               `json:"customerId"`
	CustomerNumber string               `json:"customerNumber"`
	Name           string               `json:"name"`
	TaxID          string               `json:"taxId"`
	Email          string               `json:"email"`
	Phone          string               `json:"phone"`
	Address        CustomerAddress      `json:"address"`
	Contacts       []ContactPerson      `json:"contacts"`
	ExternalIDs    []CustomerExternalID `json:"externalIds"`
	PaymentTerms   Number               `json:"paymentTermsNet"` // days
	// CreditLimit, CreditBalance and IsCreditDenied are the values from before credit was per market.
	CreditLimit    Number           `json:"creditLimit"`
	CreditBalance  Number           `json:"creditBalance"`
	IsCreditDenied bool             `json:"isCreditDenied"`
	Credit         []CustomerCredit `json:"businessCustomerCredit"`
	Modified       Time             `json:"modified"`
}

// CustomerAddress is OmniumAddress.
type CustomerAddress struct {
	Name         string `json:"name"`
	Line1        string `json:"line1"`
	StreetNumber string `json:"streetNumber"` // where it is kept apart from Line1
	PostalCode   string `json:"postalCode"`
	City         string `json:"city"`
	CountryCode  string `json:"countryCode"`
}

// ContactPerson is OmniumContactPerson, a person at a business customer.
type ContactPerson struct {
	ID        string `json:"id"` // may be missing
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
}

// CustomerCredit is OmniumBusinessCustomerCredit, the credit in one market.
type CustomerCredit struct {
	MarketID       string `json:"marketId"`
	CreditLimit    Number `json:"creditLimit"`
	CreditBalance  Number `json:"creditBalance"`
	IsCreditDenied bool   `json:"isCreditDenied"`
}

// CustomerExternalID is OmniumExternalId: the id of a customer elsewhere.
type CustomerExternalID struct {
	ProviderName string `json:"providerName"`
	ID           string `json:"id"`
}
