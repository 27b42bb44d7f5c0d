package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/rest"
)

// putCustomers stores the sample customers and returns their ids.
func putCustomers(t *testing.T, s *omniumtest.Server) (private, business string) {
	t.Helper()
	for kind, name := range map[omniumtest.Kind]string{
		omniumtest.PrivateCustomers: "private_customer", omniumtest.BusinessCustomers: "business_customer",
	} {
		if err := s.Put(kind, json.RawMessage(sample(t, name))); err != nil {
			t.Fatal(err)
		}
	}
	return "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21", "BC-20417"
}

// readCustomers calls every operation on customers.
func readCustomers(t *testing.T, c *omnium.Client, s *omniumtest.Server) {
	t.Helper()
	private, business := putCustomers(t, s)
	if p, err := c.PrivateCustomer(t.Context(), private, time.Now()); err != nil || p.Email != "ingrid.solheim@kunde.example" {
		t.Errorf("PrivateCustomer = %+v, %v", p, err)
	}
	b, err := c.BusinessCustomer(t.Context(), business, time.Now())
	if err != nil || b.Credit[0].CreditLimit != "50000.0" || b.Contacts[0].ID != "cp-1" || !b.IsGlobal || b.PaymentTerms != "30" {
		t.Errorf("BusinessCustomer = %+v, %v", b, err)
	}
	persons, err := c.PrivateCustomers(t.Context(), []string{private, "none"})
	if err != nil || len(persons) != 1 || persons[private].Customer.Address.City != "Oslo" {
		t.Errorf("PrivateCustomers = %+v, %v", persons, err)
	}
	companies, err := c.BusinessCustomers(t.Context(), []string{business})
	if err != nil || companies[business].Customer.AdditionalMarketIDs[0] != "NOR" {
		t.Errorf("BusinessCustomers = %+v, %v", companies, err)
	}
}

func TestSampleCustomers(t *testing.T) {
	t.Parallel()
	s := newServer()
	readCustomers(t, newClient(t, s), s)
}

// TestCustomerIDs reads ids that need escaping: they may be e-mail addresses and phone numbers.
func TestCustomerIDs(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	for _, id := range []string{"kari+1@kunde.example", "+4790000123", "a/b", "å b%2B"} {
		if err := s.Put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{CustomerID: id}); err != nil {
			t.Fatal(err)
		}
		if p, err := c.PrivateCustomer(t.Context(), id, time.Now()); err != nil || p.CustomerID != id {
			t.Errorf("PrivateCustomer(%q) = %+v, %v", id, p, err)
		}
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, "+") {
			t.Errorf("path %s holds a plus, which some read as a blank", r.Path)
		}
	}
	for _, id := range []string{"", ".", "..", "nobody"} {
		if _, err := c.PrivateCustomer(t.Context(), id, time.Now()); !errors.Is(err, omnium.ErrNotFound) {
			t.Errorf("PrivateCustomer(%q) error = %v, want ErrNotFound", id, err)
		}
	}
}

func TestCustomersInBulk(t *testing.T) {
	t.Parallel()
	s := newServer()
	var ids []string
	for i := range 130 {
		id := fmt.Sprintf("b%03d", i)
		ids = append(ids, id, id)
		if err := s.Put(omniumtest.BusinessCustomers, omnium.BusinessCustomer{CustomerID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := newClient(t, s).BusinessCustomers(t.Context(), append(ids, "", "none"))
	if err != nil || len(got) != 130 || got["b129"].Customer.Name != "b129" {
		t.Errorf("BusinessCustomers = %d results, %v, want 130", len(got), err)
	}
	wantCalls(t, s, omniumtest.OpBusinessCustomerSearch, 2)
}

// TestMalformedCustomers: an odd document is an error for its own id, and an answer of another shape one
// for the call.
func TestMalformedCustomers(t *testing.T) {
	t.Parallel()
	s := newServer()
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	for _, raw := range []string{
		`{"customerId":"good"}`, `{"customerId":"odd","firstName":{}}`,
		`{"customerId":"nulls","address":null,"additionalMarketIds":null,"isGlobal":null,"modified":null,"externalIds":null}`,
	} {
		if err := s.Put(omniumtest.PrivateCustomers, json.RawMessage(raw)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.PrivateCustomers(t.Context(), []string{"good", "odd", "nulls"})
	if err != nil || got["good"].Err != nil || got["nulls"].Err != nil || !errors.Is(got["odd"].Err, omnium.ErrMalformed) {
		t.Errorf("PrivateCustomers = %+v, %v, want an error for odd only", got, err)
	}
	if _, err := c.PrivateCustomer(t.Context(), "odd", time.Now()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("PrivateCustomer(odd) error = %v, want ErrMalformed", err)
	}
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusNotFound, nil, strings.HasSuffix(r.URL.Path, "/Search")
	}
	_, err = c.PrivateCustomers(t.Context(), []string{"good"})
	if e, ok := errors.AsType[*rest.Error](err); !ok || e.StatusCode != http.StatusNotFound {
		t.Errorf("PrivateCustomers error = %v, want the 404 of the search", err)
	}
	if violations := transport.take(); len(violations) == 0 {
		t.Error("a malformed document keeps to the specification, which is then too lax")
	}
}

// TestCustomerIndexLag: reads by id see a change at once, the search does not.
func TestCustomerIndexLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.IndexLag = time.Second
		c := newClient(t, s)
		if err := s.Put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{CustomerID: "new"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PrivateCustomer(t.Context(), "new", time.Now()); err != nil {
			t.Errorf("PrivateCustomer: %v", err)
		}
		if got, err := c.PrivateCustomers(t.Context(), []string{"new"}); err != nil || len(got) != 0 {
			t.Errorf("PrivateCustomers at once = %v, %v, want none", got, err)
		}
		time.Sleep(2 * time.Second)
		if got, err := c.PrivateCustomers(t.Context(), []string{"new"}); err != nil || len(got) != 1 {
			t.Errorf("PrivateCustomers later = %v, %v, want one", got, err)
		}
	})
}
