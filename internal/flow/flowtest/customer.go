package flowtest

import (
	"encoding/json"
	"errors"

	"github.com/omniflow/omniflow/internal/flow"
)

// customerRoutes serves customers and their contacts.
func (s *Server) customerRoutes() {
	const (
		customers = "/tenants/{tenantUid}/customers"
		customer  = customers + "/{customerUid}"
		contacts  = customer + "/contacts"
	)
	s.handle(flow.CustomerList, "GET", customers, listCustomers)
	s.handle(flow.CustomerCreate, "POST", customers, createCustomer)
	s.handle(flow.CustomerUpdate, "PUT", customer, updateCustomer)
	s.handle(flow.ContactList, "GET", contacts, listContacts)
	s.handle(flow.ContactCreate, "POST", contacts, createContact)
	s.handle(flow.ContactUpdate, "PUT", contacts+"/{customerContactUid}", updateContact)
}

// customerSchema is the visible fields of reference flow-api.md §14.1 that could be written; whether
// each can is not visible. That a person has no company name, and the like, is not checked.
func customerSchema() schema {
	return schema{
		kinds: map[string]kind{
			"customerUid": uid, "customerType": oneOf(flow.Person, flow.Company), "externalId": anyText,
			"firstname": anyText, "lastname": anyText, "companyName": anyText, "displayName": anyText,
			"email": anyText, "mobile": anyText, "address": anyText, "postalCode": anyText, "city": anyText,
			"countryCode": anyText, "vatNumber": anyText, "ledgerNumber": anyText, "loyaltyId": anyText,
			"paymentTerms": integer, "internalNote": anyText,
			"credit": object(schema{kinds: map[string]kind{"limit": integer, "balance": integer}}),
		},
		required: []string{"customerType"},
	}
}

// contactSchema is CustomerContactCreateSchema.
func contactSchema() schema {
	return schema{
		kinds: map[string]kind{
			"customerContactUid": uid, "firstname": nonEmpty, "lastname": nonEmpty, "email": anyText, "mobile": anyText,
		},
		required: []string{"firstname", "lastname"},
	}
}

// nonEmpty refuses the empty text; that Flow refuses it where a text is required is an assumption.
func nonEmpty(raw json.RawMessage) error {
	if string(raw) == `""` {
		return errors.New("is empty")
	}
	return anyText(raw)
}

func listCustomers(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{"customerExternalId": "externalId"})
	return t.list(t.customers.list(keep), in.query)
}

func createCustomer(t *tenant, in input) answer {
	if err := customerSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(t.customers, in.body)
	if refusal != nil {
		return *refusal
	}
	return created(record)
}

// updateCustomer merges; see updateProduct for what is assumed.
func updateCustomer(t *tenant, in input) answer {
	record, found := t.customers.byUID[in.path("customerUid")]
	if !found {
		return missing("customer")
	}
	s := customerSchema()
	delete(s.kinds, "customerUid")
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	t.merge(record, in.body)
	return ok(record)
}

// contactsOf returns the contacts of the customer in the path, nil when there is no such customer.
func (t *tenant) contactsOf(in input) *collection {
	customer := in.path("customerUid")
	if !t.customers.has(customer) {
		return nil
	}
	if t.contacts[customer] == nil {
		t.contacts[customer] = newCollection("customerContactUid")
	}
	return t.contacts[customer]
}

func listContacts(t *tenant, in input) answer {
	contacts := t.contactsOf(in)
	if contacts == nil {
		return missing("customer")
	}
	return t.list(contacts.list(all), in.query)
}

// createContact answers 201; which 2xx Flow answers is not visible. That uids need to differ within one
// customer only is an assumption.
func createContact(t *tenant, in input) answer {
	contacts := t.contactsOf(in)
	if contacts == nil {
		return missing("customer")
	}
	if err := contactSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(contacts, in.body)
	if refusal != nil {
		return *refusal
	}
	return created(record)
}

// updateContact merges. The operation is an assumption.
func updateContact(t *tenant, in input) answer {
	contacts := t.contactsOf(in)
	if contacts == nil || !contacts.has(in.path("customerContactUid")) {
		return missing("contact")
	}
	s := contactSchema()
	delete(s.kinds, "customerContactUid")
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	record := contacts.byUID[in.path("customerContactUid")]
	t.merge(record, in.body)
	return ok(record)
}

// fillCustomers copies the customers and their contacts.
func (t *tenant) fillCustomers(state State) error {
	if err := decodeAll(t.customers, state.Customers); err != nil {
		return err
	}
	for customer, contacts := range t.contacts {
		if len(contacts.order) == 0 {
			continue
		}
		state.Contacts[customer] = make(map[string]flow.CustomerContact)
		if err := decodeAll(contacts, state.Contacts[customer]); err != nil {
			return err
		}
	}
	return nil
}
