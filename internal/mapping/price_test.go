package mapping_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

func at(text string) omnium.Time { return omnium.Time{Time: omnium.ParseTime(text)} }

// pricesOf maps a product that has nothing but these prices.
func pricesOf(o mapping.ProductOptions, prices ...omnium.Price) (*mapping.MappedPrices, error) {
	return mapping.Prices(&omnium.Product{
		ID: "1_no", ProductID: "P", SkuID: "S", Unit: "stk", IsActive: true, Prices: prices,
	}, o)
}

// bestText is the price and, when the list changes by itself, when.
func bestText(m *mapping.MappedPrices) string {
	text := "none"
	if b := m.Units[0].Best; b != nil {
		text = fmt.Sprintf("%d %s", b.UnitPrice, b.Currency)
	}
	if !m.Next.IsZero() {
		text += m.Next.Format(" until 01-02T15:04")
	}
	return text
}

func TestBestPrice(t *testing.T) {
	t.Parallel()
	list := omnium.Price{UnitPrice: "100", MarketID: "NOR", CurrencyCode: "NOK"}
	other := func(change func(*omnium.Price)) omnium.Price {
		p := omnium.Price{UnitPrice: "50", MarketID: "NOR", CurrencyCode: "NOK"}
		change(&p)
		return p
	}
	tests := []struct {
		name   string
		change func(*omnium.Price)
		want   string
	}{
		{"lower", func(*omnium.Price) {}, "5000 NOK"},
		{"market in another case", func(p *omnium.Price) { p.MarketID = "nor" }, "5000 NOK"},
		{"any market and currency", func(p *omnium.Price) { p.MarketID, p.CurrencyCode = "", "" }, "5000 NOK"},
		{"currency in another case", func(p *omnium.Price) { p.CurrencyCode = "nok" }, "5000 NOK"},
		{"other market", func(p *omnium.Price) { p.MarketID = "SWE" }, "10000 NOK"},
		{"other currency", func(p *omnium.Price) { p.CurrencyCode = "SEK" }, "10000 NOK"},
		{"other currency in any market", func(p *omnium.Price) { p.MarketID, p.CurrencyCode = "", "SEK" }, "10000 NOK"},
		{"own group", func(p *omnium.Price) { p.MarketGroupID = "NORDEN" }, "5000 NOK"},
		{"other group", func(p *omnium.Price) { p.MarketGroupID = "baltikum" }, "10000 NOK"},
		{"store", func(p *omnium.Price) { p.StoreID = "101" }, "10000 NOK"},
		{"customer", func(p *omnium.Price) { p.CustomerID = "1" }, "10000 NOK"},
		{"customer group", func(p *omnium.Price) { p.CustomerGroup = "VIP" }, "10000 NOK"},
		{"club", func(p *omnium.Price) { p.IsCustomerClubSpecificPrice = true }, "10000 NOK"},
		{"blocking", func(p *omnium.Price) { p.PriceType = "b" }, "10000 NOK"},
		{"other special type", func(p *omnium.Price) { p.PriceType = "A" }, "5000 NOK"},
		{"other sku", func(p *omnium.Price) { p.Code = "S2" }, "10000 NOK"},
		{"product code", func(p *omnium.Price) { p.Code = "P" }, "5000 NOK"},
		{"own unit", func(p *omnium.Price) { p.Unit = "STK" }, "5000 NOK"},
		{"other unit", func(p *omnium.Price) { p.Unit = "kartong" }, "10000 NOK"},
		{"quantity zero", func(p *omnium.Price) { p.MinQuantity = "0.0" }, "5000 NOK"},
		{"quantity one", func(p *omnium.Price) { p.MinQuantity = "1.00" }, "5000 NOK"},
		{"quantity more", func(p *omnium.Price) { p.MinQuantity = "1.01" }, "10000 NOK"},
		{"null price", func(p *omnium.Price) { p.UnitPrice = "" }, "10000 NOK"},
		{"free", func(p *omnium.Price) { p.UnitPrice = "0" }, "0 NOK"},
		{"unit beats lowest", func(p *omnium.Price) { p.UnitPrice, p.Unit = "150", "stk" }, "15000 NOK"},
		{"sku beats unit", func(p *omnium.Price) { p.UnitPrice, p.Code = "150", "S" }, "15000 NOK"},
		{"starts now", func(p *omnium.Price) { p.ValidFrom = at("2026-11-23T12:00:00Z") }, "5000 NOK"},
		{"ends now", func(p *omnium.Price) { p.ValidUntil = at("2026-11-23T12:00:00Z") }, "10000 NOK"},
		{"ends later", func(p *omnium.Price) { p.ValidUntil = at("2026-11-23T12:01:00Z") }, "5000 NOK until 11-23T12:01"},
		{"open end", func(p *omnium.Price) { p.ValidUntil = at("9999-12-31T23:59:59Z") }, "5000 NOK"},
		{"starts later", func(p *omnium.Price) { p.ValidFrom = at("2026-11-27T00:00:00Z") }, "10000 NOK until 11-27T00:00"},
		{"never starts", func(p *omnium.Price) { p.ValidFrom = at("9999-12-31T00:00:00Z") }, "10000 NOK"},
		{"starts later elsewhere", func(p *omnium.Price) { p.ValidFrom, p.StoreID = at("2026-11-27T00:00:00Z"), "101" }, "10000 NOK"},
		{"odd quantity long ago", func(p *omnium.Price) { p.ValidUntil, p.MinQuantity = at("2020-01-01"), "x" }, "10000 NOK"},
		{"tax excluded, below", func(p *omnium.Price) { p.UnitPrice, p.IsTaxExcluded = "79.99", true }, "9999 NOK"},
		{"tax excluded, above", func(p *omnium.Price) { p.UnitPrice, p.IsTaxExcluded = "80.01", true }, "10000 NOK"},
		{"own tax rate", func(p *omnium.Price) { p.UnitPrice, p.IsTaxExcluded, p.TaxRate = "80.01", true, "12.5" }, "9001 NOK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := pricesOf(norway(), list, other(tt.change))
			if err != nil {
				t.Fatalf("Prices() error = %v", err)
			}
			if text := bestText(got); text != tt.want {
				t.Errorf("Prices() = %s, want %s", text, tt.want)
			}
		})
	}
}

