package mapping_test

import (
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// TestProductLeavesItsInputAlone maps one document for two tenants at once; the race detector watches.
func TestProductLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	var p, untouched omnium.Product
	path := filepath.Join("testdata", "product", "product_with_variants", "omnium.json")
	readJSON(t, path, &p)
	readJSON(t, path, &untouched)
	elsewhere := norway()
	elsewhere.Markets[0].MarketID, elsewhere.Groups = "SWE", nil
	var wg sync.WaitGroup
	for _, o := range []mapping.ProductOptions{norway(), elsewhere} {
		wg.Go(func() {
			first, err1 := mapping.Product(&p, o)
			second, err2 := mapping.Product(&p, o)
			if diff := cmp.Diff(first, second); err1 != nil || err2 != nil || diff != "" {
				t.Errorf("Product() twice: errors %v, %v, (-first +second):\n%s", err1, err2, diff)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(untouched, p); diff != "" {
		t.Errorf("Product() changed its input (-before +after):\n%s", diff)
	}
}

func TestProductErrorsNameUnitAndField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*omnium.Product)
		reason string
		detail string
	}{
		{"cost", func(p *omnium.Product) { p.Cost = "-1" }, mapping.ReasonNegative, "A-1: cost is -1"},
		{"weight", func(p *omnium.Product) { p.Weight = "tung" }, mapping.ReasonBadNumber, `A-1: weight is "tung"`},
		{"colli weight", func(p *omnium.Product) { p.Colli = []omnium.Colli{{Weight: "1e40"}} }, mapping.ReasonOutOfRange, "A-1: colli.weight is 1E+40"},
		{"size", func(p *omnium.Product) { p.Colli = []omnium.Colli{{Length: "-2"}} }, mapping.ReasonNegative, "A-1: colli.length is -2"},
		{"brand", func(p *omnium.Product) { p.Brand = "東京" }, mapping.ReasonUIDEmpty, `A-1: brand "東京" holds no letter a-z or digit`},
		{
			"category", func(p *omnium.Product) { p.MainCategoryID = "å" }, mapping.ReasonUIDEmpty,
			`A-1: mainCategoryId: id "å" holds no letter a-z, digit or underscore`,
		},
		{
			"property", func(p *omnium.Product) { p.Properties = []omnium.Property{{Key: "Å", Value: "1"}} }, mapping.ReasonUIDEmpty,
			`A-1: properties: id "Å" holds no letter a-z, digit or underscore`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := omnium.Product{SkuID: "A-1", IsActive: true}
			tt.change(&v)
			_, err := mapping.Product(&omnium.Product{ProductID: "A", IsActive: true, Variants: []omnium.Product{v}}, norway())
			want := &mapping.Error{Reason: tt.reason, Detail: tt.detail}
			if err == nil || err.Error() != want.Error() {
				t.Errorf("Product() error = %v, want %v", err, want)
			}
		})
	}
}

func TestTwoVariantsWithOneSku(t *testing.T) {
	t.Parallel()
	for _, variants := range [][]omnium.Product{
		{{ID: "x", SkuID: "A-1"}, {ID: "y", SkuID: "A-1"}},
		{{ID: "x", SkuID: "A-1"}, {ID: "y", SkuID: "A1", MarketIDs: []string{"SWE"}}},
		{{ID: "x"}, {ID: "y"}},
	} {
		p := omnium.Product{ProductID: "A-1", Variants: variants}
		if got, err := mapping.Product(&p, norway()); reason(err) != mapping.ReasonUIDDuplicate {
			t.Errorf("Product(%+v) = %+v, %v; want %s", variants, got, err, mapping.ReasonUIDDuplicate)
		}
		if got, err := mapping.Prices(&p, norway()); reason(err) != mapping.ReasonUIDDuplicate {
			t.Errorf("Prices(%+v) = %+v, %v; want %s", variants, got, err, mapping.ReasonUIDDuplicate)
		}
	}
}

func TestNextIsTheEarliestOfAllUnits(t *testing.T) {
	t.Parallel()
	code := omnium.AssortmentCode{AssortmentCodeID: "UTGATT", ValidFrom: at("2026-12-03")}
	p := omnium.Product{
		ProductID: "1", IsActive: true,
		AssortmentCodes: []omnium.AssortmentCode{code, {AssortmentCodeID: "KJERNE", ValidFrom: at("2026-11-24")}},
		Variants: []omnium.Product{
			{SkuID: "a", IsActive: true, Prices: []omnium.Price{{UnitPrice: "1", ValidUntil: at("2026-12-05")}}},
			{SkuID: "b", IsActive: true, Prices: []omnium.Price{{UnitPrice: "1", ValidFrom: at("2026-12-04")}}},
			{
				SkuID: "c", IsActive: true, MarketIDs: []string{"SWE"},
				Prices: []omnium.Price{{UnitPrice: "1", ValidFrom: at("2026-12-01")}},
			},
		},
	}
	want := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)
	if got, err := mapping.Product(&p, norway()); err != nil || !got.Next.Equal(want) {
		t.Errorf("Product().Next = %v, %v; want %v", got, err, want)
	}
	p.AssortmentCodes = nil
	want = time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC)
	if got, err := mapping.Product(&p, norway()); err != nil || !got.Next.Equal(want) {
		t.Errorf("Product(without codes).Next = %v, %v; want %v", got, err, want)
	}
}

func TestChangedImageIsANewMedium(t *testing.T) {
	t.Parallel()
	uidOf := func(a omnium.Asset) string {
		t.Helper()
		a.ContentType = "image/jpeg"
		got, err := mapping.Product(&omnium.Product{ProductID: "1", Assets: []omnium.Asset{a, a}}, norway())
		if err != nil || len(got.Units[0].Media) != 1 {
			t.Fatalf("Product() = %+v, %v; want one image", got, err)
		}
		return got.Units[0].Media[0].ProductMediaUID
	}
	asset := omnium.Asset{AssetID: "a1", URL: "https://cdn.example/1.jpg", Modified: at("2026-01-01")}
	same, moved, redrawn := asset, asset, asset
	same.IsMainImage = true
	moved.URL = "https://cdn.example/2.jpg"
	redrawn.Modified = at("2026-01-02")
	if got, want := uidOf(same), uidOf(asset); got != want {
		t.Errorf("uid of the main image = %s, want %s", got, want)
	}
	for name, a := range map[string]omnium.Asset{"url": moved, "modified": redrawn} {
		if got := uidOf(a); got == uidOf(asset) {
			t.Errorf("uid with another %s = %s, want another one", name, got)
		}
	}
}

func TestDeletedWithoutADateHasNone(t *testing.T) {
	t.Parallel()
	got, err := mapping.Product(&omnium.Product{ProductID: "1", IsActive: true, Status: omnium.StatusDeleted}, norway())
	if err != nil {
		t.Fatalf("Product() error = %v", err)
	}
	body, err := json.Marshal(got.Units[0].Product)
	want := `{"productUid":"1","name":"","sku":"NoSku","description":"","shortDescription":"",` +
		`"productGroupUid":"diverse","vatCodeUid":"vat25","allowPurchase":false}`
	if err != nil || string(body) != want {
		t.Errorf("Product() = %s, %v; want %s", body, err, want)
	}
}
