package mapping_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// costOf maps a product that costs 7 and has these cost prices.
func costOf(o mapping.ProductOptions, costs ...omnium.CostPrice) (string, error) {
	o.CostPrices = costs
	m, err := mapping.Product(&omnium.Product{
		ID: "1_no", ProductID: "P", SkuID: "S", Unit: "stk", IsActive: true, Cost: "7", CostCurrency: "EUR",
	}, o)
	if err != nil {
		return "", err
	}
	p := m.Units[0].Product
	if p.PurchasePrice == nil {
		return "none", nil
	}
	text := fmt.Sprint(*p.PurchasePrice)
	if p.CurrencyPurchasePrice != nil {
		text += " " + p.CurrencyPurchasePrice.Currency
	}
	if !m.Next.IsZero() {
		text += m.Next.Format(" until 01-02")
	}
	return text, nil
}

func TestBestCost(t *testing.T) {
	t.Parallel()
	general := omnium.CostPrice{ProductID: "P", Cost: "10", CurrencyCode: "NOK"}
	tests := []struct {
		name   string
		change func(*omnium.CostPrice)
		want   string
	}{
		{"lower", func(*omnium.CostPrice) {}, "900 NOK"},
		{"sku, though higher", func(c *omnium.CostPrice) { c.SkuID, c.Cost = "S", "11" }, "1100 NOK"},
		{"other sku", func(c *omnium.CostPrice) { c.SkuID = "S2" }, "1000 NOK"},
		{"other product", func(c *omnium.CostPrice) { c.ProductID = "P2" }, "1000 NOK"},
		{"no product", func(c *omnium.CostPrice) { c.ProductID = "" }, "900 NOK"},
		{"own market", func(c *omnium.CostPrice) { c.MarketID, c.Cost = "nor", "11" }, "1100 NOK"},
		{"other market", func(c *omnium.CostPrice) { c.MarketID = "SWE" }, "1000 NOK"},
		{"own group", func(c *omnium.CostPrice) { c.MarketGroupID, c.Cost = "NORDEN", "11" }, "1100 NOK"},
		{"other group", func(c *omnium.CostPrice) { c.MarketGroupID = "baltikum" }, "1000 NOK"},
		{"own unit", func(c *omnium.CostPrice) { c.Unit, c.Cost = "STK", "11" }, "1100 NOK"},
		{"other unit", func(c *omnium.CostPrice) { c.Unit = "kartong" }, "1000 NOK"},
		{"other currency", func(c *omnium.CostPrice) { c.CurrencyCode = "SEK" }, "1000 NOK"},
		{"currency in another case", func(c *omnium.CostPrice) { c.CurrencyCode = "nok" }, "900 NOK"},
		{"store", func(c *omnium.CostPrice) { c.StoreID = "101" }, "1000 NOK"},
		{"store group", func(c *omnium.CostPrice) { c.StoreGroupID = "g" }, "1000 NOK"},
		{"newer", func(c *omnium.CostPrice) { c.ValidFrom, c.Cost = at("2026-11-01"), "11" }, "1100 NOK"},
		{"to come", func(c *omnium.CostPrice) { c.ValidFrom = at("2026-12-01") }, "1000 NOK until 12-01"},
		{"ends", func(c *omnium.CostPrice) { c.ValidUntil = at("2026-12-01") }, "900 NOK until 12-01"},
		{"over", func(c *omnium.CostPrice) { c.ValidUntil = at("2026-11-01") }, "1000 NOK"},
		{"null", func(c *omnium.CostPrice) { c.Cost = "" }, "1000 NOK"},
		{"odd and over", func(c *omnium.CostPrice) { c.Cost, c.ValidUntil = "x", at("2026-11-01") }, "1000 NOK"},
	}
	for _, tt := range tests {
		other := omnium.CostPrice{ProductID: "P", Cost: "9", CurrencyCode: "NOK"}
		tt.change(&other)
		for _, costs := range [][]omnium.CostPrice{{general, other}, {other, general}} {
			if got, err := costOf(norway(), costs...); err != nil || got != tt.want {
				t.Errorf("%s: cost = %s, %v; want %s", tt.name, got, err, tt.want)
			}
		}
	}
}

func TestCostWithoutCostPrices(t *testing.T) {
	t.Parallel()
	tests := map[string][]omnium.CostPrice{
		"700 EUR": {{SkuID: "S2", Cost: "1"}},
		"none":    {{SkuID: "S", Cost: "0.00", CurrencyCode: "NOK"}},
		"500":     {{SkuID: "S", Cost: "5"}},
	}
	for want, costs := range tests {
		if got, err := costOf(norway(), costs...); err != nil || got != want {
			t.Errorf("cost with %+v = %s, %v; want %s", costs, got, err, want)
		}
	}
}

func TestCostErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cost omnium.CostPrice
		want string
	}{
		"text":              {omnium.CostPrice{Cost: "dyr"}, mapping.ReasonBadNumber},
		"negative":          {omnium.CostPrice{Cost: "-1"}, mapping.ReasonNegative},
		"too large":         {omnium.CostPrice{Cost: "1e20"}, mapping.ReasonOutOfRange},
		"discount is text":  {omnium.CostPrice{OriginalCost: "1", DiscountAmount: "alt"}, mapping.ReasonBadNumber},
		"more than all off": {omnium.CostPrice{OriginalCost: "1", DiscountAmount: "2"}, mapping.ReasonNegative},
	}
	for name, tt := range tests {
		if _, err := costOf(norway(), tt.cost); reason(err) != tt.want {
			t.Errorf("%s: error = %v, want %s", name, err, tt.want)
		}
	}
}

// TestDiscountedCostIsExact takes discounts off that no binary fraction can hold.
func TestDiscountedCostIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		original := rapid.Int64Range(1, 1e12).Draw(t, "original")
		discount := rapid.Int64Range(0, original-1).Draw(t, "discount")
		decimal := func(cents int64) omnium.Number { return omnium.Number(fmt.Sprintf("%d.%02d", cents/100, cents%100)) }
		got, err := costOf(norway(), omnium.CostPrice{OriginalCost: decimal(original), DiscountAmount: decimal(discount)})
		if want := fmt.Sprint(original - discount); err != nil || got != want {
			t.Fatalf("%d - %d = %s, %v; want %s", original, discount, got, err, want)
		}
	})
}
