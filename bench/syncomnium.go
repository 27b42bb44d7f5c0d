package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The catalogue that is synchronised: product p0000000 and so on, each in one language and with one
// price. Events are about other products, whose ids begin with live and whose names change with every
// read.
const (
	cataloguePrefix = "p"
	livePrefix      = "live"
)

func catalogueID(i int) string { return fmt.Sprintf(cataloguePrefix+"%07d", i) }

// catalogueIndex reports which product of a catalogue of n an id names.
func catalogueIndex(id string, n int) (int, bool) {
	digits, ok := strings.CutPrefix(id, cataloguePrefix)
	i, err := strconv.Atoi(digits)
	return i, ok && err == nil && i >= 0 && i < n
}

// omniumTask describes the Omnium of a synchronisation.
type omniumTask struct {
	Products int
	// Page is how many documents a page of a scroll holds when the request does not say.
	Page int
	// Read and Search are how long it takes to answer.
	Read, Search time.Duration
}

// omniumStub makes its products up from their numbers, so that it is cheap beside the service. What it
// answers is what omniumtest does, as far as lists and reads of products go.
type omniumStub struct {
	omniumTask

	mu       sync.Mutex
	requests map[string]int
	scrolls  map[string]*stubScroll
	next     int
}

// mostOpen stands among the requests for how many scrolls were open at once at most.
const mostOpen = "most scrolls open at once"

// stubScroll is either a list of everything or of some ids.
type stubScroll struct {
	listed  bool
	ids     []string // of a search by id
	at, n   int
	perPage int
}

func omniumRole(_ context.Context, task []byte, out *json.Encoder) error {
	s := &omniumStub{requests: map[string]int{}, scrolls: map[string]*stubScroll{}}
	if err := json.Unmarshal(task, &s.omniumTask); err != nil {
		return err
	}
	return serveUntilEOF(s.handler(), out)
}

// serveUntilEOF serves on loopback until the harness closes this process's input.
func serveUntilEOF(h http.Handler, out *json.Encoder) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	if err := out.Encode(serving{l.Addr().String()}); err != nil {
		return err
	}
	untilEOF()
	return server.Close()
}

func (s *omniumStub) handler() http.Handler {
	mux := http.NewServeMux()
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeText(w, body) }
	}
	mux.HandleFunc("POST /api/Token", text(`{"accessToken":"bench","expiresIn":36000}`))
	mux.HandleFunc("GET /api/Markets", text(`[{"marketId":"NOR","currency":"NOK","defaultTaxRate":25,"productContentLanguage":"no"}]`))
	mux.HandleFunc("GET /api/Stores", text(`[]`))
	mux.HandleFunc("POST /api/Products/Scroll", s.search)
	mux.HandleFunc("GET /api/Products/Scroll/{scroll}", s.continued)
	mux.HandleFunc("GET /api/Products/{id}", s.read)
	mux.HandleFunc("GET /api/Products/{id}/{raw}", s.raw)
	mux.HandleFunc("GET /bench/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.requests)
	})
	return mux
}

