package flow_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// withPrices is a world with a price list and products.
func withPrices(t *testing.T, products ...string) world {
	t.Helper()
	w := newWorld(t, flowtest.Options{}).withProducts(t, products...)
	if created, err := w.client.PutPriceList(t.Context(), flow.PriceList{PriceListUID: "main", Name: "Main"}, false, 0); err != nil || !created {
		t.Fatalf("PutPriceList = %v, %v; want it created", created, err)
	}
	return w
}

func price(uid string, cents int64) flow.PriceChange {
	return flow.PriceChange{ProductUID: uid, Price: &flow.Price{
		ProductUID: uid, Price: cents, ValidFrom: flow.Date{Set: true}, ValidTo: flow.Date{Set: true},
	}}
}

func TestWritePrices(t *testing.T) {
	t.Parallel()
	w := withPrices(t, "a", "b")
	currency, retail := "NOK", int64(24900)
	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	full := flow.Price{
		ProductUID: "a", Price: 19950, RecommendedRetailPrice: &retail, Currency: &currency,
		ValidFrom: flow.Date{At: from, Set: true}, ValidTo: flow.Date{At: to, Set: true},
	}
	w.wrote(t, 0, flow.PriceChange{ProductUID: "a", Price: &full}, price("b", 100))
	if diff := cmp.Diff(full, w.snapshot(t).Prices["main"]["a"]); diff != "" {
		t.Errorf("price of a (-want +got):\n%s", diff)
	}
	// An entry says the whole truth: what it leaves empty is cleared.
	w.wrote(t, 0, price("a", 100), flow.PriceChange{ProductUID: "b"}, flow.PriceChange{ProductUID: "never_there"})
	got := w.snapshot(t).Prices["main"]
	if diff := cmp.Diff(flow.Price{ProductUID: "a", Price: 100}, got["a"]); diff != "" || len(got) != 1 {
		t.Errorf("prices = %v, want that of a alone (-want +got):\n%s", got, diff)
	}
}

// wrote fails the test unless as many of the changes failed.
func (w world) wrote(t *testing.T, failed int, changes ...flow.PriceChange) []error {
	t.Helper()
	errs := w.client.WritePrices(t.Context(), "main", changes)
	for _, err := range errs {
		if err != nil {
			failed--
		}
	}
	if failed != 0 || len(errs) != len(changes) {
		t.Errorf("WritePrices = %v, want %d more failures", errs, failed)
	}
	return errs
}

// TestOneBadPriceHoldsUpNobody: Flow does not say which item of a batch failed.
func TestOneBadPriceHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var products []string
	var changes []flow.PriceChange
	for i := range 130 {
		uid := fmt.Sprintf("p%d", i)
		if i != 77 {
			products = append(products, uid)
		}
		changes = append(changes, price(uid, int64(i)))
	}
	w := withPrices(t, products...)
	errs := w.wrote(t, 1, changes...)
	if errs[77] == nil || !strings.Contains(errs[77].Error(), "207") {
		t.Errorf("error of the unknown product = %v, want the 207", errs[77])
	}
	if got := len(w.snapshot(t).Prices["main"]); got != 129 {
		t.Errorf("%d prices in Flow, want 129", got)
	}
}

func TestPriceListExists(t *testing.T) {
	t.Parallel()
	w := withPrices(t)
	for uid, want := range map[string]bool{"main": true, "none": false} {
		if got, err := w.client.HasPriceList(t.Context(), uid); err != nil || got != want {
			t.Errorf("HasPriceList(%s) = %v, %v; want %v", uid, got, err, want)
		}
	}
	w.flow.SetDown(testTenant, true)
	if _, err := w.client.HasPriceList(t.Context(), "main"); err == nil {
		t.Error("HasPriceList while Flow is down = nil, want an error")
	}
	w.flow.SetDown(testTenant, false)
	changed, err := w.client.PutPriceList(t.Context(), flow.PriceList{PriceListUID: "main", Name: "Other"}, true, 0)
	if err != nil || changed || w.snapshot(t).PriceLists["main"].Name != "Other" {
		t.Errorf("PutPriceList = %v, %v; want an update", changed, err)
	}
	if _, err := w.client.PutPriceList(t.Context(), flow.PriceList{Name: "No uid"}, false, 0); err == nil {
		t.Error("PutPriceList without a uid = nil, want an error")
	}
}

// TestFakeRefusesPrices holds the fake to what it claims to refuse.
func TestFakeRefusesPrices(t *testing.T) {
	t.Parallel()
	w := withPrices(t, "a")
	tests := map[string]struct {
		list, body string
		want       int
	}{
		"unknown list":    {"none", `{"delete":[{"productUid":"a"}]}`, http.StatusNotFound},
		"unknown field":   {"main", `{"upsert":[{"productUid":"a","price":1,"amount":1}]}`, http.StatusMultiStatus},
		"fraction":        {"main", `{"upsert":[{"productUid":"a","price":1.5}]}`, http.StatusMultiStatus},
		"negative":        {"main", `{"upsert":[{"productUid":"a","price":-1}]}`, http.StatusMultiStatus},
		"no price":        {"main", `{"upsert":[{"productUid":"a"}]}`, http.StatusMultiStatus},
		"unknown product": {"main", `{"upsert":[{"productUid":"b","price":1}]}`, http.StatusMultiStatus},
		"bad uid":         {"main", `{"delete":[{"productUid":"a b"}]}`, http.StatusMultiStatus},
		"nothing":         {"main", `{}`, http.StatusBadRequest},
		"twice":           {"main", `{"upsert":[{"productUid":"a","price":1}],"delete":[{"productUid":"a"}]}`, http.StatusBadRequest},
		"unknown part":    {"main", `{"create":[]}`, http.StatusBadRequest},
	}
	for name, test := range tests {
		path := "/tenants/" + testTenant + "/pricelists/" + test.list + "/prices/batch"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testBaseURL+path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testAuth)
		r.Header.Set("Content-Type", "application/json")
		resp, err := flowtest.Transport(w.flow).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != test.want {
			t.Errorf("%s: %s = %d, want %d", name, test.body, resp.StatusCode, test.want)
		}
	}
}
