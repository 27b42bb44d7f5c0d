package mapping_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// goldenStore is MappedStore as the golden files show it.
type goldenStore struct {
	Store        flow.Store        `json:"store"`
	Organization flow.Organization `json:"organization"`
	Warehouses   []flow.Warehouse  `json:"warehouses,omitempty"`
	PriceList    flow.PriceList    `json:"priceList"`
}

func TestStoreGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/store/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/store/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var s omnium.Store
			readJSON(t, filepath.Join(dir, "omnium.json"), &s)
			got, err := mapping.Store(&s, storeOptionsOf(t, dir))
			if err != nil {
				e, ok := errors.AsType[*mapping.Error](err)
				if !ok {
					t.Fatalf("Store() error = %T, want *mapping.Error", err)
				}
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			golden(t, dir, "flow.json", viewStore(got))
		})
	}
}

// storeOptionsOf is a tenant with one market; options.json may say which hours are sent.
func storeOptionsOf(t *testing.T, dir string) mapping.StoreOptions {
	t.Helper()
	var given struct {
		Hours mapping.HoursScope `json:"hours"`
	}
	given.Hours = mapping.HoursAll
	path := filepath.Join(dir, "options.json")
	if _, err := os.Stat(path); err == nil {
		readJSON(t, path, &given)
	}
	return mapping.StoreOptions{Markets: []string{"NOR"}, OrganizationUID: "chain", Hours: given.Hours}
}

// viewStore shows each warehouse as it looks when Omnium has a store of its code without a name.
func viewStore(m *mapping.MappedStore) goldenStore {
	g := goldenStore{Store: m.Store, Organization: m.Organization, PriceList: m.PriceList}
	for _, w := range m.Warehouses {
		g.Warehouses = append(g.Warehouses, mapping.StoreWarehouse(w, &omnium.Store{}))
	}
	return g
}
