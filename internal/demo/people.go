package demo

import "github.com/omniflow/omniflow/internal/omnium"

// The customers that scenes play with.
const (
	customerKari   = "kari.nordmann@example.com"
	customerErik   = "6c1f0f7e-0b61-4f0c-8a3e-5c7f6f1a2b11"
	customerClub   = "B-1001"
	customerFromTo = "K-2003" // Flow had it before omniflow did
	// uidFromTo is what Flow calls it.
	uidFromTo = "pos-771"
)

func persons() []omnium.PrivateCustomer {
	return []omnium.PrivateCustomer{
		{
			CustomerScope: omnium.CustomerScope{IsGlobal: true}, CustomerID: customerKari, CustomerNumber: "40001",
			FirstName: "Kari", LastName: "Nordmann", FullName: "Kari Nordmann", Email: customerKari, Phone: "+4790000001",
			Address: omnium.CustomerAddress{Line1: "Storgata", StreetNumber: "1", PostalCode: "0155", City: "Oslo", CountryCode: "NO"},
		},
		{
			CustomerScope: omnium.CustomerScope{MarketID: marketSE}, CustomerID: customerErik, CustomerNumber: "40002",
			FirstName: "Erik", LastName: "Svensson", Email: "erik@example.com",
			Address: omnium.CustomerAddress{Line1: "Avenyn 9", StreetNumber: "9", PostalCode: "411 36", City: "Göteborg", CountryCode: "SE"},
		},
		{
			CustomerScope: omnium.CustomerScope{MarketID: marketNO, AdditionalMarketIDs: []string{marketSE}},
			CustomerID:    customerFromTo, CustomerNumber: "40003", FirstName: "Line", LastName: "Berg", Phone: "+4790000003",
		},
		{CustomerScope: omnium.CustomerScope{MarketID: marketNobody}, CustomerID: "K-2004", FirstName: "Mads", LastName: "Holm"},
		{CustomerScope: omnium.CustomerScope{MarketGroupID: "nordic"}, CustomerID: "+46700000005", FirstName: "Åsa", Phone: "+46700000005"},
	}
}

func companies() []omnium.BusinessCustomer {
	return []omnium.BusinessCustomer{
		{
			CustomerScope: omnium.CustomerScope{MarketID: marketNO}, CustomerID: customerClub, CustomerNumber: "50001",
			Name: "Turlaget Oslo", TaxID: "999 111 222", Email: "post@turlaget.example", PaymentTerms: "14",
			Address: omnium.CustomerAddress{Line1: "Youngstorget 1", PostalCode: "0181", City: "Oslo", CountryCode: "NO"},
			Contacts: []omnium.ContactPerson{
				{ID: "c-1", FirstName: "Ola", LastName: "Li", Email: "ola@turlaget.example", Phone: "+4790000011"},
				{FirstName: "Siri", Email: "siri@turlaget.example"},
			},
			Credit: []omnium.CustomerCredit{
				{MarketID: marketSE, CreditLimit: "1"}, {MarketID: marketNO, CreditLimit: "25000.50", CreditBalance: "1200"},
			},
		},
		{
			CustomerScope: omnium.CustomerScope{MarketID: marketSE}, CustomerID: "B-1002", Name: "Scoutkåren Havet",
			CreditLimit: "5000", IsCreditDenied: true,
		},
	}
}
