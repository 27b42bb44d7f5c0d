package mapping

import (
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// CustomerOptions are the facts outside the customer document that its mapping needs.
type CustomerOptions struct {
	// Markets are the tenant's markets in the order of the configuration; Groups are the market groups
	// that the tenant or its markets belong to.
	Markets []omnium.Market
	Groups  []string
	// LoyaltyProvider names the external id that is the loyalty id; empty means the customer number.
	LoyaltyProvider string
}

// MappedCustomer is what Flow shall hold of one Omnium customer.
type MappedCustomer struct {
	Customer flow.Customer
	// Contacts are those of a company, in the order of the document.
	Contacts []flow.CustomerContact
	// InMarkets says that the customer is seen in a market of the tenant.
	InMarkets bool
	// Anonymous says that nothing is left to know the customer by, as after an anonymisation: no name,
	// no e-mail address and no phone number.
	Anonymous bool
}

// PrivateCustomer maps a private customer to a person. No table of this direction is documented; it is
// the mirror of the one from Flow to Omnium (design §9.11, reference mapping.md §10.3). The error is
// always an *Error.
func PrivateCustomer(c *omnium.PrivateCustomer, o CustomerOptions) (*MappedCustomer, error) {
	m, err := o.customer(anyCustomer{
		c.CustomerScope, c.CustomerID, c.CustomerNumber, c.ExternalIDs, c.Email, c.Phone, c.Address, c.PaymentTerms,
	})
	if err != nil {
		return nil, err
	}
	p := &m.Customer
	p.CustomerType = flow.Person
	p.FirstName, p.LastName = strings.TrimSpace(c.FirstName), strings.TrimSpace(c.LastName)
	p.DisplayName = firstText(c.FullName, p.FirstName+" "+p.LastName)
	m.Anonymous = p.DisplayName+p.Email+p.Mobile == ""
	return m, nil
}

// BusinessCustomer maps a business customer to a company, as PrivateCustomer does.
func BusinessCustomer(c *omnium.BusinessCustomer, o CustomerOptions) (*MappedCustomer, error) {
	m, err := o.customer(anyCustomer{
		c.CustomerScope, c.CustomerID, c.CustomerNumber, c.ExternalIDs, c.Email, c.Phone, c.Address, c.PaymentTerms,
	})
	if err != nil {
		return nil, err
	}
	p := &m.Customer
	p.CustomerType = flow.Company
	p.CompanyName = firstText(c.Name, c.Address.Name)
	p.VATNumber = strings.TrimSpace(c.TaxID)
	m.Anonymous = p.CompanyName+p.Email+p.Mobile == ""
	if p.Credit, err = credit(c, o.Markets); err != nil {
		return nil, err
	}
	m.Contacts, err = contacts(c.Contacts)
	return m, err
}

// anyCustomer is what both types have.
type anyCustomer struct {
	omnium.CustomerScope

	id, number   string
	externalIDs  []omnium.CustomerExternalID
	email, phone string
	address      omnium.CustomerAddress
	paymentTerms omnium.Number
}

func (o CustomerOptions) customer(c anyCustomer) (*MappedCustomer, error) {
	uid, err := UID(c.id)
	if err != nil {
		return nil, err
	}
	days, err := unsigned("paymentTermsNet", c.paymentTerms, 0)
	if err != nil {
		return nil, err
	}
	return &MappedCustomer{InMarkets: o.sees(c.CustomerScope), Customer: flow.Customer{
		CustomerUID: uid, ExternalID: c.id,
		Email:        strings.TrimSpace(c.email),
		Mobile:       strings.TrimSpace(c.phone),
		Address:      street(c.address),
		PostalCode:   strings.TrimSpace(c.address.PostalCode),
		City:         strings.TrimSpace(c.address.City),
		CountryCode:  strings.TrimSpace(c.address.CountryCode),
		LoyaltyID:    o.loyaltyID(c.number, c.externalIDs),
		PaymentTerms: days,
	}}, nil
}

// street joins the first line and a house number that is kept apart from it. Flow writes what it has to
// the first line, which then ends with the number: it must not grow with every round. For the same
// reason the second line is left out.
func street(a omnium.CustomerAddress) string {
	line, number := strings.TrimSpace(a.Line1), strings.TrimSpace(a.StreetNumber)
	if number == "" || line == number || strings.HasSuffix(line, " "+number) {
		return line
	}
	return strings.TrimSpace(line + " " + number)
}

// loyaltyID is the customer number, which Flow fills with its loyalty id (reference mapping.md §10.3),
// or the id that a loyalty system has given.
func (o CustomerOptions) loyaltyID(number string, ids []omnium.CustomerExternalID) string {
	if o.LoyaltyProvider == "" {
		return strings.TrimSpace(number)
	}
	for _, id := range ids {
		if strings.EqualFold(strings.TrimSpace(id.ProviderName), o.LoyaltyProvider) {
			return strings.TrimSpace(id.ID)
		}
	}
	return ""
}

// sees reports whether a customer is seen in the tenant's markets or groups; one that is global or says
// nothing is seen everywhere.
func (o CustomerOptions) sees(s omnium.CustomerScope) bool {
	markets := append([]string{s.MarketID}, s.AdditionalMarketIDs...)
	if s.IsGlobal || strings.TrimSpace(strings.Join(markets, "")+s.MarketGroupID) == "" {
		return true
	}
	for _, m := range o.Markets {
		if containsFold(markets, m.MarketID) {
			return true
		}
	}
	return containsFold(o.Groups, s.MarketGroupID)
}

// firstText is the first text that holds more than blanks, without those around it.
func firstText(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}