func writeText(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// count adds to the requests of one kind; those about products with events are told apart.
func (s *omniumStub) count(op, id string) {
	if strings.HasPrefix(id, livePrefix) {
		op = livePrefix + " " + op
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[op]++
}

// raw also has the calls whose second segment is a scroll id.
func (s *omniumStub) raw(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutSuffix(r.PathValue("id"), "_no")
	s.answer(w, r, "raw", id)
}

func (s *omniumStub) read(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, "read", r.PathValue("id"))
}

func (s *omniumStub) answer(w http.ResponseWriter, r *http.Request, op, id string) {
	s.count(op, id)
	pause(r.Context(), s.Read)
	doc, ok := s.document(id)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeText(w, doc)
}

// document is a product as it is now.
func (s *omniumStub) document(id string) (string, bool) {
	if strings.HasPrefix(id, livePrefix) {
		now := time.Now().UTC()
		return stubProduct(id, "Event "+strconv.FormatInt(now.UnixNano(), 10), now), true
	}
	i, ok := catalogueIndex(id, s.Products)
	return stubProduct(id, "Product "+strconv.Itoa(i), catalogueWritten), ok
}

var catalogueWritten = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// stubProduct is a document of some 2 KB, half of it fields that nobody reads.
func stubProduct(id, name string, modified time.Time) string {
	return `{"id":"` + id + `_no","productId":"` + id + `","skuId":"` + id + `","language":"no","name":"` + name +
		`","modified":"` + modified.Format(time.RFC3339Nano) + `","status":"Active","isActive":true,` +
		`"description":"<p>A jacket for every day, windproof and light, with a hood that can be taken off.</p>",` +
		`"brand":"Fjell","prices":[{"unitPrice":499.5,"currencyCode":"NOK","marketId":"NOR","isTaxExcluded":false,` +
		`"recommendedRetailPrice":599,"priceId":"` + id + `-1","validFrom":"2026-01-01T00:00:00Z"}],` +
		`"weight":0.64,"cost":210,"costCurrency":"NOK",` + stubPadding + `}`
}

var stubPadding = `"created":"2025-01-01T00:00:00Z","isPublished":true,"seoUri":"/p/a-jacket-for-every-day",` +
	`"tags":["outdoor","women","autumn"],"facets":[` +
	strings.Repeat(`{"name":"colour","value":"dark green","valueType":"Text","sortIndex":4,"isSearchable":true},`, 10) +
	`{"name":"end"}]`

// stubSearch is what is used of a search for products.
type stubSearch struct {
	ProductIDs   []string   `json:"productIds"`
	IsDeleted    bool       `json:"isDeleted"`
	ModifiedFrom *time.Time `json:"modifiedFrom"`
	Take         int        `json:"take"`
}

func (s *omniumStub) search(w http.ResponseWriter, r *http.Request) {
	var q stubSearch
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	sc := &stubScroll{listed: q.ProductIDs == nil, ids: q.ProductIDs, perPage: s.Page, n: len(q.ProductIDs)}
	op := "search"
	if sc.listed {
		op, sc.n = "list", s.Products
	}
	if q.IsDeleted || q.ModifiedFrom != nil {
		sc.n = 0 // nothing is deleted, and nothing changes
	}
	if q.Take > 0 && s.Page > 100 {
		sc.perPage = min(q.Take, s.Page)
	}
	s.count(op, "")
	pause(r.Context(), s.Search)
	s.page(w, sc)
}

func (s *omniumStub) continued(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("scroll")
	s.mu.Lock()
	sc := s.scrolls[id]
	delete(s.scrolls, id)
	s.mu.Unlock()
	if sc == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	op := "search continued"
	if sc.listed {
		op = "list continued"
	}
	s.count(op, "")
	pause(r.Context(), s.Search)
	s.page(w, sc)
}

// page cuts off a page; the last one is empty.
func (s *omniumStub) page(w http.ResponseWriter, sc *stubScroll) {
	end := min(sc.at+sc.perPage, sc.n)
	var b strings.Builder
	b.WriteString(`{"result":[`)
	for i := sc.at; i < end; i++ {
		if i > sc.at {
			b.WriteByte(',')
		}
		b.WriteString(s.hit(sc, i))
	}
	s.mu.Lock()
	s.next++
	id := "scroll" + strconv.Itoa(s.next)
	if end > sc.at {
		s.scrolls[id] = &stubScroll{listed: sc.listed, ids: sc.ids, at: end, n: sc.n, perPage: sc.perPage}
	}
	s.requests[mostOpen] = max(s.requests[mostOpen], len(s.scrolls))
	s.mu.Unlock()
	fmt.Fprintf(&b, `],"totalHits":%d,"scrollId":%q}`, sc.n, id)
	writeText(w, b.String())
}

func (s *omniumStub) hit(sc *stubScroll, i int) string {
	if sc.listed {
		id := catalogueID(i)
		return `{"id":"` + id + `_no","productId":"` + id + `","modified":"` + catalogueWritten.Format(time.RFC3339) + `"}`
	}
	doc, _ := s.document(sc.ids[i])
	return doc
}
