package omniumtest

import (
	"net/http"
	"strings"
)

// The operations of categories.
const (
	OpCategory           = "category.read"
	OpCategoryScroll     = "category.scroll"
	OpCategoryScrollNext = "category.scrollNext"
)

// categoryRoutes serves what is used of reference omnium-api.md §10.
func (s *Server) categoryRoutes() {
	s.route("GET /api/ProductCategories/{id}", OpCategory, s.readCategory)
	s.route("POST /api/ProductCategories/ScrollSearch", OpCategoryScroll,
		search(s, Categories, s.scrollCategories))
	s.route("GET /api/ProductCategories/Scroll/{b}", OpCategoryScrollNext, s.nextPage)
}

// readCategory answers for a category id or a document id. A category that has no document in the
// language that is asked for is not found, which is an assumption; without a language it is the
// server's, else any. A document id names its own language.
func (s *Server) readCategory(w http.ResponseWriter, r *http.Request) {
	id, lang := r.PathValue("id"), r.URL.Query().Get("language")
	s.mu.Lock()
	d := s.currentOf(Categories, id)
	if d == nil {
		d = s.categoryIn(id, lang)
	}
	s.mu.Unlock()
	if d == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, d)
}

// categoryIn returns the document of a category in a language. The caller holds mu.
func (s *Server) categoryIn(id, lang string) doc {
	var other doc
	wanted := lang
	if wanted == "" {
		wanted = s.Language
	}
	for _, d := range s.allOf(Categories, s.currentOf) {
		if d.text("categoryId") != id {
			continue
		}
		if strings.EqualFold(d.text("language"), wanted) {
			return d
		}
		other = d
	}
	if lang != "" {
		return nil
	}
	return other
}

// categorySearch is the part of OmniumProductCategorySearchRequest that the fake understands.
type categorySearch struct {
	Take     int    `json:"take"`
	Language string `json:"language"`
}

func (q categorySearch) matches(d doc) bool {
	return q.Language == "" || strings.EqualFold(q.Language, d.text("language"))
}

// scrollCategories refuses a page of more than is documented.
func (s *Server) scrollCategories(q categorySearch, hits []doc) (any, string) {
	if q.Take < 0 || q.Take > 10_000 {
		return nil, "take is too large"
	}
	return s.scrolled(hits), ""
}
