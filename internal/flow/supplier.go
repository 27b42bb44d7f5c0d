package flow

import (
	"context"
	"net/http"
)

// Names of the operations on suppliers.
const (
	SupplierList   = "supplier.list"
	SupplierCreate = "supplier.create"
	SupplierUpdate = "supplier.update"
)

const supplierUID = "supplierUid"

// supplierRoutes are reference flow-api.md §10.
func supplierRoutes() []Route {
	const suppliers = "/tenants/{tenantUid}/suppliers"
	ok := []int{200}
	return []Route{
		{SupplierList, http.MethodGet, suppliers, ok, Documented},
		{SupplierCreate, http.MethodPost, suppliers, ok, Documented},
		{SupplierUpdate, http.MethodPut, suppliers + "/{supplierUid}", ok, Assumed},
	}
}

// Supplier is what omniflow writes of a Flow supplier (reference flow-api.md §10). Bank account and
// discount are Flow's own. Only add fields at the end; see Fields.
type Supplier struct {
	// SupplierUID goes into the body of a create only; an update names it in the path.
	SupplierUID  string `json:"supplierUid,omitempty"`
	Name         string `json:"name"`
	ExternalID   string `json:"externalId"`
	Address      string `json:"address,omitempty"`
	City         string `json:"city,omitempty"`
	PostalCode   string `json:"postalCode,omitempty"`
	CountryCode  string `json:"countryCode,omitempty"`
	ContactName  string `json:"contactName,omitempty"`
	ContactEmail string `json:"contactEmail,omitempty"`
	Email        string `json:"email,omitempty"`
	Phone        string `json:"phone,omitempty"`
	VATNumber    string `json:"vatNumber,omitempty"`
	Currency     string `json:"currency,omitempty"`
	Active       bool   `json:"active"`
}

// activity is a partial update that says nothing but whether something is active.
type activity struct {
	Active bool `json:"active"`
}

// PutSupplier creates or updates s so that Flow holds it afterwards; see upsert for known and created.
// The fields of clear that s does not name are emptied.
func (c *Client) PutSupplier(
	ctx context.Context, s Supplier, known bool, clear Fields,
) (created bool, err error) {
	uid := s.SupplierUID
	if err := checkUID(SupplierCreate, uid); err != nil {
		return false, err
	}
	update := s
	update.SupplierUID = ""
	return c.upsert(ctx, upsert{
		create: call{op: SupplierCreate, body: s},
		update: call{
			op: SupplierUpdate, uids: []string{supplierUID, uid},
			body: clearing{update, clear &^ Present(s)},
		},
		exists: func() (bool, error) { return c.hasSupplier(ctx, uid) },
	}, known)
}

// hasSupplier reads the list, because no page shows a way to read one supplier. It reads all of it: one
// that somebody made in Flow may have the uid and another external id.
func (c *Client) hasSupplier(ctx context.Context, uid string) (bool, error) {
	return find(ctx, c, call{op: SupplierList}, func(s Supplier) bool { return s.SupplierUID == uid })
}

// DeactivateSupplier makes a supplier inactive and leaves the rest of it alone. The error wraps
// ErrNotFound when Flow does not have the supplier. That the update may be partial is documented for
// other resources only (reference flow-api.md §1.8).
func (c *Client) DeactivateSupplier(ctx context.Context, uid string) error {
	return missing(c.do(ctx, call{op: SupplierUpdate, uids: []string{supplierUID, uid}, body: activity{}}))
}
