package flowtest_test

import (
	"net/http"
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// TestCustomerRefusalsOfTheFake lists what is refused of customers and contacts.
func TestCustomerRefusalsOfTheFake(t *testing.T) {
	t.Parallel()
	const contacts = "POST /no/customers/c/contacts"
	tests := []struct {
		route, body string
		want        int
	}{
		{"POST /no/customers", `{"customerUid":"d"}`, 400},
		{"POST /no/customers", `{"customerUid":"d","customerType":"B2B"}`, 400},
		{"POST /no/customers", `{"customerUid":"a b","customerType":"PERSON"}`, 400},
		{"POST /no/customers", `{"customerUid":"d","customerType":"PERSON","firstName":"A"}`, 400},
		{"POST /no/customers", `{"customerUid":"d","customerType":"COMPANY","credit":{"limit":1.5}}`, 400},
		{"POST /no/customers", `{"customerUid":"c","customerType":"PERSON"}`, 409},
		{"POST /no/customers", `{"customerType":"PERSON"}`, 201},
		{"PUT /no/customers/c", `{"customerUid":"c"}`, 400},
		{"PUT /no/customers/c", `{"customerType":null}`, 400},
		{"PUT /no/customers/c", `{"email":null}`, 200},
		{"PUT /no/customers/none", `{}`, 404},
		{"DELETE /no/customers/c", ``, 404},
		{contacts, `{"firstname":"A"}`, 400},
		{contacts, `{"firstname":"A","lastname":""}`, 400},
		{contacts, `{"firstname":"A","lastname":"B","phone":"1"}`, 400},
		{contacts, `{"firstname":"A","lastname":"B"}`, 201},
		{contacts, `{"customerContactUid":"p","firstname":"A","lastname":"B"}`, 409},
		{"POST /no/customers/none/contacts", `{"firstname":"A","lastname":"B"}`, 404},
		{"GET /no/customers/none/contacts", ``, 404},
		{"PUT /no/customers/c/contacts/p", `{"lastname":null}`, 400},
		{"PUT /no/customers/c/contacts/none", `{}`, 404},
		{"PUT /no/customers/none/contacts/p", `{}`, 404},
	}
	for _, test := range tests {
		c := newCaller(t, flowtest.Options{})
		c.must("POST /no/customers", `{"customerUid":"c","customerType":"COMPANY"}`)
		c.must(contacts, `{"customerContactUid":"p","firstname":"P","lastname":"Q"}`)
		if status, answer := c.call(test.route, test.body); status != test.want {
			t.Errorf("%s %s = %d %s, want %d", test.route, test.body, status, answer, test.want)
		}
	}
	c := newCaller(t, flowtest.Options{})
	if status, _ := c.call("GET /no/customers?customerExternalId=x", ""); status != http.StatusOK {
		t.Errorf("GET customers = %d, want 200", status)
	}
}
