package omnium_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// m is a document of the fake.
type m = map[string]any

// aging is an Omnium that was written to two days ago, and now.
type aging struct {
	*omniumtest.Server
	t   *testing.T
	now time.Time
}

func newAging(t *testing.T) *aging {
	s := &aging{newServer(), t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	s.PageSize, s.InventoryPage = 2, 2
	s.Now = func() time.Time { return s.now }
	return s
}

func (s *aging) put(age time.Duration, kind omniumtest.Kind, documents ...m) {
	s.t.Helper()
	s.Now = func() time.Time { return s.now.Add(-age) }
	for _, d := range documents {
		if err := s.Put(kind, d); err != nil {
			s.t.Fatal(err)
		}
	}
	s.Now = func() time.Time { return s.now }
}

const long = 48 * time.Hour

// each is a document per id.
func each(field string, ids ...string) []m {
	var list []m
	for _, id := range ids {
		list = append(list, m{field: id})
	}
	return list
}

// listTests say how each resource is written, and which lists find it.
func listTests() map[event.Resource]struct {
	put          func(s *aging)
	delta, whole []string
	// calls are the requests of the delta.
	calls map[string]int
} {
	type test = struct {
		put          func(s *aging)
		delta, whole []string
		calls        map[string]int
	}
	return map[event.Resource]test{
		event.Price: {
			put: func(s *aging) {
				s.put(long, omniumtest.Prices, m{"code": "old"})
				s.put(0, omniumtest.Prices, m{"code": "sku", "productId": "lamp"}, m{"skuId": "bare"}, m{"code": "coded"})
				s.put(long, omniumtest.CostPrices, m{"skuId": "old"})
				s.put(0, omniumtest.CostPrices, m{"skuId": "cost"}, m{"productId": "cup", "skuId": "cup-m"})
			},
			delta: []string{"bare", "coded", "cost", "cup", "lamp"},
			// An answer holds two of three cost prices, so that every product is listed.
			whole: []string{"bare", "coded", "lamp", "old", "product"},
			calls: map[string]int{omniumtest.OpPrices: 1, omniumtest.OpPricesNext: 2, omniumtest.OpCostPrices: 1},
		},
		event.Inventory: {
			put: func(s *aging) {
				s.put(long, omniumtest.InventoryItems, m{"sku": "old", "warehouseCode": "oslo"})
				for _, sku := range []string{"a", "b", "c"} {
					s.put(0, omniumtest.InventoryItems, m{"sku": sku, "warehouseCode": "oslo"}, m{"sku": sku, "warehouseCode": "lager"})
				}
			},
			delta: []string{"a", "b", "c"}, whole: []string{"a", "b", "c", "old"},
			calls: map[string]int{omniumtest.OpInventorySearch: 1, omniumtest.OpInventoryScrollNext: 2},
		},
		event.Customer: {
			put: func(s *aging) {
				s.put(long, omniumtest.PrivateCustomers, m{"customerId": "old"})
				s.put(0, omniumtest.PrivateCustomers, each("customerId", "kari@kunde.example", "ola", "+4799000000")...)
				s.put(long, omniumtest.BusinessCustomers, m{"customerId": "old-firm"})
				s.put(0, omniumtest.BusinessCustomers, each("customerId", "firm", "ola")...)
			},
			delta: []string{"+4799000000", "firm", "kari@kunde.example", "ola"},
			whole: []string{"+4799000000", "firm", "kari@kunde.example", "ola", "old", "old-firm"},
			calls: map[string]int{
				omniumtest.OpPrivateCustomerScroll: 1, omniumtest.OpPrivateCustomerScrollNext: 2,
				omniumtest.OpBusinessCustomerScroll: 1, omniumtest.OpBusinessCustomerScrollNext: 1,
			},
		},
		event.PurchaseOrder: {
			put: func(s *aging) {
				s.put(long, omniumtest.PurchaseOrders, m{"id": "PO-0"})
				s.put(0, omniumtest.PurchaseOrders, each("id", "PO-1", "PO-2", "PO-3")...)
			},
			delta: []string{"PO-1", "PO-2", "PO-3"}, whole: []string{"PO-0", "PO-1", "PO-2", "PO-3"},
			calls: map[string]int{omniumtest.OpPurchaseOrderScroll: 1, omniumtest.OpPurchaseOrderScrollNext: 2},
		},
		event.Delivery: {
			put: func(s *aging) {
				s.put(long, omniumtest.Deliveries, m{"id": "old", "deliveryStatus": "New"})
				s.put(0, omniumtest.Deliveries, m{"id": "held", "deliveryStatus": "OnHold"}, m{"id": "done", "deliveryStatus": "Completed"})
				for i := range 150 {
					s.put(0, omniumtest.Deliveries, m{"id": fmt.Sprintf("d%d", i), "deliveryStatus": "Confirmed"})
				}
			},
			delta: append([]string{"held"}, numbered("d", 150)...), whole: append([]string{"held", "old"}, numbered("d", 150)...),
			calls: map[string]int{omniumtest.OpDeliverySearch: 2},
		},
		event.Supplier: {
			put: func(s *aging) {
				s.put(long, omniumtest.Suppliers, m{"id": "old"})
				s.put(0, omniumtest.Suppliers, each("id", numbered("s", 150)...)...)
			},
			delta: numbered("s", 150), whole: append([]string{"old"}, numbered("s", 150)...),
			calls: map[string]int{omniumtest.OpSupplierSearch: 2},
		},
		event.Category: {
			put: func(s *aging) {
				s.put(long, omniumtest.Categories, m{"id": "sko_no", "categoryId": "sko"}, m{"id": "sko_sv", "categoryId": "sko"})
				s.put(0, omniumtest.Categories, m{"id": "klaer_no", "categoryId": "klaer"})
			},
			delta: []string{"klaer", "sko"}, whole: []string{"klaer", "sko"},
			calls: map[string]int{omniumtest.OpCategoryScroll: 1, omniumtest.OpCategoryScrollNext: 2},
		},
		event.Store: {
			put: func(s *aging) {
				s.put(long, omniumtest.Stores, m{"id": "old"})
				s.put(0, omniumtest.Stores, m{"id": "oslo"}, m{"id": "closed", "isInactive": true})
			},
			delta: []string{"closed", "oslo"}, whole: []string{"closed", "old", "oslo"},
			calls: map[string]int{omniumtest.OpStoreSearch: 1},
		},
	}
}

func numbered(prefix string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint(prefix, i))
	}
	return list
}

