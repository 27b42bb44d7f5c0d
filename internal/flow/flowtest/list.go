package flowtest

import (
	"net/url"
	"strconv"
	"strings"
)

// defaultPageSize applies when the client gives none; the real default is not known.
const defaultPageSize = 50

// list answers with one page of the items in the documented envelope (reference flow-api.md §1.7).
// Pages are counted from 1. That a page past the end is empty, that an oversized page is cut to the
// cap, and that other numbers are refused, are assumptions. Sorting is not simulated.
func (t *tenant) list(items []fields, query url.Values) answer {
	number, okNumber := positive(query.Get("pageNumber"), 1)
	size, okSize := positive(query.Get("pageSize"), defaultPageSize)
	if !okNumber || !okSize {
		return bad("pageNumber and pageSize are integers from 1")
	}
	size = min(size, t.options.MaxPageSize)
	// Compared by division: the product of two large numbers would overflow.
	from := len(items)
	if number-1 <= len(items)/size {
		from = min((number-1)*size, len(items))
	}
	page := items[from:min(from+size, len(items))]
	if page == nil {
		page = []fields{}
	}
	return ok(map[string]any{
		"items":  page,
		"paging": map[string]int{"pageNumber": number, "pageSize": size, "totalCount": len(items)},
	})
}

func positive(s string, otherwise int) (int, bool) {
	if s == "" {
		return otherwise, true
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err == nil && n >= 1
}

// filtered keeps the records that equal the given query parameters. Whether Flow compares exactly is
// not known; by case-insensitive equality is an assumption.
func filtered(query url.Values, params map[string]string) func(fields) bool {
	return func(record fields) bool {
		for param, field := range params {
			if want := query.Get(param); want != "" && !strings.EqualFold(record.text(field), want) {
				return false
			}
		}
		return true
	}
}
