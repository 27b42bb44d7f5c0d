package omnium_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// putRaw stores documents in JSON.
func putRaw(t *testing.T, s *omniumtest.Server, kind omniumtest.Kind, documents ...string) {
	t.Helper()
	for _, raw := range documents {
		if err := s.Put(kind, json.RawMessage(raw)); err != nil {
			t.Fatalf("Put: %v", err)
		}
	}
}

// readSupplierAndCategories calls the operations of both.
func readSupplierAndCategories(t *testing.T, s *omniumtest.Server, c *omnium.Client) {
	t.Helper()
	putRaw(t, s, omniumtest.Suppliers, string(sample(t, "supplier")))
	putRaw(t, s, omniumtest.Categories, sampleCategories(t)...)
	if _, err := c.Supplier(t.Context(), "SUP-77", time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := c.Category(t.Context(), "jakker", "no", time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := c.Categories(t.Context(), "no", time.Now()); err != nil {
		t.Error(err)
	}
}

func TestSupplier(t *testing.T) {
	t.Parallel()
	s := newServer()
	putRaw(t, s, omniumtest.Suppliers, string(sample(t, "supplier")),
		`{"id":"bare"}`,
		`{"id":"nulls","name":null,"address":null,"contacts":null,"taxId":null,"modified":"0001-01-01T00:00:00"}`,
		`{"id":"hole","contacts":[{"isPrimaryContact":null}]}`)
	c := newClient(t, s)
	got, err := c.Supplier(t.Context(), "SUP-77", time.Now())
	if err != nil {
		t.Fatalf("Supplier(SUP-77): %v", err)
	}
	if got.Modified.IsZero() {
		t.Error("Supplier(SUP-77) has no modified")
	}
	got.Modified = omnium.Time{}
	want := &omnium.Supplier{
		ID: "SUP-77", Name: "Skare Tekstil AS", TaxID: "977666555", Email: "ordre@skare.example",
		Phone:             "+4755000300",
		Address:           omnium.SupplierAddress{Line1: "Kaigaten 1", PostalCode: "5015", City: "Bergen", CountryCode: "NO"},
		Contacts:          []omnium.SupplierContact{{FirstName: "Liv", LastName: "Dahl", Email: "liv@skare.example", IsPrimaryContact: true}},
		PreferredCurrency: "NOK",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Supplier(SUP-77) (-want +got):\n%s", diff)
	}
	for _, id := range []string{"bare", "nulls", "hole"} {
		if got, err := c.Supplier(t.Context(), id, time.Now()); err != nil || got.ID != id {
			t.Errorf("Supplier(%s) = %+v, %v; want it", id, got, err)
		}
	}
	for _, id := range []string{"none", "", "..", "a/b"} {
		if _, err := c.Supplier(t.Context(), id, time.Now()); !errors.Is(err, omnium.ErrNotFound) {
			t.Errorf("Supplier(%q) = %v, want ErrNotFound", id, err)
		}
	}
}

func TestSupplierMalformed(t *testing.T) {
	t.Parallel()
	for what, body := range map[string]string{"no id": `{"name":"nobody"}`, "odd address": `{"id":"x","address":7}`} {
		s := newServer()
		c := newClient(t, s, func(o *omnium.Options) {
			o.Transport = answering{s.Transport(), "/api/Suppliers/x", body}
		})
		if _, err := c.Supplier(t.Context(), "x", time.Now()); !errors.Is(err, omnium.ErrMalformed) {
			t.Errorf("Supplier with %s = %v, want ErrMalformed", what, err)
		}
	}
}

func TestSupplierFails(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusInternalServerError, nil, r.URL.Path != "/api/Token"
	}
	_, err := newClient(t, s).Supplier(t.Context(), "x", time.Now())
	wantStatus(t, err, http.StatusInternalServerError)
}