// TestChangesOfEachResource lists what was written in the window, and everything; scrolls are drained.
func TestChangesOfEachResource(t *testing.T) {
	t.Parallel()
	for r, test := range listTests() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			s := newAging(t)
			s.PutProduct(omnium.Product{ID: "product_no", ProductID: "product", Language: "no"})
			test.put(s)
			w := omnium.Window{Since: s.now.Add(-time.Hour), Until: s.now}
			slices.Sort(test.delta)
			slices.Sort(test.whole)
			if got := listed(t, s.Server, r, w); !slices.Equal(got, test.delta) {
				t.Errorf("Changes since an hour = %v, want %v", got, test.delta)
			}
			for op, want := range test.calls {
				wantCalls(t, s.Server, op, want)
			}
			if got := listed(t, s.Server, r, omnium.Window{}); !slices.Equal(got, test.whole) {
				t.Errorf("Changes without a window = %v, want %v", got, test.whole)
			}
			if n := s.OpenScrolls(); n != 0 {
				t.Errorf("%d scrolls are left open", n)
			}
		})
	}
}

// TestNothingChanged counts the requests of a list that finds nothing.
func TestNothingChanged(t *testing.T) {
	t.Parallel()
	for r, want := range map[event.Resource]int{
		event.Product: 2, event.Price: 2, event.Inventory: 1, event.Customer: 2, event.PurchaseOrder: 1,
		event.Delivery: 1, event.Store: 1, event.Supplier: 1, event.Category: 1,
	} {
		s := newAging(t)
		listed(t, s.Server, r, omnium.Window{Since: s.now.Add(time.Hour), Until: s.now})
		if got := len(s.Requests()) - 1; got != want { // beside the token
			t.Errorf("an empty list of %s takes %d requests, want %d", r, got, want)
		}
	}
}

// TestPricesOnProducts covers an Omnium that refuses to search for prices that it keeps elsewhere. Its
// cost prices are listed all the same.
func TestPricesOnProducts(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 500} {
		s := newAging(t)
		s.put(0, omniumtest.CostPrices, m{"skuId": "cost"})
		s.Fail = func(r *http.Request) (int, http.Header, bool) {
			return status, nil, strings.HasPrefix(r.URL.Path, "/api/Prices/")
		}
		var got []string
		err := newClient(t, s.Server).Changes(t.Context(), event.Price, omnium.Window{Since: s.now.Add(-time.Hour)},
			func(page []omnium.Change) error {
				for _, c := range page {
					got = append(got, c.ID)
				}
				return nil
			})
		if status == 500 {
			wantStatus(t, err, 500)
		} else if err != nil || !slices.Equal(got, []string{"cost"}) {
			t.Errorf("prices refused with %d: Changes = %v, %v, want the cost price", status, got, err)
		}
	}
}

