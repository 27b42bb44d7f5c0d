package omnium

import (
	"context"
	"errors"
	"time"
)

const (
	opSupplier       = "supplier.read"
	opSupplierSearch = "supplier.search"
)

// Supplier is OmniumSupplier (reference omnium-api.md §9). Only the fields that omniflow uses are here.
type Supplier struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	TaxID             string            `json:"taxId"` // organisation number
	Email             string            `json:"email"`
	Phone             string            `json:"phone"`
	Address           SupplierAddress   `json:"address"`
	Contacts          []SupplierContact `json:"contacts"`
	PreferredCurrency string            `json:"preferredCurrency"`
	Modified          Time              `json:"modified"`
}

// SupplierAddress is OmniumAddress.
type SupplierAddress struct {
	Line1        string `json:"line1"`
	StreetNumber string `json:"streetNumber"` // where it is kept apart from Line1
	PostalCode   string `json:"postalCode"`
	City         string `json:"city"`
	CountryCode  string `json:"countryCode"`
}

// SupplierContact is OmniumContactPerson, a person at a supplier.
type SupplierContact struct {
	FirstName        string `json:"firstName"`
	LastName         string `json:"lastName"`
	Email            string `json:"email"`
	IsPrimaryContact bool   `json:"isPrimaryContact"`
}

func newSuppliers() *objects[Supplier] {
	return newObjects(opSupplier, "/api/Suppliers/", func(s *Supplier) error {
		if s.ID == "" {
			return errors.New("no id")
		}
		return nil
	})
}

// Supplier reads one supplier by its id; see Client.Product for since, sharing and errors. Suppliers
// cannot be read in bulk by id (reference omnium-api.md §1.6).
func (c *Client) Supplier(ctx context.Context, id string, since time.Time) (*Supplier, error) {
	return c.suppliers.read(ctx, c, id, since)
}
