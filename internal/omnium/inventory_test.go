package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func putInventory(t *testing.T, s *omniumtest.Server, items ...any) {
	t.Helper()
	for _, item := range items {
		if err := s.Put(omniumtest.InventoryItems, item); err != nil {
			t.Fatal(err)
		}
	}
}

func item(sku, warehouse string, quantity omnium.Number) omnium.InventoryItem {
	return omnium.InventoryItem{SKU: sku, WarehouseCode: warehouse, Inventory: quantity}
}

// callInventory makes one request of every operation on inventory.
func callInventory(t *testing.T, s *omniumtest.Server, c *omnium.Client) {
	t.Helper()
	s.InventoryPage = 1
	putInventory(t, s, item("i-1", "101", "1"), item("i-1", "102", "2"))
	if _, err := c.Inventory(t.Context(), "i-1", time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := c.Inventories(t.Context(), []string{"i-1"}, []string{"101", "102"}); err != nil {
		t.Error(err)
	}
}

// shown lists items as warehouse: inventory.
func shown(items []omnium.InventoryItem) map[string]omnium.Number {
	list := map[string]omnium.Number{}
	for _, i := range items {
		list[i.WarehouseCode] = i.Inventory
	}
	return list
}

func TestInventorySamples(t *testing.T) {
	t.Parallel()
	want := map[string]int{"inventory_small": 3, "inventory_large": 1, "inventory_none": 0}
	for name, n := range want {
		var page struct{ Result []omnium.InventoryItem }
		if err := json.Unmarshal(sample(t, name), &page); err != nil || len(page.Result) != n {
			t.Errorf("%s: %d items, %v; want %d", name, len(page.Result), err, n)
		}
		for _, i := range page.Result {
			if i.SKU == "" || i.WarehouseCode == "" || i.Inventory == "" || i.Cost == "" || i.Modified.IsZero() {
				t.Errorf("%s: item %+v lacks something", name, i)
			}
		}
	}
}

func TestInventory(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	putInventory(t, s,
		item("a/1", "101", "4.5"), item("a/1", "900", "-2"), item("a", "101", "7"),
		json.RawMessage(`{"sku":"odd","warehouseCode":"101","inventory":null,"cost":null,"modified":null}`),
		json.RawMessage(`{"sku":"bad","warehouseCode":"101","inventory":1,"costCurrency":5}`))
	for sku, want := range map[string]map[string]omnium.Number{
		"a/1": {"101": "4.5", "900": "-2"}, "a": {"101": "7"}, "odd": {"101": ""}, "none": {}, "..": {},
	} {
		got, err := c.Inventory(t.Context(), sku, time.Now())
		if diff := cmp.Diff(want, shown(got)); err != nil || diff != "" {
			t.Errorf("Inventory(%q) = %v (-want +got):\n%s", sku, err, diff)
		}
	}
}

func TestInventoryMalformed(t *testing.T) {
	t.Parallel()
	s := newServer()
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	putInventory(t, s, item("a", "101", "7"),
		json.RawMessage(`{"sku":"bad","warehouseCode":"101","inventory":1,"costCurrency":5}`))
	if _, err := c.Inventory(t.Context(), "bad", time.Now()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("Inventory(bad) = %v, want ErrMalformed", err)
	}
	got, err := c.Inventories(t.Context(), []string{"a", "bad"}, nil)
	if err != nil || len(got["a"].Items) != 1 || !errors.Is(got["bad"].Err, omnium.ErrMalformed) {
		t.Errorf("Inventories = %+v, %v; want a, and ErrMalformed for bad alone", got, err)
	}
	if len(transport.take()) == 0 {
		t.Error("a malformed item keeps to the specification, which is then too lax")
	}
}

// TestInventoryNotFound takes a 404 for a sku that nobody has any of: which one Omnium answers is not
// documented.
func TestInventoryNotFound(t *testing.T) {
	t.Parallel()
	s := newServer()
	status := http.StatusNotFound
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return status, nil, r.URL.Path == "/api/Inventory/a"
	}
	c := newClient(t, s)
	if got, err := c.Inventory(t.Context(), "a", time.Now()); err != nil || len(got) != 0 {
		t.Errorf("Inventory with 404 = %v, %v; want nothing", got, err)
	}
	status = http.StatusInternalServerError
	if _, err := c.Inventory(t.Context(), "a", time.Now()); err == nil {
		t.Error("Inventory with 500 = no error")
	}
}

func TestInventoriesInBulk(t *testing.T) {
	t.Parallel()
	for _, page := range []int{1000, 7} {
		s := newServer()
		s.InventoryPage = page
		var skus []string
		for i := range 130 {
			sku := fmt.Sprintf("s%03d", i)
			skus = append(skus, sku, sku)
			putInventory(t, s, item(sku, "101", "1"), item(sku, "102", "2"), item(sku, "103", "3"))
		}
		c := newClient(t, s)
		got, err := c.Inventories(t.Context(), append(skus, "", "none"), []string{"101", "103"})
		if err != nil || len(got) != 130 {
			t.Fatalf("Inventories = %d skus, %v; want 130", len(got), err)
		}
		for sku, r := range got {
			want := map[string]omnium.Number{"101": "1", "103": "3"}
			if diff := cmp.Diff(want, shown(r.Items)); r.Err != nil || diff != "" {
				t.Errorf("Inventories[%s] = %v (-want +got):\n%s", sku, r.Err, diff)
			}
		}
		wantCalls(t, s, omniumtest.OpInventorySearch, 2)
		if next := s.Calls(omniumtest.OpInventoryScrollNext); (next > 0) != (page == 7) {
			t.Errorf("pages of %d: %d scroll requests", page, next)
		}
		if s.OpenScrolls() != 0 {
			t.Errorf("open scrolls = %d, want 0", s.OpenScrolls())
		}
	}
}

// TestInventoryLag shows why fresh jobs read by sku: the search is behind.
func TestInventoryLag(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.IndexLag = time.Hour
	putInventory(t, s, item("a", "101", "1"))
	c := newClient(t, s)
	bulk, err := c.Inventories(t.Context(), []string{"a"}, nil)
	if err != nil || len(bulk) != 0 {
		t.Errorf("Inventories = %v, %v; want nothing yet", bulk, err)
	}
	if got, err := c.Inventory(t.Context(), "a", time.Now()); err != nil || len(got) != 1 {
		t.Errorf("Inventory = %v, %v; want one item", got, err)
	}
}
