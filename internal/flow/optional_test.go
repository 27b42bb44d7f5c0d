package flow_test

import (
	"encoding/json"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
)

func TestProductClear(t *testing.T) {
	t.Parallel()
	price := int64(100)
	all := flow.BrandUID | flow.ProductGroupUID | flow.VATCodeUID | flow.PurchasePrice |
		flow.CurrencyPrice | flow.RetailPrice | flow.Weight | flow.Height | flow.Width | flow.Length |
		flow.CategoryUIDs
	tests := []struct {
		name string
		p    flow.Product
		want string
	}{
		{"nothing to clear", flow.Product{BrandUID: "b"}, `{"name":"","sku":"","description":"",` +
			`"shortDescription":"","brandUid":"b","allowPurchase":false}`},
		{
			"what is given is not cleared",
			flow.Product{PurchasePrice: &price, Clear: flow.PurchasePrice},
			`{"name":"","sku":"","description":"","shortDescription":"","allowPurchase":false,"purchasePrice":100}`,
		},
		{"two of them", flow.Product{Clear: flow.BrandUID | flow.Weight}, `{"name":"","sku":"","description":"",` +
			`"shortDescription":"","allowPurchase":false,"brandUid":null,"weight":null}`},
		{"all", flow.Product{Clear: all}, `{"name":"","sku":"","description":"","shortDescription":"",` +
			`"allowPurchase":false,"brandUid":null,"categoryUids":null,"currencyPurchasePrice":null,"height":null,"length":null,` +
			`"productGroupUid":null,"purchasePrice":null,"recommendedRetailPrice":null,"vatCodeUid":null,` +
			`"weight":null,"width":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.p)
			if err != nil || string(got) != tt.want {
				t.Errorf("Marshal(%+v) = %s, %v; want %s", tt.p, got, err, tt.want)
			}
		})
	}
}

func TestProductPresent(t *testing.T) {
	t.Parallel()
	n := int64(1)
	full := flow.Product{
		BrandUID: "b", ProductGroupUID: "g", VATCodeUID: "v", PurchasePrice: &n,
		CurrencyPurchasePrice: &flow.CurrencyPurchasePrice{}, RecommendedRetailPrice: &n,
		Weight: &n, Height: &n, Width: &n, Length: &n, CategoryUIDs: []string{"c"},
	}
	if got, want := full.Present(), flow.Optional(1<<11-1); got != want {
		t.Errorf("Present() of a full product = %b, want %b", got, want)
	}
	if got := (flow.Product{Name: "n"}).Present(); got != 0 {
		t.Errorf("Present() of a bare product = %b, want none", got)
	}
}
