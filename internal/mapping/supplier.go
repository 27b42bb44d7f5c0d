package mapping

import (
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// Supplier maps a supplier, field by field (reference flow-api.md §10, omnium-api.md §9). It is active:
// Omnium has no inactive suppliers. Every error is an *Error.
func Supplier(s *omnium.Supplier) (flow.Supplier, error) {
	uid, err := UID(s.ID)
	if err != nil {
		return flow.Supplier{}, err
	}
	contact := primary(s.Contacts)
	return flow.Supplier{
		SupplierUID:  uid,
		Name:         strings.TrimSpace(filled(s.Name, s.ID)),
		ExternalID:   s.ID,
		Address:      words(s.Address.Line1, s.Address.StreetNumber),
		City:         strings.TrimSpace(s.Address.City),
		PostalCode:   strings.TrimSpace(s.Address.PostalCode),
		CountryCode:  strings.TrimSpace(s.Address.CountryCode),
		ContactName:  words(contact.FirstName, contact.LastName),
		ContactEmail: strings.TrimSpace(contact.Email),
		Email:        strings.TrimSpace(s.Email),
		Phone:        strings.TrimSpace(s.Phone),
		VATNumber:    strings.TrimSpace(s.TaxID),
		Currency:     strings.TrimSpace(s.PreferredCurrency),
		Active:       true,
	}, nil
}

// primary is the contact that is marked as such, else the first.
func primary(contacts []omnium.SupplierContact) omnium.SupplierContact {
	if len(contacts) == 0 {
		return omnium.SupplierContact{}
	}
	i := slices.IndexFunc(contacts, func(c omnium.SupplierContact) bool { return c.IsPrimaryContact })
	return contacts[max(i, 0)]
}

// words joins what is not blank with a blank.
func words(parts ...string) string {
	var list []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return strings.Join(list, " ")
}
