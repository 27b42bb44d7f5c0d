package flow_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

func kari() flow.Customer {
	terms := int64(14)
	return flow.Customer{
		CustomerUID: "kari", CustomerType: flow.Person, ExternalID: "kari@x.no", FirstName: "Kari", LastName: "Lund",
		Email: "kari@x.no", PaymentTerms: &terms,
	}
}

func (w world) putCustomer(t *testing.T, c flow.Customer, known bool, clear flow.Fields) bool {
	t.Helper()
	created, err := w.client.PutCustomer(t.Context(), c, known, clear)
	if err != nil {
		t.Fatalf("PutCustomer(%s, %v): %v", c.CustomerUID, known, err)
	}
	return created
}

// TestPutCustomer covers what Flow may have and may answer to a create of what exists.
func TestPutCustomer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		exists, known bool
		status        int // of a create of what exists
		ops           string
		created       bool
	}{
		"new":                   {false, false, 0, "customer.create", true},
		"known":                 {true, true, 0, "customer.update", false},
		"lost":                  {false, true, 0, "customer.update customer.create", true},
		"there already":         {true, false, 409, "customer.create customer.update", false},
		"there already, as 400": {true, false, 400, "customer.create customer.list customer.update", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flowtest.Options{ExistingStatus: test.status})
			if test.exists {
				w.putCustomer(t, flow.Customer{CustomerUID: "kari", CustomerType: flow.Person, ExternalID: "kari@x.no"}, false, 0)
			}
			before := len(w.flow.Log())
			if created := w.putCustomer(t, kari(), test.known, 0); created != test.created {
				t.Errorf("PutCustomer created = %v, want %v", created, test.created)
			}
			if got := w.ops(before); got != test.ops {
				t.Errorf("requests = %q, want %q", got, test.ops)
			}
			if diff := cmp.Diff(kari(), w.snapshot(t).Customers["kari"]); diff != "" {
				t.Errorf("customer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPutCustomerClears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	w.putCustomer(t, kari(), false, 0)
	bare := flow.Customer{CustomerUID: "kari", CustomerType: flow.Person, ExternalID: "kari@x.no"}
	w.putCustomer(t, bare, true, 0)
	if got := w.snapshot(t).Customers["kari"]; got.Email == "" || got.PaymentTerms == nil {
		t.Errorf("customer = %+v, want what was left out to stay", got)
	}
	w.putCustomer(t, bare, true, flow.MirroredCustomerFields())
	want := bare
	want.PaymentTerms = kari().PaymentTerms
	if diff := cmp.Diff(want, w.snapshot(t).Customers["kari"]); diff != "" {
		t.Errorf("customer after the mirrored fields were cleared (-want +got):\n%s", diff)
	}
	w.putCustomer(t, bare, true, ^flow.Fields(0))
	if diff := cmp.Diff(bare, w.snapshot(t).Customers["kari"]); diff != "" {
		t.Errorf("customer after every field was cleared (-want +got):\n%s", diff)
	}
}

func TestFindCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{MaxPageSize: 1})
	for uid, external := range map[string]string{"a": "x", "b": "X", "c": "x", "d": "y"} {
		w.putCustomer(t, flow.Customer{CustomerUID: uid, CustomerType: flow.Person, ExternalID: external}, false, 0)
	}
	for _, test := range []struct{ external, preferred, want string }{
		{"x", "c", "c"}, {"x", "a", "a"}, {"X", "a", "b"}, {"y", "none", "d"}, {"z", "a", ""},
	} {
		got, err := w.client.FindCustomer(t.Context(), test.external, test.preferred)
		if err != nil || got != test.want {
			t.Errorf("FindCustomer(%q, %q) = %q, %v, want %q", test.external, test.preferred, got, err, test.want)
		}
	}
	w.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Status: 500} })
	if _, err := w.client.FindCustomer(t.Context(), "x", "a"); err == nil {
		t.Error("FindCustomer when Flow fails = nil, want an error")
	}
}

func TestPutCustomerContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{ExistingStatus: http.StatusBadRequest})
	w.putCustomer(t, kari(), false, 0)
	put := func(c flow.CustomerContact, known bool, ops string) {
		t.Helper()
		before := len(w.flow.Log())
		if err := w.client.PutCustomerContact(t.Context(), "kari", c, known); err != nil {
			t.Fatalf("PutCustomerContact(%+v, %v): %v", c, known, err)
		}
		if got := w.ops(before); got != ops {
			t.Errorf("requests = %q, want %q", got, ops)
		}
		if got := w.snapshot(t).Contacts["kari"][c.CustomerContactUID]; got != c {
			t.Errorf("contact = %+v, want %+v", got, c)
		}
	}
	per := flow.CustomerContact{CustomerContactUID: "per", FirstName: "Per", LastName: "Haug", Email: "per@x.no", Mobile: "1"}
	put(per, false, "contact.create")
	per.Email, per.Mobile = "", "2"
	put(per, true, "contact.update")
	per.FirstName = "Peer"
	put(per, false, "contact.create contact.list contact.update")
	per.CustomerContactUID = "lost"
	put(per, true, "contact.update contact.create")
}

func TestCustomerUIDsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	if _, err := w.client.PutCustomer(t.Context(), flow.Customer{CustomerType: flow.Person}, false, 0); !errors.Is(err, flow.ErrBadUID) {
		t.Errorf("PutCustomer without uid = %v, want ErrBadUID", err)
	}
	contact := flow.CustomerContact{FirstName: "a", LastName: "b"}
	if err := w.client.PutCustomerContact(t.Context(), "kari", contact, false); !errors.Is(err, flow.ErrBadUID) {
		t.Errorf("PutCustomerContact without uid = %v, want ErrBadUID", err)
	}
	if got := w.ops(0); got != "" {
		t.Errorf("requests = %q, want none", got)
	}
}

// TestCustomerFields names every optional field but the uid, and leaves it out.
func TestCustomerFields(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[flow.Customer]()
	for field := range typ.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields, err := flow.CustomerFields(name)
		if wanted := options != "" && name != "customerUid"; (err == nil) != wanted || (fields != 0) != wanted {
			t.Errorf("CustomerFields(%s) = %b, %v, want a field: %v", name, fields, err, wanted)
		}
	}
	fields, err := flow.CustomerFields("email", "paymentTerms")
	if err != nil {
		t.Fatal(err)
	}
	want := kari()
	want.Email, want.PaymentTerms = "", nil
	if diff := cmp.Diff(want, flow.Without(kari(), fields)); diff != "" {
		t.Errorf("Without(email, paymentTerms) (-want +got):\n%s", diff)
	}
	if _, err := flow.CustomerFields("email", "e-mail"); err == nil {
		t.Error("CustomerFields(e-mail) = nil, want an error")
	}
}
