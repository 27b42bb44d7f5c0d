package omniumtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// scroll is a snapshot that is given out page by page.
type scroll struct {
	rest    []doc
	total   int
	size    int // of a page; zero is the server's PageSize
	expires time.Time
}

// productSearch is the part of OmniumProductSearchRequest that the fake understands. Any other field is
// refused, so that nobody relies on a filter that has no effect.
type productSearch struct {
	ProductIDs                     []string       `json:"productIds"`
	ProductLanguage                string         `json:"productLanguage"`
	IsProductLanguageFilterIgnored bool           `json:"isProductLanguageFilterIgnored"`
	IsDeleted                      bool           `json:"isDeleted"`
	IsFacetsDisabled               bool           `json:"isFacetsDisabled"`
	IncludedFields                 includedFields `json:"includedFields"`
	Take                           int            `json:"take"`
	IsUnionDeltaQuery              bool           `json:"isUnionDeltaQuery"`
	ModifiedFrom                   time.Time      `json:"modifiedFrom"`
	StartPublishFrom               time.Time      `json:"startPublishFrom"`
	StartPublishTo                 time.Time      `json:"startPublishTo"`
	StopPublishFrom                time.Time      `json:"stopPublishFrom"`
	StopPublishTo                  time.Time      `json:"stopPublishTo"`
	PriceActivatedFrom             time.Time      `json:"priceActivatedFrom"`
	PriceActivatedTo               time.Time      `json:"priceActivatedTo"`
	PriceDeactivatedFrom           time.Time      `json:"priceDeactivatedFrom"`
	PriceDeactivatedTo             time.Time      `json:"priceDeactivatedTo"`
}

// includedFields trims the hits; only top-level names are understood.
type includedFields struct {
	SpecificFields []string `json:"specificFields"`
}

func (f includedFields) trim(d doc) doc {
	if len(f.SpecificFields) == 0 {
		return d
	}
	trimmed := doc{}
	for _, name := range f.SpecificFields {
		if v, ok := d[name]; ok {
			trimmed[name] = v
		}
	}
	return trimmed
}

// inWindow says whether a document is in the windows of the request: in all that are given, or in any
// of them with isUnionDeltaQuery.
func (q productSearch) inWindow(d doc) bool {
	given, within := 0, 0
	for _, w := range []struct {
		from, to time.Time
		at       []string
	}{
		{q.ModifiedFrom, time.Time{}, []string{d.text("modified")}},
		{q.StartPublishFrom, q.StartPublishTo, []string{d.text("published")}},
		{q.StopPublishFrom, q.StopPublishTo, []string{d.text("stopPublished")}},
		{q.PriceActivatedFrom, q.PriceActivatedTo, d.priceDates("validFrom")},
		{q.PriceDeactivatedFrom, q.PriceDeactivatedTo, d.priceDates("validUntil")},
	} {
		if w.from.IsZero() && w.to.IsZero() {
			continue
		}
		given++
		if slices.ContainsFunc(w.at, func(s string) bool {
			at := omnium.ParseTime(s)
			return !at.IsZero() && !at.Before(w.from) && (w.to.IsZero() || !at.After(w.to))
		}) {
			within++
		}
	}
	return given == within || q.IsUnionDeltaQuery && within > 0
}

// priceDates are the dates of the prices of a document and its variants.
func (d doc) priceDates(field string) []string {
	var dates []string
	for _, p := range d.list("prices") {
		dates = append(dates, p.text(field))
	}
	for _, v := range d.list("variants") {
		dates = append(dates, v.priceDates(field)...)
	}
	return dates
}

// page is an OmniumResult: what every search and scroll answers.
type page struct {
	Result    []doc  `json:"result"`
	TotalHits int    `json:"totalHits"`
	ScrollID  string `json:"scrollId"`
	IsValid   bool   `json:"isValid"`
}

func (s *Server) startScroll(w http.ResponseWriter, r *http.Request) {
	var q productSearch
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		badRequest(w, "search request: "+err.Error())
		return
	}
	if q.Take > 0 && s.RefuseTake {
		badRequest(w, "search request: take")
		return
	}
	s.mu.Lock()
	hits := s.hits(q)
	answer := s.advance(&scroll{rest: hits, total: len(hits), size: min(q.Take, s.PageSize)})
	s.mu.Unlock()
	writeJSON(w, answer)
}

// nextPage takes the newest id of a scroll only: whether an older one is still good is not
// documented. Nor is the status for one that is not.
func (s *Server) nextPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("b")
	s.mu.Lock()
	sc := s.scrolls[id]
	delete(s.scrolls, id)
	if sc == nil || !s.Now().Before(sc.expires) {
		s.mu.Unlock()
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer := s.advance(sc)
	s.mu.Unlock()
	writeJSON(w, answer)
}

// advance cuts off a page. The scroll stays open until an empty page was given out, which still
// carries an id. The caller holds mu.
func (s *Server) advance(sc *scroll) page {
	n := min(cmp.Or(sc.size, s.PageSize), len(sc.rest))
	s.scrollNo++
	// Such ids are base64 in Omnium, with characters that a path must escape.
	id := fmt.Sprintf("DnF1ZXJ5/scroll+%d==", s.scrollNo)
	answer := page{Result: slices.Clone(sc.rest[:n]), TotalHits: sc.total, ScrollID: id, IsValid: true}
	if n == 0 {
		answer.Result = []doc{}
		return answer
	}
	sc.rest = sc.rest[n:]
	sc.expires = s.Now().Add(s.ScrollIdle)
	s.scrolls[id] = sc
	return answer
}

// hits are the matching documents by id. The caller holds mu.
func (s *Server) hits(q productSearch) []doc {
	language := q.ProductLanguage
	if language == "" {
		language = s.Language
	}
	var hits []doc
	for _, key := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.indexed(key)
		switch {
		case d == nil:
		case (d.text("status") == omnium.StatusDeleted) != q.IsDeleted:
		case len(q.ProductIDs) > 0 && !slices.Contains(q.ProductIDs, d.text("productId")):
		case !q.IsProductLanguageFilterIgnored && d.text("language") != language:
		case !q.inWindow(d):
		default:
			hits = append(hits, q.IncludedFields.trim(d))
		}
	}
	return hits
}

// OpenScrolls returns how many scrolls are neither drained nor expired.
func (s *Server) OpenScrolls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, sc := range s.scrolls {
		if s.Now().Before(sc.expires) {
			n++
		}
	}
	return n
}
