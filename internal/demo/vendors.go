package demo

import "github.com/omniflow/omniflow/internal/omnium"

// The suppliers that scenes play with.
const (
	supplierWool  = "L-100"
	supplierTents = "L-200"
	supplierShoes = "L-300"
	supplierGone  = "L-400"
	supplierLate  = "L-500" // is not there before its first order
)

func suppliers() []omnium.Supplier {
	return []omnium.Supplier{
		{
			ID: supplierWool, Name: "Ullvår Tekstil AS", TaxID: "987 654 321", Email: "ordre@ullvar.example",
			Phone: "+4755000000", PreferredCurrency: "NOK",
			Address: omnium.SupplierAddress{Line1: "Fabrikkveien", StreetNumber: "7", PostalCode: "5221", City: "Nesttun", CountryCode: "NO"},
			Contacts: []omnium.SupplierContact{
				{FirstName: "Anne", LastName: "Dale", Email: "anne@ullvar.example"},
				{FirstName: "Per", LastName: "Vik", Email: "per@ullvar.example", IsPrimaryContact: true},
			},
		},
		{
			ID: supplierTents, Name: "Ly Zelte GmbH", PreferredCurrency: "EUR",
			Address: omnium.SupplierAddress{Line1: "Seestraße 4", PostalCode: "88131", City: "Lindau", CountryCode: "DE"},
		},
		{ID: supplierShoes, Name: "Steinar Sko", PreferredCurrency: "SEK"},
		{ID: supplierGone, Name: "Bumerang Ltd."},
	}
}