// TestBestPriceInAStore: with a store context, that store's prices count, and come first.
func TestBestPriceInAStore(t *testing.T) {
	t.Parallel()
	o := norway()
	o.StoreID = "101"
	tests := []struct {
		name   string
		prices []omnium.Price
		want   string
	}{
		{"store, though higher", []omnium.Price{{UnitPrice: "10"}, {UnitPrice: "12", StoreID: "101"}}, "1200 NOK"},
		{"other store", []omnium.Price{{UnitPrice: "10"}, {UnitPrice: "5", StoreID: "102"}}, "1000 NOK"},
		{"store ids are exact", []omnium.Price{{UnitPrice: "10"}, {UnitPrice: "5", StoreID: "101 "}}, "1000 NOK"},
		{"lowest of the store's", []omnium.Price{{UnitPrice: "13", StoreID: "101"}, {UnitPrice: "12", StoreID: "101"}}, "1200 NOK"},
		{"store beats unit", []omnium.Price{{UnitPrice: "12", StoreID: "101"}, {UnitPrice: "10", Unit: "stk"}}, "1200 NOK"},
		{"sku beats store", []omnium.Price{{UnitPrice: "12", StoreID: "101"}, {UnitPrice: "13", Code: "S"}}, "1300 NOK"},
		{"store's, to come", []omnium.Price{{UnitPrice: "10"}, {UnitPrice: "5", StoreID: "101", ValidFrom: at("2026-12-01")}}, "1000 NOK until 12-01T00:00"},
		{"store's customer", []omnium.Price{{UnitPrice: "10"}, {UnitPrice: "5", StoreID: "101", CustomerID: "c"}}, "1000 NOK"},
	}
	for _, tt := range tests {
		got, err := pricesOf(o, tt.prices...)
		if err != nil || bestText(got) != tt.want {
			t.Errorf("%s: Prices() = %+v, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestBestPriceErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		price omnium.Price
		want  string
	}{
		{"negative", omnium.Price{UnitPrice: "-0.01"}, mapping.ReasonNegative},
		{"text", omnium.Price{UnitPrice: "ring oss"}, mapping.ReasonBadNumber},
		{"too large", omnium.Price{UnitPrice: "1e20"}, mapping.ReasonOutOfRange},
		{"rate", omnium.Price{UnitPrice: "1", TaxRate: "høy"}, mapping.ReasonBadNumber},
		{"negative rate", omnium.Price{UnitPrice: "1", TaxRate: "-1", IsTaxExcluded: true}, mapping.ReasonNegative},
		{"quantity", omnium.Price{UnitPrice: "1", MinQuantity: "mange"}, mapping.ReasonBadNumber},
		{"recommended", omnium.Price{UnitPrice: "1", RecommendedRetailPrice: "-1"}, mapping.ReasonNegative},
	}
	for _, tt := range tests {
		if _, err := pricesOf(norway(), tt.price); reason(err) != tt.want {
			t.Errorf("Prices(%s) error = %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestPromotionDecidesAmongEqualPrices(t *testing.T) {
	t.Parallel()
	got, err := pricesOf(norway(),
		omnium.Price{UnitPrice: "10", PromotionID: "b", RecommendedRetailPrice: "20.0"},
		omnium.Price{UnitPrice: "10.00", PromotionID: "c", RecommendedRetailPrice: "30"},
		omnium.Price{UnitPrice: "1e1", PromotionID: "a", RecommendedRetailPrice: "40"})
	if err != nil || *got.Units[0].Best.RecommendedRetailPrice != 3000 {
		t.Errorf("Prices() = %+v, %v; want the price of promotion c", got, err)
	}
}

func TestPricesOfSeveralMarkets(t *testing.T) {
	t.Parallel()
	o := norway()
	o.Markets = append(o.Markets, omnium.Market{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "12"})
	o.Groups = append(o.Groups, "private")
	tests := []struct {
		name   string
		prices []omnium.Price
		want   string
	}{
		{"first market's currency", []omnium.Price{
			{UnitPrice: "90", MarketID: "SWE"}, {UnitPrice: "100", MarketID: "NOR"},
		}, "10000 NOK"},
		{"second market alone, its rate", []omnium.Price{{UnitPrice: "100", MarketID: "swe", IsTaxExcluded: true}}, "11200 SEK"},
		{"market by currency, its rate", []omnium.Price{{UnitPrice: "100", CurrencyCode: "SEK", IsTaxExcluded: true}}, "11200 SEK"},
		{"group without a market", []omnium.Price{{UnitPrice: "100", MarketGroupID: "private", IsTaxExcluded: true}}, "12500 NOK"},
	}
	for _, tt := range tests {
		got, err := pricesOf(o, tt.prices...)
		if err != nil || bestText(got) != tt.want {
			t.Errorf("Prices(%s) = %+v, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestPricesWithoutMarketFacts(t *testing.T) {
	t.Parallel()
	o := mapping.ProductOptions{Now: now()}
	got, err := pricesOf(o,
		omnium.Price{UnitPrice: "10", MarketID: "NOR"},
		omnium.Price{UnitPrice: "20", CurrencyCode: "nok", IsTaxExcluded: true})
	if err != nil || bestText(got) != "2000 NOK" {
		t.Errorf("Prices() = %+v, %v; want 2000 NOK, untaxed", got, err)
	}
}

func TestPricesLeaveOutWhatIsNotSold(t *testing.T) {
	t.Parallel()
	p := omnium.Product{
		ID: "1_no", ProductID: "1", IsActive: true,
		Prices: []omnium.Price{{UnitPrice: "10", CurrencyCode: "NOK", ValidUntil: at("2026-12-01")}},
		Variants: []omnium.Product{
			{SkuID: "1-a", IsActive: true},
			{SkuID: "1-b", IsActive: true, Status: omnium.StatusDeleted},
			{SkuID: "1-c", IsActive: true, MarketIDs: []string{"SWE"}},
		},
	}
	got, err := mapping.Prices(&p, norway())
	want := &mapping.MappedPrices{
		Units: []mapping.UnitPrice{
			{SourceID: "1-a", ProductUID: "1a", Best: &mapping.BestPrice{
				UnitPrice: 1000, Currency: "NOK", ValidUntil: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
			}},
			{SourceID: "1-b", ProductUID: "1b"},
			{SourceID: "1-c", ProductUID: "1c"},
		},
		Next: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Prices() error = %v, (-want +got):\n%s", err, diff)
	}
}

// anyPrice draws prices that often tie and often fall out of scope.
func anyPrice() *rapid.Generator[omnium.Price] {
	moments := []omnium.Time{
		{},
		at("2026-01-01"), at("2026-11-23T12:00:00Z"), at("2026-11-25"), at("2026-12-24"), at("9999-12-31"),
	}
	return rapid.Custom(func(t *rapid.T) omnium.Price {
		return omnium.Price{
			Code:                   rapid.SampledFrom([]string{"", "P", "S", "X"}).Draw(t, "code"),
			UnitPrice:              rapid.SampledFrom([]omnium.Number{"80", "100", "100.0", "99.995"}).Draw(t, "unitPrice"),
			RecommendedRetailPrice: rapid.SampledFrom([]omnium.Number{"", "0", "150", "150.0"}).Draw(t, "rrp"),
			CurrencyCode:           rapid.SampledFrom([]string{"", "NOK", "nok", "SEK"}).Draw(t, "currency"),
			IsTaxExcluded:          rapid.Bool().Draw(t, "isTaxExcluded"),
			TaxRate:                rapid.SampledFrom([]omnium.Number{"", "25", "25.0", "15"}).Draw(t, "taxRate"),
			MarketID:               rapid.SampledFrom([]string{"", "NOR", "nor", "SWE"}).Draw(t, "market"),
			StoreID:                rapid.SampledFrom([]string{"", "", "101"}).Draw(t, "store"),
			Unit:                   rapid.SampledFrom([]string{"", "stk"}).Draw(t, "unit"),
			PromotionID:            rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "promotion"),
			ValidFrom:              rapid.SampledFrom(moments).Draw(t, "validFrom"),
			ValidUntil:             rapid.SampledFrom(moments).Draw(t, "validUntil"),
		}
	})
}

func TestOrderAndDuplicatesOfPricesDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(anyPrice(), 1, 8).Draw(t, "prices")
		shuffled := rapid.Permutation(append(prices, prices[0])).Draw(t, "shuffled")
		want, err1 := pricesOf(norway(), prices...)
		got, err2 := pricesOf(norway(), shuffled...)
		if diff := cmp.Diff(want, got); err1 != nil || err2 != nil || diff != "" {
			t.Fatalf("Prices() errors = %v, %v, (-in order +shuffled):\n%s", err1, err2, diff)
		}
	})
}

func TestNothingChangesBeforeNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(anyPrice(), 1, 8).Draw(t, "prices")
		o := norway()
		before, err := pricesOf(o, prices...)
		if err != nil {
			t.Fatalf("Prices() error = %v", err)
		}
		o.Now = time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)
		if !before.Next.IsZero() {
			o.Now = before.Next.Add(-time.Nanosecond)
		}
		later, err := pricesOf(o, prices...)
		if diff := cmp.Diff(before.Units, later.Units); err != nil || diff != "" {
			t.Fatalf("Prices(just before %s) error = %v, (-now +then):\n%s", before.Next, err, diff)
		}
	})
}

