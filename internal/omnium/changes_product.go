package omnium

import (
	"context"
	"time"
)

// productList is the part of OmniumProductSearchRequest that lists of products use. No market, store
// or language is set: one list serves all tenants.
type productList struct {
	IsFacetsDisabled               bool           `json:"isFacetsDisabled"`
	IsProductLanguageFilterIgnored bool           `json:"isProductLanguageFilterIgnored"`
	IsDeleted                      bool           `json:"isDeleted,omitempty"`
	IncludedFields                 includedFields `json:"includedFields"`
	ModifiedFrom                   *time.Time     `json:"modifiedFrom,omitempty"`
	Take                           int            `json:"take,omitempty"`

	// The union of these and modifiedFrom counts when IsUnionDeltaQuery is set.
	IsUnionDeltaQuery    bool       `json:"isUnionDeltaQuery,omitempty"`
	StartPublishFrom     *time.Time `json:"startPublishFrom,omitempty"`
	StartPublishTo       *time.Time `json:"startPublishTo,omitempty"`
	StopPublishFrom      *time.Time `json:"stopPublishFrom,omitempty"`
	StopPublishTo        *time.Time `json:"stopPublishTo,omitempty"`
	PriceActivatedFrom   *time.Time `json:"priceActivatedFrom,omitempty"`
	PriceActivatedTo     *time.Time `json:"priceActivatedTo,omitempty"`
	PriceDeactivatedFrom *time.Time `json:"priceDeactivatedFrom,omitempty"`
	PriceDeactivatedTo   *time.Time `json:"priceDeactivatedTo,omitempty"`
}

type includedFields struct {
	SpecificFields []string `json:"specificFields"`
}

// productChanges lists products, those soft-deleted too: a search shows either kind (reference
// omnium-api.md §1.7). A product comes once per language.
func (c *Client) productChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	idOf := func(h hit) string { return newHead(text(h.ID), text(h.ProductID), "").productID }
	for _, deleted := range []bool{false, true} {
		list := listProducts(w, deleted)
		large := list
		large.Take = scrollTake
		if err := c.changesIn(ctx, productScroll(large, list), idOf, visit); err != nil {
			return err
		}
	}
	return nil
}

func listProducts(w Window, deleted bool) productList {
	q := productList{
		IsFacetsDisabled: true, IsProductLanguageFilterIgnored: true, IsDeleted: deleted,
		IncludedFields: includedFields{[]string{"id", "productId", "modified"}},
	}
	if w.all() {
		return q
	}
	from, to := w.Since.UTC(), w.Until.UTC()
	q.ModifiedFrom = &from
	if !deleted {
		q.IsUnionDeltaQuery = true
		q.StartPublishFrom, q.StartPublishTo = &from, &to
		q.StopPublishFrom, q.StopPublishTo = &from, &to
		q.PriceActivatedFrom, q.PriceActivatedTo = &from, &to
		q.PriceDeactivatedFrom, q.PriceDeactivatedTo = &from, &to
	}
	return q
}
