package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

func TestWarehouses(t *testing.T) {
	t.Parallel()
	listed := func(codes ...string) []omnium.StoreWarehouse {
		var list []omnium.StoreWarehouse
		for i, code := range codes {
			list = append(list, omnium.StoreWarehouse{WarehouseCode: code, Priority: len(codes) - i})
		}
		return list
	}
	tests := map[string]struct {
		store omnium.Store
		want  []mapping.Warehouse
	}{
		"none":                 {omnium.Store{ID: "oslo"}, nil},
		"itself":               {omnium.Store{ID: "os-lo", IsWarehouse: true}, []mapping.Warehouse{{"os-lo", "oslo"}}},
		"by priority":          {omnium.Store{ID: "oslo", AvailableWarehouses: listed("b", "a")}, []mapping.Warehouse{{"a", "a"}, {"b", "b"}}},
		"itself before others": {omnium.Store{ID: "oslo", IsWarehouse: true, AvailableWarehouses: listed("a")}, []mapping.Warehouse{{"oslo", "oslo"}, {"a", "a"}}},
		"itself in its place": {
			omnium.Store{ID: "oslo", IsWarehouse: true, AvailableWarehouses: listed("oslo", "a")},
			[]mapping.Warehouse{{"a", "a"}, {"oslo", "oslo"}},
		},
		"once, and no blanks": {omnium.Store{ID: "oslo", AvailableWarehouses: listed("a", " ", "a ")}, []mapping.Warehouse{{"a", "a"}}},
	}
	for name, test := range tests {
		got, err := mapping.Warehouses(&test.store)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: Warehouses: %v (-want +got)\n%s", name, err, diff)
		}
	}
	_, err := mapping.Warehouses(&omnium.Store{ID: "oslo", AvailableWarehouses: listed("ø")})
	if err == nil {
		t.Error("Warehouses with a code that makes no uid: no error")
	}
}
