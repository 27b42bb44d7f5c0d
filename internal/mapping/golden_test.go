package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

var update = flag.Bool("update", false, "rewrite the golden files; read every difference before keeping it")

// goldenProduct is MappedProduct as the golden files show it.
type goldenProduct struct {
	Units   []goldenUnit `json:"units,omitempty"`
	Dropped []goldenUnit `json:"dropped,omitempty"`
	Next    time.Time    `json:"next,omitzero"`
}

type goldenUnit struct {
	SourceID   string             `json:"sourceId"`
	Deleted    bool               `json:"deleted,omitempty"`
	Product    flow.Product       `json:"product"`
	Brand      *flow.Brand        `json:"brand,omitempty"`
	Group      *flow.ProductGroup `json:"group,omitempty"`
	Media      []flow.Media       `json:"media,omitempty"`
	Properties []goldenProperty   `json:"properties,omitempty"`
}

type goldenProperty struct {
	flow.Property
	Text string `json:"propertyText"`
}

// goldenOptions are the tenant facts that a situation's options.json may replace, one by one.
type goldenOptions struct {
	Markets                []omnium.Market    `json:"markets"`
	Groups                 []string           `json:"groups"`
	DefaultVATCodeUID      string             `json:"defaultVatCodeUid"`
	VATCodeUIDs            map[string]string  `json:"vatCodeUids"`
	NonPurchasable         []string           `json:"nonPurchasable"`
	DefaultProductGroupUID string             `json:"defaultProductGroupUid"`
	OmitRetailPrice        bool               `json:"omitRetailPrice"`
	OmitCurrency           bool               `json:"omitCurrencyPurchasePrice"`
	StoreID                string             `json:"storeId"`
	CostPrices             []omnium.CostPrice `json:"costPrices"`
}

// now is the moment that all golden situations are judged by.
func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// norway is a tenant with one market.
func norway() mapping.ProductOptions {
	return mapping.ProductOptions{
		Now: now(),
		Markets: []omnium.Market{
			{MarketID: "NOR", MarketGroupID: "norden", Currency: "NOK", DefaultTaxRate: "25.0"},
		},
		Groups:                 []string{"norden"},
		DefaultVATCodeUID:      "vat_default",
		VATCodeUIDs:            map[string]string{"25": "vat25", "15": "vat15"},
		NonPurchasable:         []string{"UTGATT"},
		DefaultProductGroupUID: "diverse",
	}
}

func TestProductGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/product/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/product/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var p omnium.Product
			readJSON(t, filepath.Join(dir, "omnium.json"), &p)
			got, err := mapping.Product(&p, optionsOf(t, dir))
			if err != nil {
				e, ok := errors.AsType[*mapping.Error](err)
				if !ok {
					t.Fatalf("Product() error = %T, want *mapping.Error", err)
				}
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			golden(t, dir, "flow.json", view(got))
		})
	}
}

// golden compares got with the file, and sees to it that the situation has no other result.
func golden(t *testing.T, dir, name string, got any) {
	t.Helper()
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := fs.ReadFile(os.DirFS("."), filepath.ToSlash(path))
	if err != nil {
		t.Fatalf("Product() = %s\nwant file: %v", text.String(), err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("Product(%s) differs from %s (-want +got):\n%s", dir, name, diff)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "[ef]*.json")); len(files) != 1 {
		t.Errorf("%s has results %v, want one", dir, files)
	}
}

func optionsOf(t *testing.T, dir string) mapping.ProductOptions {
	t.Helper()
	o := norway()
	path := filepath.Join(dir, "options.json")
	if _, err := os.Stat(path); err != nil {
		return o
	}
	g := goldenOptions{
		o.Markets, o.Groups, o.DefaultVATCodeUID, o.VATCodeUIDs, o.NonPurchasable,
		o.DefaultProductGroupUID, false, false, "", nil,
	}
	readJSON(t, path, &g)
	return mapping.ProductOptions{
		Now: o.Now, Markets: g.Markets, Groups: g.Groups,
		DefaultVATCodeUID: g.DefaultVATCodeUID, VATCodeUIDs: g.VATCodeUIDs,
		NonPurchasable: g.NonPurchasable, DefaultProductGroupUID: g.DefaultProductGroupUID,
		OmitRetailPrice: g.OmitRetailPrice, OmitCurrencyPurchasePrice: g.OmitCurrency,
		StoreID: g.StoreID, CostPrices: g.CostPrices,
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := fs.ReadFile(os.DirFS("."), filepath.ToSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
}

func view(m *mapping.MappedProduct) goldenProduct {
	return goldenProduct{Units: viewUnits(m.Units), Dropped: viewUnits(m.Dropped), Next: m.Next}
}

func viewUnits(units []mapping.Unit) []goldenUnit {
	var list []goldenUnit
	for _, u := range units {
		g := goldenUnit{
			SourceID: u.SourceID, Deleted: u.Deleted, Product: u.Product,
			Brand: u.Brand, Group: u.Group, Media: u.Media,
		}
		for _, p := range u.Properties {
			g.Properties = append(g.Properties, goldenProperty(p))
		}
		list = append(list, g)
	}
	return list
}
