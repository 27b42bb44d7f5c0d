package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opProduct    = "product.read"
	opProductRaw = "product.raw"
)

// Finished reads are shared for as long as it takes the jobs of one event to be claimed.
const (
	shareFor       = 2 * time.Second
	maxSharedReads = 256
)

// Product reads one product with all its prices, those of the future included, in language lang
// ("" means Options.Language). id may be a product id, a sku or a document id; the product's own id
// is in the result and never empty. When there is no document in lang, the one in Options.Language
// is used, else any.
//
// A read that began before since, by this process's clock, is never returned. One that began at
// since or later may be shared with other callers, also shortly after it has ended, so the result
// must not be modified.
//
// It returns ErrNotFound, ErrMalformed, *ThrottledError, *rest.Error, or another error when no
// answer arrived. A soft-deleted product is found, with the status Deleted.
func (c *Client) Product(ctx context.Context, id, lang string, since time.Time) (*Product, error) {
	if lang == "" {
		lang = c.language
	}
	key := productKey{id: id, language: strings.ToLower(lang)}
	return c.products.do(ctx, key, since, func(ctx context.Context) (*Product, error) {
		return c.readProduct(ctx, key)
	})
}

// readProduct needs two answers for an unknown product: by product id or sku only the prices valid
// now and only the default language are given, and the document with all prices is only given by
// its own id (reference omnium-api.md §3.2).
func (c *Client) readProduct(ctx context.Context, key productKey) (*Product, error) {
	p, err := c.knownDocument(ctx, key)
	if p != nil || err != nil {
		return p, err
	}
	p, whole, err := c.find(ctx, key.id)
	if err != nil {
		return nil, err
	}
	found := headOf(p)
	if !found.speaks(key.language) {
		return c.translation(ctx, found, key.language)
	}
	if !whole {
		if p, err = c.sameProduct(ctx, found.id, found.productID); err != nil {
			return nil, gone(err)
		}
	}
	c.documents.remember(productKey{found.productID, key.language}, found.id)
	return p, nil
}

// knownDocument reads the document that answered the last time; nil when there is none any more.
func (c *Client) knownDocument(ctx context.Context, key productKey) (*Product, error) {
	id := c.documents.id(key)
	if id == "" {
		return nil, nil
	}
	p, err := c.sameProduct(ctx, id, key.id)
	if errors.Is(err, ErrNotFound) || err == nil && !headOf(p).speaks(key.language) {
		c.documents.forget(key)
		return nil, nil
	}
	return p, err
}

// find looks id up as a product id or sku, then as a document id. whole reports that the answer is
// the document itself.
func (c *Client) find(ctx context.Context, id string) (p *Product, whole bool, err error) {
	if p, err = c.product(ctx, opProduct, id); !errors.Is(err, ErrNotFound) {
		return p, false, err
	}
	p, err = c.product(ctx, opProductRaw, id)
	return p, true, err
}

// translation finds another language's document of a product: by the usual form of its id, else by
// a search. When the wanted language is missing, Options.Language comes next.
func (c *Client) translation(ctx context.Context, found head, lang string) (*Product, error) {
	guess := found.productID + "_" + lang
	p, err := c.sameProduct(ctx, guess, found.productID)
	switch {
	case err == nil && headOf(p).speaks(lang):
		c.documents.remember(productKey{found.productID, lang}, guess)
		return p, nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	}
	docs, err := c.scrollProducts(ctx, []string{found.productID}, false)
	if err != nil {
		return nil, err
	}
	// The search hides what is deleted and lags behind, so what was found stays a candidate.
	heads := []head{found}
	for _, doc := range docs {
		if doc.productID == found.productID {
			heads = append(heads, doc.head)
		}
	}
	best := heads[pick(heads, lang, c.language)]
	if p, err = c.sameProduct(ctx, best.id, found.productID); err != nil {
		return nil, gone(err)
	}
	// A stand-in is not remembered: it would hide a translation that is added later.
	if headOf(p).speaks(lang) {
		c.documents.remember(productKey{found.productID, lang}, best.id)
	}
	return p, nil
}

// sameProduct reads a document by its id; ErrNotFound also when it belongs to another product.
func (c *Client) sameProduct(ctx context.Context, id, productID string) (*Product, error) {
	p, err := c.product(ctx, opProductRaw, id)
	if err != nil {
		return nil, err
	}
	if p.ProductID != productID {
		return nil, ErrNotFound
	}
	return p, nil
}

// gone makes a document that is missing although its product was just seen an error that is worth
// another read, and not the deletion of the product.
func gone(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrChanged
	}
	return err
}

// product reads one path. The answer's product id is filled in when it is empty.
func (c *Client) product(ctx context.Context, op, id string) (*Product, error) {
	escaped, ok := segment(id)
	if !ok || op == opProductRaw && reserved(id) {
		return nil, ErrNotFound
	}
	path := "/api/Products/" + escaped
	if op == opProductRaw {
		path += "/raw"
	}
	raw, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: path, Label: op})
	if notFound(err, op) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return decodeProduct(raw)
}

func decodeProduct(raw json.RawMessage) (*Product, error) {
	var p Product
	if err := decode("product", raw, &p); err != nil {
		return nil, err
	}
	if p.ID == "" {
		return nil, fmt.Errorf("%w: product: no id", ErrMalformed)
	}
	p.ProductID = headOf(&p).productID
	return &p, nil
}
