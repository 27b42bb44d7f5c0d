package omnium

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

// span is a stretch of time; a zero end is open.
type span struct{ from, to time.Time }

// shortestSpan is the shortest that is divided.
const shortestSpan = time.Second

// halves divides a span. ok is false when it is too short, or not known to have anything in it.
func (s span) halves(now time.Time) (older, newer span, ok bool) {
	from, to := s.from, s.to
	if from.IsZero() {
		from = everything()
	}
	if to.IsZero() {
		to = now
	}
	if to.Sub(from) < 2*shortestSpan {
		return span{}, span{}, false
	}
	middle := from.Add(to.Sub(from) / 2).UTC().Truncate(time.Second)
	return span{s.from, middle}, span{middle, s.to}, true
}

// ends are the span's ends as requests name them; nil is open.
func (s span) ends() (from, to *time.Time) {
	if !s.from.IsZero() {
		from = new(s.from.UTC())
	}
	if !s.to.IsZero() {
		to = new(s.to.UTC())
	}
	return from, to
}

// pages is a search whose hits come in numbered pages (reference omnium-api.md §1.6).
type pages struct {
	op, path string
	// body is the request for a page of what is in a span.
	body func(s span, page int) any
	// id names a hit, so that one that comes twice is known.
	id func(hit) string
}

// sweep calls visit with every page of a search. A search gives out 10,000 hits at most: what has more
// is searched in halves of its span, and ErrTooMany says that there are as many within a second.
func (c *Client) sweep(ctx context.Context, p pages, s span, visit func([]json.RawMessage) error) error {
	whole, err := c.walk(ctx, p, s, visit)
	if err != nil || whole {
		return err
	}
	older, newer, ok := s.halves(time.Now())
	if !ok {
		return fmt.Errorf("%w: %s", ErrTooMany, p.op)
	}
	if err := c.sweep(ctx, p, older, visit); err != nil {
		return err
	}
	return c.sweep(ctx, p, newer, visit)
}

// walk reads page after page and reports whether the end was reached. Whether pages are counted from 0
// or 1 differs between pages of the documentation: 0 comes first, whatever it answers the next follows
// as long as hits are missing, and a page that comes twice is harmless. The end is an empty page, or a
// short one when nothing is missing.
func (c *Client) walk(
	ctx context.Context, p pages, s span, visit func([]json.RawMessage) error,
) (bool, error) {
	seen := map[string]bool{}
	for number := 0; number*searchTake <= searchDepth; number++ {
		page, err := c.numbered(ctx, p, s, number)
		if err != nil {
			return false, err
		}
		for _, raw := range page.Result {
			var h hit
			if json.Unmarshal(raw, &h) == nil {
				seen[p.id(h)] = true
			}
		}
		if err := visit(page.Result); err != nil {
			return false, err
		}
		switch {
		case len(page.Result) == 0 && number > 0, page.complete(len(seen)):
			return true, nil
		case page.TotalHits > searchDepth:
			return false, nil
		}
	}
	return false, nil
}

// numberedPage is a page of a search.
type numberedPage struct {
	Result    []json.RawMessage `json:"result"`
	TotalHits int               `json:"totalHits"`
}

// complete reports whether a page is the last one, when so many hits have been seen. How many there are
// is believed as long as it is not where counting may have ended.
func (p numberedPage) complete(seen int) bool {
	told := 0 < p.TotalHits && p.TotalHits < searchDepth
	return seen >= p.TotalHits && (told || len(p.Result) < searchTake)
}

func (c *Client) numbered(ctx context.Context, p pages, s span, number int) (numberedPage, error) {
	var page numberedPage
	raw, err := c.do(ctx, rest.Request{
		Method: http.MethodPost, Path: p.path, Label: p.op, Body: p.body(s, number),
	})
	if err != nil {
		return page, err
	}
	return page, decode(p.op, raw, &page)
}
