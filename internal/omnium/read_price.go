package omnium

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opPrices     = "price.search"
	opPricesNext = "price.scrollNext"
	opCostPrices = "costPrice.search"
	// priceScroll is asked for as the size of a page of prices; the documented maximum is 20,000.
	priceScroll = 5000
	// priceCodes bounds the codes of one search; how many Omnium takes is not documented.
	priceCodes = 100
)

// codeSearch is the part of OmniumPriceSearchRequest and OmniumCostPriceSearchRequest that is used. No
// market is set: that would leave out prices that hold in every market.
type codeSearch struct {
	ProductCodes []string `json:"productCodes"`
	ScrollSize   int      `json:"scrollSize,omitempty"`
}

// Prices reads what the price index holds for codes, which are product ids and skus: every price, those
// of customers, of stores and of the future included. It may find none although the products have
// prices: when those are kept on the products, which is not documented to be told apart (reference
// omnium-api.md §4.2).
//
// The answer comes from Omnium's search, which may lag behind. A read that began before since is never
// returned; a later one may be shared, so the result must not be modified. Errors are those of Product
// without ErrNotFound; with an error there is no result.
func (c *Client) Prices(ctx context.Context, codes []string, since time.Time) ([]SeparatePrice, error) {
	codes = sortedCodes(codes)
	return c.prices.do(ctx, strings.Join(codes, "\x00"), since, func(ctx context.Context) ([]SeparatePrice, error) {
		var prices []SeparatePrice
		for chunk := range slices.Chunk(codes, priceCodes) {
			err := c.drain(ctx, scroll{
				op: opPrices, path: "/api/Prices/Search", nextOp: opPricesNext, nextPath: "/api/Prices/Scroll/",
				body: codeSearch{chunk, priceScroll},
			}, func(hits []json.RawMessage) error { return decodeEach(opPrices, hits, &prices) })
			if err != nil {
				return nil, err
			}
		}
		return prices, nil
	})
}

// CostPrices reads the cost prices of codes as Prices reads prices.
func (c *Client) CostPrices(ctx context.Context, codes []string, since time.Time) ([]CostPrice, error) {
	codes = sortedCodes(codes)
	return c.costPrices.do(ctx, strings.Join(codes, "\x00"), since, func(ctx context.Context) ([]CostPrice, error) {
		var costs []CostPrice
		for chunk := range slices.Chunk(codes, priceCodes) {
			if err := c.searchCosts(ctx, chunk, &costs); err != nil {
				return nil, err
			}
		}
		return costs, nil
	})
}

// searchCosts appends the cost prices of codes. An answer names a scroll but no operation continues it
// (reference omnium-api.md §1.6): one that is not whole is asked for again in halves.
func (c *Client) searchCosts(ctx context.Context, codes []string, into *[]CostPrice) error {
	raw, err := c.do(ctx, rest.Request{
		Method: http.MethodPost, Path: "/api/CostPrices/Search", Label: opCostPrices, Body: codeSearch{ProductCodes: codes},
	})
	if err != nil {
		return err
	}
	var page struct {
		Result    []json.RawMessage `json:"result"`
		TotalHits int               `json:"totalHits"`
	}
	if err := decode(opCostPrices, raw, &page); err != nil {
		return err
	}
	if len(page.Result) >= page.TotalHits {
		return decodeEach(opCostPrices, page.Result, into)
	}
	if len(codes) == 1 {
		return fmt.Errorf("%w: %s: %d of %d cost prices of %q", ErrMalformed, opCostPrices,
			len(page.Result), page.TotalHits, codes[0])
	}
	half := len(codes) / 2
	if err := c.searchCosts(ctx, codes[:half], into); err != nil {
		return err
	}
	return c.searchCosts(ctx, codes[half:], into)
}

// decodeEach appends what hits hold.
func decodeEach[T any](what string, hits []json.RawMessage, into *[]T) error {
	for _, raw := range hits {
		var v T
		if err := decode(what, raw, &v); err != nil {
			return err
		}
		*into = append(*into, v)
	}
	return nil
}

// sortedCodes makes reads of the same codes alike, so that they are shared.
func sortedCodes(codes []string) []string {
	codes = slices.DeleteFunc(slices.Sorted(slices.Values(codes)), func(code string) bool { return code == "" })
	return slices.Compact(codes)
}
