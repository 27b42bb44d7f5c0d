package omniumtest

import (
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The operations on prices that are kept apart from products, as in openapi/omnium.yaml.
const (
	OpPrices     = "price.search"
	OpPricesNext = "price.scrollNext"
	OpCostPrices = "costPrice.search"
)

func (s *Server) priceRoutes() {
	s.route("POST /api/Prices/Search", OpPrices, search(s, Prices, func(q priceSearch, hits []doc) (any, string) {
		if q.empty() {
			return nil, "at least one field must be set"
		}
		if q.ScrollSize < 0 || q.ScrollSize > 20_000 {
			return nil, "scrollSize is too large"
		}
		return s.scrolled(hits), ""
	}))
	s.route("GET /api/Prices/Scroll/{b}", OpPricesNext, s.nextPage)
	s.route("POST /api/CostPrices/Search", OpCostPrices, search(s, CostPrices, s.costPage))
}

// codeSearch is what both searches have in common. Whether a product id finds what is filed under the
// skus of the product is not documented; here a code finds only what it is itself written on.
type codeSearch struct {
	ProductCodes []string     `json:"productCodes"`
	LastModified *omnium.Time `json:"lastModified"`
}

func (q codeSearch) empty() bool { return len(q.ProductCodes) == 0 && q.LastModified == nil }

func (q codeSearch) finds(d doc, keys ...string) bool {
	found := slices.ContainsFunc(keys, func(key string) bool {
		return slices.Contains(q.ProductCodes, d.text(key))
	})
	if len(q.ProductCodes) > 0 && !found {
		return false
	}
	return q.LastModified == nil || !omnium.ParseTime(d.text("modified")).Before(q.LastModified.Truncate(time.Microsecond))
}

// priceSearch is the part of OmniumPriceSearchRequest that the fake understands.
type priceSearch struct {
	codeSearch

	ScrollSize int `json:"scrollSize"`
}

func (q priceSearch) matches(d doc) bool {
	if d.text("code") == "" && d.text("skuId") == "" {
		return q.finds(d, "productId")
	}
	return q.finds(d, "code", "skuId")
}

// costPriceSearch is the part of OmniumCostPriceSearchRequest that the fake understands.
type costPriceSearch struct{ codeSearch }

func (q costPriceSearch) matches(d doc) bool {
	if d.text("skuId") == "" {
		return q.finds(d, "productId")
	}
	return q.finds(d, "skuId")
}

// costPage answers with as many cost prices as a page holds: an operation that gives the others is not
// documented, nor is the size of a page. The caller holds mu.
func (s *Server) costPage(q costPriceSearch, hits []doc) (any, string) {
	if q.empty() {
		return nil, "at least one field must be set"
	}
	shown := append([]doc{}, hits[:min(s.PageSize, len(hits))]...)
	return page{Result: shown, TotalHits: len(hits), IsValid: true}, ""
}