// TestExpiredScrollEndsTheList: what was missed must not look like a list that has ended.
func TestExpiredScrollEndsTheList(t *testing.T) {
	t.Parallel()
	for _, r := range []event.Resource{event.Product, event.Price, event.Inventory, event.Customer, event.PurchaseOrder} {
		s := newAging(t)
		listTests()[event.Price].put(s)
		listTests()[event.Inventory].put(s)
		listTests()[event.Customer].put(s)
		listTests()[event.PurchaseOrder].put(s)
		s.PutProduct(omnium.Product{ID: "product_no", ProductID: "product", Language: "no"})
		now := s.now
		s.Now = func() time.Time { now = now.Add(10 * time.Minute); return now }
		err := newClient(t, s.Server).Changes(t.Context(), r, omnium.Window{}, func([]omnium.Change) error { return nil })
		if err == nil {
			t.Errorf("a list of %s whose scroll has expired ends without an error", r)
		}
	}
}

// counting serves pages from 1 on: 0 is another name of the first page, or an empty one.
type counting struct {
	next  http.RoundTripper
	empty bool
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/SearchStores") && !strings.HasSuffix(r.URL.Path, "/Deliveries/Search") {
		return c.next.RoundTrip(r)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body m
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	page, _ := body["page"].(float64)
	if page == 0 && c.empty {
		body["page"] = 90 // beyond the end
	} else {
		body["page"] = int(max(page-1, 0))
	}
	raw, err = json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return c.next.RoundTrip(r)
}

// TestPagesFromOne: nothing is missed when pages are counted from 1.
func TestPagesFromOne(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		for _, n := range []int{0, 1, 99, 100, 101, 200, 250} {
			s := newAging(t)
			s.put(0, omniumtest.Stores, each("id", numbered("s", n)...)...)
			c := newClient(t, s.Server, func(o *omnium.Options) { o.Transport = counting{s.Transport(), empty} })
			found := map[string]bool{}
			err := c.Changes(t.Context(), event.Store, omnium.Window{}, func(page []omnium.Change) error {
				for _, change := range page {
					found[change.ID] = true
				}
				return nil
			})
			if err != nil || len(found) != n {
				t.Errorf("page 0 empty %t: Changes of %d stores = %d, %v", empty, n, len(found), err)
			}
		}
	}
}

// TestMoreThanASearchGives narrows the window until each half is small enough, and fails when it never is.
func TestMoreThanASearchGives(t *testing.T) {
	t.Parallel()
	const n = 10_200
	s := newAging(t)
	s.now = time.Now()
	for i := range n {
		created := s.now.Add(-time.Duration(i) * time.Minute).UTC().Format(time.RFC3339)
		s.put(0, omniumtest.Deliveries, m{"id": fmt.Sprint("d", i), "deliveryStatus": "New", "created": created})
	}
	found := map[string]bool{}
	collect := func(page []omnium.Change) error {
		for _, c := range page {
			found[c.ID] = true
		}
		return nil
	}
	// The contract is held elsewhere; here it would take most of the time.
	c := newClient(t, s.Server, func(o *omnium.Options) { o.Transport = s.Transport() })
	if err := c.Changes(t.Context(), event.Delivery, omnium.Window{}, collect); err != nil || len(found) != n {
		t.Errorf("Changes of %d deliveries = %d, %v", n, len(found), err)
	}
	s.put(0, omniumtest.Stores, each("id", numbered("s", n)...)...)
	if err := c.Changes(t.Context(), event.Store, omnium.Window{}, collect); !errors.Is(err, omnium.ErrTooMany) {
		t.Errorf("Changes of %d stores of one moment = %v, want ErrTooMany", n, err)
	}
}

// listEverything calls the operations of lists that nothing else calls.
func listEverything(t *testing.T, s *omniumtest.Server) {
	t.Helper()
	for _, kind := range []omniumtest.Kind{omniumtest.PrivateCustomers, omniumtest.BusinessCustomers} {
		put(t, s, kind, m{"customerId": "listed"})
	}
	for r := range listTests() {
		listed(t, s, r, omnium.Window{Since: time.Now().Add(-time.Hour)})
	}
}
