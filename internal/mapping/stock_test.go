package mapping_test

import (
	"errors"
	"math/big"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// stockSituation is what a folder below testdata/stock holds of Omnium. The rules are those of a tenant
// with the market NOR, of which Omnium is the master, with what the situation replaces.
type stockSituation struct {
	SKU    string
	Stores []omnium.Store
	Items  []omnium.InventoryItem
	Rules  mapping.StockRules
}

// goldenStock is the stock of one store of Flow.
type goldenStock struct {
	StoreUID string     `json:"storeUid"`
	Stock    flow.Stock `json:"stock"`
}

func TestStockGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/stock/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/stock/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			s := stockSituation{Rules: mapping.StockRules{Markets: []mapping.StockMarket{{ID: "NOR", OmniumIsMaster: true}}}}
			readJSON(t, filepath.Join(dir, "omnium.json"), &s)
			places := mapping.StockPlaces(s.Stores, &s.Rules)
			stock, err := mapping.Stock(s.SKU, s.Items, places, &s.Rules)
			if err != nil {
				e, ok := errors.AsType[*mapping.Error](err)
				if !ok {
					t.Fatalf("Stock() error = %T, want *mapping.Error", err)
				}
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			list := []goldenStock{}
			for i, item := range stock {
				list = append(list, goldenStock{places[i].StoreUID, item})
			}
			golden(t, dir, "flow.json", list)
		})
	}
}

// TestStockIsExact holds the sum of several warehouses, less what is reserved, against fractions.
func TestStockIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		quantity := rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,6})?`)
		place := mapping.StockPlace{StoreUID: "s", WarehouseUID: "w"}
		want := new(big.Rat)
		var items []omnium.InventoryItem
		for _, code := range []string{"a", "b", "c"} {
			item := omnium.InventoryItem{
				WarehouseCode: code, Inventory: omnium.Number(quantity.Draw(t, "inventory")),
				ReservedInventory: omnium.Number(quantity.Draw(t, "reserved")),
			}
			place.Codes = append(place.Codes, code)
			items = append(items, item)
			want.Add(want, rational(t, item.Inventory)).Sub(want, rational(t, item.ReservedInventory))
		}
		got, err := mapping.Stock("x", items, []mapping.StockPlace{place}, &mapping.StockRules{Available: true})
		if err != nil {
			t.Fatalf("Stock(%v): %v", items, err)
		}
		// Half away from zero, to a whole number.
		if text := want.Mul(want, big.NewRat(100, 1)).FloatString(0); text != big.NewInt(got[0].QuantityStock).String() && text != "-0" {
			t.Fatalf("Stock(%v) = %d, want %s", items, got[0].QuantityStock, text)
		}
	})
}

func rational(t *rapid.T, n omnium.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		t.Fatalf("%q is no number", n)
	}
	return r
}
