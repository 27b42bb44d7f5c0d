package flow

import "net/http"

// Names of the operations on customers and their contacts.
const (
	CustomerList   = "customer.list"
	CustomerCreate = "customer.create"
	CustomerUpdate = "customer.update"
	ContactList    = "contact.list"
	ContactCreate  = "contact.create"
	ContactUpdate  = "contact.update"
)

const (
	customerUID        = "customerUid"
	customerContactUID = "customerContactUid"
)

// customerRoutes are the rows of reference flow-api.md §14.1. The operations on one customer and one
// contact are not visible there; the success codes of the lists and of contact.create neither.
func customerRoutes() []Route {
	const (
		customers = "/tenants/{tenantUid}/customers"
		customer  = customers + "/{customerUid}"
		contacts  = customer + "/contacts"
	)
	ok, created, either := []int{200}, []int{201}, []int{200, 201}
	return []Route{
		{CustomerList, http.MethodGet, customers, ok, Documented},
		{CustomerCreate, http.MethodPost, customers, created, Documented},
		{CustomerUpdate, http.MethodPut, customer, ok, Assumed},
		{ContactList, http.MethodGet, contacts, ok, Documented},
		{ContactCreate, http.MethodPost, contacts, either, Documented},
		{ContactUpdate, http.MethodPut, contacts + "/{customerContactUid}", ok, Assumed},
	}
}
