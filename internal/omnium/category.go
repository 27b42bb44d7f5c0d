package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opCategory           = "category.read"
	opCategoryScroll     = "category.scroll"
	opCategoryScrollNext = "category.scrollNext"

	categoryPath = "/api/ProductCategories/"
	// categoryTake is asked for; Omnium gives at most 10,000 and 5,000 unless told (reference
	// omnium-api.md §1.6).
	categoryTake = 5000
	// categoriesFor is how long all categories are kept for callers that do not ask for newer ones.
	categoriesFor = time.Minute
)

// Category is one document of OmniumProductCategory: one per language (reference omnium-api.md §10).
// Only the fields that omniflow uses are here.
type Category struct {
	ID         string `json:"id"`         // document id: {categoryId}_{language}
	CategoryID string `json:"categoryId"` // the same in every language; never changes
	// ParentID is the parent's CategoryID. That of a top level category is the tenant's root category,
	// which need not exist; neither need any other parent.
	ParentID string `json:"parentId"`
	Language string `json:"language"`
	Name     string `json:"name"`
	Modified Time   `json:"modified"` // not in every version of the API; zero when not told
}

// categories shares the reads of categories.
type categories struct {
	one *calls[productKey, *Category]
	all *calls[struct{}, []Category]
}

func newCategories() categories {
	return categories{
		one: newCalls[productKey, *Category](maxSharedReads, shareFor),
		all: newCalls[struct{}, []Category](1, categoriesFor),
	}
}

// Category reads one category in language lang ("" means Options.Language), or in any other when there
// is none in lang. id may be a category id or a document id; the category's own id is in the result
// and never empty. See Client.Product for since, sharing and errors.
func (c *Client) Category(
	ctx context.Context, id, lang string, since time.Time,
) (*Category, error) {
	if lang == "" {
		lang = c.language
	}
	key := productKey{id: id, language: lang}
	return c.categories.one.do(ctx, key, since, func(ctx context.Context) (*Category, error) {
		found, err := c.readCategory(ctx, key)
		if errors.Is(err, ErrNotFound) && lang != "" {
			return c.readCategory(ctx, productKey{id: id})
		}
		return found, err
	})
}

// readCategory asks for one language. That a category without a document in it is not found, and that
// the request without a language finds one in any, is assumed.
func (c *Client) readCategory(ctx context.Context, key productKey) (*Category, error) {
	escaped, ok := segment(key.id)
	if !ok || strings.EqualFold(key.id, "GetCategoryTree") {
		return nil, ErrNotFound
	}
	var query url.Values
	if key.language != "" {
		query = url.Values{"language": {key.language}}
	}
	raw, err := c.do(ctx, rest.Request{
		Method: http.MethodGet, Path: categoryPath + escaped, Query: query, Label: opCategory,
	})
	if notFound(err, opCategory) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return decodeCategory(raw)
}

func decodeCategory(raw json.RawMessage) (*Category, error) {
	found := new(Category)
	if err := decode(opCategory, raw, found); err != nil {
		return nil, err
	}
	if found.CategoryID == "" {
		return nil, fmt.Errorf("%w: category: no categoryId", ErrMalformed)
	}
	return found, nil
}

// Categories reads all categories, by category id, each in language lang ("" means Options.Language),
// else in Options.Language, else in any. A read that began before since is never returned; one that
// began later may be up to a minute old, and is shared: the categories must not be modified.
//
// The answer comes from Omnium's search, which may lag behind. A document that cannot be read is left
// out, so that one that is absent is not known to be gone; Category can tell. Scrolls take turns. Errors are those of Product without ErrNotFound.
func (c *Client) Categories(
	ctx context.Context, lang string, since time.Time,
) (map[string]*Category, error) {
	if lang == "" {
		lang = c.language
	}
	docs, err := c.categories.all.do(ctx, struct{}{}, since, c.scrollCategories)
	if err != nil {
		return nil, err
	}
	heads, groups := map[string][]head{}, map[string][]*Category{}
	for i := range docs {
		doc := &docs[i]
		heads[doc.CategoryID] = append(heads[doc.CategoryID], newHead(doc.ID, doc.CategoryID, doc.Language))
		groups[doc.CategoryID] = append(groups[doc.CategoryID], doc)
	}
	chosen := make(map[string]*Category, len(groups))
	for id, group := range groups {
		chosen[id] = group[pick(heads[id], lang, c.language)]
	}
	return chosen, nil
}

// categorySearch is the part of OmniumProductCategorySearchRequest that is used. Without a language it
// finds the documents of all, which is assumed.
type categorySearch struct {
	Take int `json:"take"`
}

func categoryScroll() scroll {
	return scroll{
		op: opCategoryScroll, path: categoryPath + "ScrollSearch",
		nextOp: opCategoryScrollNext, nextPath: categoryPath + "Scroll/",
		body: categorySearch{Take: categoryTake},
	}
}

// categoryChanges lists all categories: no filter on when one was modified exists (reference
// omnium-api.md §10). A category comes once per language.
func (c *Client) categoryChanges(ctx context.Context, _ Window, visit func([]Change) error) error {
	return c.changesIn(ctx, categoryScroll(), func(h hit) string { return text(h.CategoryID) }, visit)
}

func (c *Client) scrollCategories(ctx context.Context) ([]Category, error) {
	var docs []Category
	err := c.drain(ctx, categoryScroll(), func(hits []json.RawMessage) error {
		for _, raw := range hits {
			if found, err := decodeCategory(raw); err == nil {
				docs = append(docs, *found)
			}
		}
		return nil
	})
	return docs, err
}
