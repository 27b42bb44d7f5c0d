package flow

import (
	"context"
	"net/url"
)

// FindCustomer returns the uid of the customer whose external id is externalID, "" when Flow has none.
// Flow also fetches customers from Omnium by itself, and gives them uids of its own (reference mapping.md
// §10.1). Of several the one with the uid preferred is returned, else the first.
func (c *Client) FindCustomer(
	ctx context.Context, externalID, preferred string,
) (uid string, err error) {
	list := call{op: CustomerList, query: url.Values{"customerExternalId": {externalID}}}
	_, err = find(ctx, c, list, func(got Customer) bool {
		// Whether the filter compares exactly is not documented.
		if got.ExternalID == externalID && (uid == "" || got.CustomerUID == preferred) {
			uid = got.CustomerUID
		}
		return uid != "" && uid == preferred
	})
	return uid, err
}

// PutCustomer creates or updates a customer so that Flow holds it afterwards; see upsert for what known
// means. An update empties the fields of clear that customer does not name. created reports that Flow
// did not have it: its contacts are gone too. That an update exists, is partial and clears with null is
// assumed.
func (c *Client) PutCustomer(
	ctx context.Context, customer Customer, known bool, clear Fields,
) (created bool, err error) {
	uid := customer.CustomerUID
	if err := checkUID(CustomerCreate, uid); err != nil {
		return false, err
	}
	update := customer
	update.CustomerUID = ""
	return c.upsert(ctx, upsert{
		create: call{op: CustomerCreate, body: customer},
		update: call{
			op: CustomerUpdate, uids: []string{customerUID, uid},
			body: clearing{update, clear &^ named(update, "customerUid")},
		},
		exists: func() (bool, error) { return c.hasCustomer(ctx, customer) },
	}, known)
}

// hasCustomer looks for the uid among the customers of an external id: there is no other documented
// way to find one.
func (c *Client) hasCustomer(ctx context.Context, customer Customer) (bool, error) {
	uid, err := c.FindCustomer(ctx, customer.ExternalID, customer.CustomerUID)
	return uid == customer.CustomerUID, err
}

// PutCustomerContact creates or updates a contact of a customer, with all its fields; see PutCustomer.
func (c *Client) PutCustomerContact(
	ctx context.Context, customer string, contact CustomerContact, known bool,
) error {
	uid := contact.CustomerContactUID
	if err := checkUID(ContactCreate, uid); err != nil {
		return err
	}
	update := contact
	update.CustomerContactUID = ""
	of := []string{customerUID, customer}
	_, err := c.upsert(ctx, upsert{
		create: call{op: ContactCreate, uids: of, body: contact},
		update: call{
			op: ContactUpdate, uids: append(of, customerContactUID, uid),
			body: clearing{update, named(update, "email", "mobile")},
		},
		exists: func() (bool, error) {
			return find(ctx, c, call{op: ContactList, uids: of}, func(got CustomerContact) bool {
				return got.CustomerContactUID == uid
			})
		},
	}, known)
	return err
}