func TestLowestPriceIsExact(t *testing.T) {
	t.Parallel()
	amount := rapid.StringMatching(`[0-9]{1,7}(\.[0-9]{1,6})?`)
	rate := rapid.StringMatching(`[0-9]{1,2}(\.[0-9]{1,3})?`)
	rapid.Check(t, func(t *rapid.T) {
		var prices []omnium.Price
		var lowest *big.Rat
		for range rapid.IntRange(1, 5).Draw(t, "count") {
			p := omnium.Price{
				UnitPrice:     omnium.Number(amount.Draw(t, "amount")),
				TaxRate:       omnium.Number(rate.Draw(t, "rate")),
				IsTaxExcluded: rapid.Bool().Draw(t, "isTaxExcluded"),
			}
			prices = append(prices, p)
			if cents := taxedCents(p); lowest == nil || cents.Cmp(lowest) < 0 {
				lowest = cents
			}
		}
		got, err := pricesOf(norway(), prices...)
		if err != nil || got.Units[0].Best.UnitPrice != roundHalfAway(lowest).Int64() {
			t.Fatalf("Prices(%v) = %s, %v; want %s cents", prices, bestText(got), err, lowest.FloatString(6))
		}
	})
}

// taxedCents is the oracle for a price with tax.
func taxedCents(p omnium.Price) *big.Rat {
	amount, _ := new(big.Rat).SetString(string(p.UnitPrice))
	factor := big.NewRat(100, 1)
	if p.IsTaxExcluded {
		rate, _ := new(big.Rat).SetString(string(p.TaxRate))
		factor.Add(factor, rate)
	}
	return amount.Mul(amount, factor)
}
