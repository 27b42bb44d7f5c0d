package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// putPrices files what a sample answer holds.
func putPrices(t *testing.T, s *omniumtest.Server, kind omniumtest.Kind, name string) {
	t.Helper()
	var page struct{ Result []json.RawMessage }
	if err := json.Unmarshal(sample(t, name), &page); err != nil {
		t.Fatal(err)
	}
	for _, raw := range page.Result {
		put(t, s, kind, raw)
	}
}

func put(t *testing.T, s *omniumtest.Server, kind omniumtest.Kind, document any) {
	t.Helper()
	if err := s.Put(kind, document); err != nil {
		t.Fatal(err)
	}
}

// readPrices reads the samples of prices and cost prices.
func readPrices(t *testing.T, s *omniumtest.Server, c *omnium.Client) ([]omnium.SeparatePrice, []omnium.CostPrice) {
	t.Helper()
	putPrices(t, s, omniumtest.Prices, "price_search")
	putPrices(t, s, omniumtest.CostPrices, "cost_price_search")
	prices, err := c.Prices(t.Context(), []string{"ff-2070", "other"}, time.Now())
	if err != nil {
		t.Fatalf("Prices: %v", err)
	}
	costs, err := c.CostPrices(t.Context(), []string{"ff-1041", "ff-1041-navy-m"}, time.Now())
	if err != nil {
		t.Fatalf("CostPrices: %v", err)
	}
	return prices, costs
}

func TestSamplePrices(t *testing.T) {
	t.Parallel()
	s := newServer()
	prices, costs := readPrices(t, s, newClient(t, s))
	if len(prices) != 3 || len(costs) != 2 {
		t.Fatalf("%d prices and %d costs, want 3 and 2", len(prices), len(costs))
	}
	first, future := prices[0], prices[2]
	if first.ProductID != "ff-2070" || first.Code != "ff-2070" || first.UnitPrice != "249.0" || first.MarketID != "NOR" || first.Modified.IsZero() {
		t.Errorf("first price = %+v", first)
	}
	if prices[1].PriceType != "B" || future.MarketGroupID != "norden" || future.ValidUntil.IsZero() || first.ValidUntil.Year() > 1 {
		t.Errorf("prices = %+v", prices)
	}
	if c := costs[1]; c.Cost != "760.5" || c.StoreID != "101" || c.SkuID != "ff-1041-navy-m" || c.ProductID != "ff-1041" || c.CurrencyCode != "NOK" || c.Unit != "stk" {
		t.Errorf("second cost = %+v", c)
	}
}

// TestPricesInPages reads more codes than a search takes, and more prices than a page holds.
func TestPricesInPages(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PageSize = 7
	var codes []string
	for i := range 130 {
		code := fmt.Sprintf("b%03d", i)
		codes = append(codes, code, code, "")
		put(t, s, omniumtest.Prices, map[string]any{"code": code, "unitPrice": 1})
		put(t, s, omniumtest.CostPrices, map[string]any{"skuId": code, "cost": 1})
	}
	put(t, s, omniumtest.Prices, map[string]any{"code": "another", "unitPrice": 1})
	c := newClient(t, s)
	prices, err := c.Prices(t.Context(), codes, time.Now())
	if err != nil || len(prices) != 130 || s.OpenScrolls() != 0 {
		t.Errorf("Prices = %d prices, %v, %d open scrolls; want 130, none and none", len(prices), err, s.OpenScrolls())
	}
	costs, err := c.CostPrices(t.Context(), codes, time.Now())
	if err != nil || len(costs) != 130 {
		t.Errorf("CostPrices = %d costs, %v; want 130", len(costs), err)
	}
}

// TestSeparatePricesAreShared covers tenants that ask for the same product.
func TestSeparatePricesAreShared(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	since := time.Now()
	for range 2 {
		if got, err := c.Prices(t.Context(), []string{"b", "a"}, since); err != nil || len(got) != 0 {
			t.Errorf("Prices = %v, %v; want none", got, err)
		}
		if got, err := c.CostPrices(t.Context(), []string{"a", "b", "a"}, since); err != nil || len(got) != 0 {
			t.Errorf("CostPrices = %v, %v; want none", got, err)
		}
	}
	wantCalls(t, s, omniumtest.OpPrices, 1)
	wantCalls(t, s, omniumtest.OpCostPrices, 1)
	if _, err := c.Prices(t.Context(), []string{"a", "b"}, time.Now()); err != nil {
		t.Error(err)
	}
	wantCalls(t, s, omniumtest.OpPrices, 2)
}

// TestNoCodesNoRequest: a search needs at least one field.
func TestNoCodesNoRequest(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	_, errPrices := c.Prices(t.Context(), []string{""}, time.Now())
	_, errCosts := c.CostPrices(t.Context(), nil, time.Now())
	if err := errors.Join(errPrices, errCosts); err != nil || len(s.Requests()) != 0 {
		t.Errorf("prices of nothing: %v after %d requests, want no error and no request", err, len(s.Requests()))
	}
}

func TestMorePricesThanAnAnswerHolds(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PageSize = 3
	for range 4 {
		put(t, s, omniumtest.CostPrices, map[string]any{"skuId": "a", "cost": 1})
	}
	_, err := newClient(t, s).CostPrices(t.Context(), []string{"a", "b"}, time.Now())
	if !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("CostPrices = %v, want ErrMalformed: a part of the costs would give a wrong one", err)
	}
}

func TestMalformedPrice(t *testing.T) {
	t.Parallel()
	s := newServer()
	put(t, s, omniumtest.Prices, json.RawMessage(`{"code":"a","isTaxExcluded":"maybe"}`))
	put(t, s, omniumtest.Prices, json.RawMessage(`{"code":"nulls","unitPrice":null,"validFrom":null,"isTaxExcluded":null,"minQuantity":null,"customerId":null}`))
	put(t, s, omniumtest.Prices, json.RawMessage(`{"code":"bare"}`))
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	if _, err := c.Prices(t.Context(), []string{"a"}, time.Now()); !errors.Is(err, omnium.ErrMalformed) {
		t.Errorf("Prices = %v, want ErrMalformed", err)
	}
	transport.take()
	if got, err := c.Prices(t.Context(), []string{"nulls", "bare"}, time.Now()); err != nil || len(got) != 2 {
		t.Errorf("Prices of nulls = %v, %v; want both", got, err)
	}
	transport.take() // null where the specification has a boolean
}
