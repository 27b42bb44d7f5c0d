package flow

import "fmt"

// The types of customers.
const (
	Person  = "PERSON"
	Company = "COMPANY"
)

// Customer is what omniflow writes of a Flow customer (reference flow-api.md §14.1). That the fields
// can be written is known only for the names, email, mobile, address and customerType.
type Customer struct {
	// CustomerUID goes into the body of a create only; an update names it in the path.
	CustomerUID  string `json:"customerUid,omitempty"`
	CustomerType string `json:"customerType"` // Person or Company
	// ExternalID is the customer's id in Omnium. Flow creates a customer there when it is missing.
	ExternalID  string `json:"externalId"`
	FirstName   string `json:"firstname,omitempty"`
	LastName    string `json:"lastname,omitempty"`
	CompanyName string `json:"companyName,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	Mobile      string `json:"mobile,omitempty"`
	Address     string `json:"address,omitempty"`
	PostalCode  string `json:"postalCode,omitempty"`
	City        string `json:"city,omitempty"`
	CountryCode string `json:"countryCode,omitempty"`
	VATNumber   string `json:"vatNumber,omitempty"`
	LoyaltyID   string `json:"loyaltyId,omitempty"`
	// PaymentTerms are days, plain.
	PaymentTerms *int64          `json:"paymentTerms,omitempty"`
	Credit       *CustomerCredit `json:"credit,omitempty"`
}

// CustomerCredit is the credit of a company in hundredths; nil is sent as null.
type CustomerCredit struct {
	Limit   *int64 `json:"limit"`
	Balance *int64 `json:"balance"`
}

// CustomerContact is a person at a company (reference flow-api.md §14.1).
type CustomerContact struct {
	// CustomerContactUID goes into the body of a create only.
	CustomerContactUID string `json:"customerContactUid,omitempty"`
	FirstName          string `json:"firstname"` // required
	LastName           string `json:"lastname"`  // required
	Email              string `json:"email,omitempty"`
	Mobile             string `json:"mobile,omitempty"`
}

// MirroredCustomerFields are the optional fields that Flow copies to Omnium by itself when they change
// at a till (reference mapping.md §10.3), so that Omnium knows of every value that Flow has.
func MirroredCustomerFields() Fields {
	return named(Customer{}, "firstname", "lastname", "companyName", "displayName", "email", "mobile",
		"address", "postalCode", "city", "countryCode", "vatNumber", "loyaltyId")
}

// CustomerFields returns the fields of a Customer that have the names on the wire. Only those that may
// be left out can be named.
func CustomerFields(names ...string) (Fields, error) {
	var fields Fields
	for _, name := range names {
		field := named(Customer{}, name)
		if field == 0 || name == "customerUid" {
			return 0, fmt.Errorf("%q is no optional field of a customer", name)
		}
		fields |= field
	}
	return fields, nil
}
