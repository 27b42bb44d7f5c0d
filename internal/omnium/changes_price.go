package omnium

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

// modifiedCodes is the part of OmniumPriceSearchRequest and OmniumCostPriceSearchRequest that lists of
// changes use. No market is set: that would leave out prices that hold in every market. Whether a price
// that was modified at exactly that moment counts is not documented.
type modifiedCodes struct {
	LastModified time.Time `json:"lastModified"`
	ScrollSize   int       `json:"scrollSize,omitempty"`
}

// priceChanges lists prices and cost prices that are kept apart from products, by product id when they
// tell it, else by sku. An Omnium that keeps prices on the products may have none or refuse to search
// for them, which is not documented to be told apart (reference omnium-api.md §4.2): a refusal is an
// empty list. Whoever knows that there are such prices finds out when it reads them.
func (c *Client) priceChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	prices := scroll{
		op: opPrices, path: "/api/Prices/Search", nextOp: opPricesNext, nextPath: "/api/Prices/Scroll/",
		body: modifiedCodes{w.lastModified(), priceScroll},
	}
	err := c.changesIn(ctx, prices, pricedID, visit)
	if err != nil && !refused(err, opPrices) {
		return err
	}
	if err := c.costChanges(ctx, w, visit); err != nil && !refused(err, opCostPrices) {
		return err
	}
	return nil
}

// pricedID names what a price is for.
func pricedID(h hit) string { return cmp.Or(text(h.ProductID), text(h.Code), text(h.SkuID)) }

// refused reports whether an operation itself was refused, and not the token or a later page.
func refused(err error, op string) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Label == op && slices.Contains([]int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
	}, e.StatusCode)
}

// costChanges lists cost prices. No operation continues an answer that is not whole, and no filter makes
// it smaller without the risk of leaving one out (reference omnium-api.md §1.6): then every product is
// listed, whose jobs read their own.
func (c *Client) costChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	raw, err := c.do(ctx, rest.Request{
		Method: http.MethodPost, Path: "/api/CostPrices/Search", Label: opCostPrices,
		Body: modifiedCodes{LastModified: w.lastModified()},
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
	if len(page.Result) < page.TotalHits {
		return c.productChanges(ctx, Window{}, visit)
	}
	return visit(changesOf(page.Result, pricedID))
}
