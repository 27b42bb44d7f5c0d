package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opScroll     = "product.scroll"
	opScrollNext = "product.scrollNext"
	// scrollChunk bounds the ids in one search, and with them the size of its pages.
	scrollChunk = 256
	// scrollTake is how many hits a page is asked to hold. What products take by default and at most is
	// not documented; other scrolls take 1,000 (reference omnium-api.md §1.6).
	scrollTake = 1000
	// maxScrollPages ends a scroll that would go on for ever. How many documents a page holds is mostly
	// not documented (reference omnium-api.md §1.6).
	maxScrollPages = 10_000
)

// ProductResult is the answer for one product of a bulk read: exactly one field is set.
type ProductResult struct {
	Product *Product
	Err     error // wraps ErrMalformed
}

// Products reads many products by product id, with all their prices, in language lang ("" means
// Options.Language) or, product by product, in the language that Product would fall back to.
//
// The answer comes from Omnium's search: it may lag behind, and it hides soft-deleted products. An
// id that is absent from the result is therefore not known to be gone; Product can tell. A document
// that cannot be read is an error for its id only. Results are not shared.
//
// Scrolls take turns, so concurrent calls wait for each other. Errors are those
// of Product without ErrNotFound; with an error there is no result.
func (c *Client) Products(
	ctx context.Context, productIDs []string, lang string,
) (map[string]ProductResult, error) {
	if lang == "" {
		lang = c.language
	}
	ids := unique(slices.DeleteFunc(slices.Clone(productIDs), func(id string) bool { return id == "" }))
	results := make(map[string]ProductResult, len(ids))
	for chunk := range slices.Chunk(ids, scrollChunk) {
		docs, err := c.scrollProducts(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for id, doc := range c.chosen(docs, lang) {
			if slices.Contains(chunk, id) {
				results[id] = doc.result()
			}
		}
	}
	return results, nil
}

// document is one search hit, decoded only as far as it takes to choose among languages.
type document struct {
	head
	raw json.RawMessage
}

// chosen returns the document of each product to use.
func (c *Client) chosen(docs []document, lang string) map[string]document {
	heads, groups := map[string][]head{}, map[string][]document{}
	for _, doc := range docs {
		heads[doc.productID] = append(heads[doc.productID], doc.head)
		groups[doc.productID] = append(groups[doc.productID], doc)
	}
	chosen := make(map[string]document, len(groups))
	for productID, group := range groups {
		chosen[productID] = group[pick(heads[productID], lang, c.language)]
	}
	return chosen
}

func (d document) result() ProductResult {
	p, err := decodeProduct(d.raw)
	if err != nil {
		return ProductResult{Err: err}
	}
	return ProductResult{Product: p}
}

// productSearch is the part of OmniumProductSearchRequest that is used. No market, store or customer
// is set, because those would filter the prices (reference omnium-api.md §3.2).
type productSearch struct {
	ProductIDs                     []string `json:"productIds"`
	IsFacetsDisabled               bool     `json:"isFacetsDisabled"`
	IsProductLanguageFilterIgnored bool     `json:"isProductLanguageFilterIgnored"`
	Take                           int      `json:"take,omitempty"`
}

type scrollPage struct {
	Result   []json.RawMessage `json:"result"`
	ScrollID string            `json:"scrollId"`
}

// scrollProducts returns the documents of the products in every language.
func (c *Client) scrollProducts(ctx context.Context, productIDs []string) ([]document, error) {
	search := productSearch{
		ProductIDs: productIDs, IsFacetsDisabled: true, IsProductLanguageFilterIgnored: true,
	}
	large := search
	large.Take = scrollTake
	var docs []document
	err := c.drain(ctx, productScroll(large, search), func(hits []json.RawMessage) error {
		docs = append(docs, documentsOf(hits)...)
		return nil
	})
	return docs, err
}

// productScroll is a search for large pages; plain is the same without saying how large.
func productScroll(large, plain any) scroll {
	return scroll{
		op: opScroll, path: "/api/Products/Scroll",
		nextOp: opScrollNext, nextPath: "/api/Products/Scroll/", body: large, plain: plain,
	}
}

// scroll is a search whose hits come page by page from one snapshot (reference omnium-api.md §1.6).
type scroll struct {
	op, path         string // POST with body
	nextOp, nextPath string // GET, followed by the scroll id
	body             any
	plain            any // when not nil, what is sent instead of a body that is refused
}

// drain calls visit with each page of hits until the scroll ends or visit fails; see scrolls for how
// concurrent calls wait for each other. visit is called from the caller's goroutine and owns the hits.
func (c *Client) drain(ctx context.Context, s scroll, visit func([]json.RawMessage) error) error {
	whole, turn := c.held(ctx)
	release, err := hold(ctx, whole)
	if err != nil {
		return err
	}
	defer release()
	page, err := c.firstPage(ctx, turn, s)
	for range maxScrollPages {
		if err != nil {
			return err
		}
		if err := visit(page.Result); err != nil {
			return err
		}
		if len(page.Result) == 0 || page.ScrollID == "" {
			return nil
		}
		page, err = c.nextPage(ctx, turn, s, page.ScrollID)
	}
	return errors.New("scroll does not end")
}

// firstPage starts a scroll. Whether Omnium takes the size of a page is not documented: once it was
// refused and the same without it was not, it is left out.
func (c *Client) firstPage(ctx context.Context, turn chan struct{}, s scroll) (scrollPage, error) {
	start := func(body any) (scrollPage, error) {
		r := rest.Request{Method: http.MethodPost, Path: s.path, Label: s.op, Body: body}
		return c.pageInTurn(ctx, turn, r)
	}
	if s.plain == nil {
		return start(s.body)
	}
	if !c.plainScrolls.Load() {
		if page, err := start(s.body); !hasStatus(err, http.StatusBadRequest) {
			return page, err
		}
	}
	page, err := start(s.plain)
	if err == nil {
		c.plainScrolls.Store(true)
	}
	return page, err
}

func (c *Client) nextPage(
	ctx context.Context, turn chan struct{}, s scroll, scrollID string,
) (scrollPage, error) {
	escaped, ok := segment(scrollID)
	if !ok {
		return scrollPage{}, fmt.Errorf("%w: scroll id", ErrMalformed)
	}
	return c.pageInTurn(ctx, turn, rest.Request{Method: http.MethodGet, Path: s.nextPath + escaped, Label: s.nextOp})
}

// pageInTurn is page for a scroll that takes turns with others.
func (c *Client) pageInTurn(
	ctx context.Context, turn chan struct{}, r rest.Request,
) (scrollPage, error) {
	release, err := hold(ctx, turn)
	if err != nil {
		return scrollPage{}, err
	}
	defer release()
	return c.page(ctx, r)
}

func (c *Client) page(ctx context.Context, r rest.Request) (scrollPage, error) {
	raw, err := c.do(ctx, r)
	if err != nil {
		return scrollPage{}, err
	}
	var page scrollPage
	if err := decode(r.Label, raw, &page); err != nil {
		return scrollPage{}, err
	}
	return page, nil
}

// documentsOf drops hits whose product cannot be told: they answer no id.
func documentsOf(hits []json.RawMessage) []document {
	var docs []document
	for _, raw := range hits {
		var h struct{ ID, ProductID, Language json.RawMessage }
		if json.Unmarshal(raw, &h) != nil {
			continue
		}
		head := newHead(text(h.ID), text(h.ProductID), strings.TrimSpace(text(h.Language)))
		if head.productID != "" {
			docs = append(docs, document{head: head, raw: raw})
		}
	}
	return docs
}
