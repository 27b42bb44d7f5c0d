package flow

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

const (
	// pageSize is asked for; neither the default nor the maximum is documented.
	pageSize = 100
	// maxPages ends the reading of a list whose end Flow never shows.
	maxPages = 1000
)

// page is the envelope of every list (reference flow-api.md §1.7).
type page[T any] struct {
	Items  []T    `json:"items"`
	Paging paging `json:"paging"`
}

type paging struct {
	PageNumber int `json:"pageNumber"`
	PageSize   int `json:"pageSize"`
	TotalCount int `json:"totalCount"`
}

// find reads a paged list from page 1 until match reports true or the list ends, and reports whether
// match did. r.query holds the filters.
func find[T any](ctx context.Context, c *Client, r call, match func(T) bool) (bool, error) {
	for seen, number := 0, 1; number <= maxPages; number++ {
		var got page[T]
		r.query = pageQuery(r.query, number)
		r.out = &got
		if err := c.do(ctx, r); err != nil {
			return false, err
		}
		if slices.ContainsFunc(got.Items, match) {
			return true, nil
		}
		seen += len(got.Items)
		if got.last(seen) {
			return false, nil
		}
	}
	return false, fmt.Errorf("%s: list does not end within %d pages", r.op, maxPages)
}

// last reports whether nothing can follow: the page is short, or everything was seen. Flow may have
// made the page smaller than was asked; it then says so.
func (p page[T]) last(seen int) bool {
	size := pageSize
	if p.Paging.PageSize > 0 {
		size = min(size, p.Paging.PageSize)
	}
	return len(p.Items) < size || p.Paging.TotalCount > 0 && seen >= p.Paging.TotalCount
}

func pageQuery(filters url.Values, number int) url.Values {
	query := maps.Clone(filters)
	if query == nil {
		query = url.Values{}
	}
	query.Set("pageNumber", strconv.Itoa(number))
	query.Set("pageSize", strconv.Itoa(pageSize))
	return query
}
