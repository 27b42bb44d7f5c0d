// Package omniumtest is an Omnium that behaves: a fake of the slice of its API that omniflow uses,
// for tests and for the demo. It holds everything in memory, keeps to the documented rules,
// including the inconvenient ones, and can be told to fail. What the documents leave open is decided
// here in the way that is hardest on a client.
package omniumtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// The operations of the fake, as they are named in openapi/omnium.yaml, in Calls and in Request.
const (
	OpToken        = "token"
	OpProduct      = "product.read"
	OpProductRaw   = "product.raw"
	OpScroll       = "product.scroll"
	OpScrollNext   = "product.scrollNext"
	OpMarkets      = "market.list"
	OpMarketGroups = "marketGroup.list"
	OpUnknown      = "unknown" // no such path in the fake; answered with 404
)

// maxLog bounds the request log, so that a long demo does not grow.
const maxLog = 10_000

// Server is the fake. Create it with New, change its exported fields before it serves, and serve it
// with net/http, httptest or Transport. Its methods are safe for concurrent use.
type Server struct {
	// Now is the server's clock.
	Now func() time.Time
	// ClientID and ClientSecret are the only credential that gets a token.
	ClientID, ClientSecret string
	// TokenLife is how long a token is good.
	TokenLife time.Duration
	// Language is the tenant's default product language.
	Language string
	// Concurrency is how many requests, the token's aside, are served at a time; more get 429.
	Concurrency int
	// RetryAfter is what a 429 asks for, in whole seconds; zero leaves the header out.
	RetryAfter time.Duration
	// RefuseTake makes a scroll of products that says how large its pages shall be answer 400: whether
	// Omnium takes that is not documented.
	RefuseTake bool
	// PageSize is how many documents a page of a scroll holds, at most where the request says how many.
	PageSize int
	// InventoryPage is how many items a search for inventory answers without a scroll, and half a page of
	// the scroll that begins when there are more.
	InventoryPage int
	// ScrollIdle is how long a scroll id is good.
	ScrollIdle time.Duration
	// IndexLag is how long a change takes to be seen by Scroll; reads by id see it at once.
	IndexLag time.Duration
	// Fail, when not nil, is asked before each request is handled; ok makes it answer status with
	// the header and no body. It is called concurrently.
	Fail func(r *http.Request) (status int, header http.Header, ok bool)
	// Delay, when not nil, is how long a request is held before it is handled, or until its context
	// ends. It is called concurrently.
	Delay func(r *http.Request) time.Duration

	mux *http.ServeMux
	// skew is how far the stamps on documents and events are ahead of Now.
	skew atomic.Int64

	mu       sync.Mutex // guards the fields below
	tokens   map[string]time.Time
	issued   int
	disabled bool
	docs     map[string][]version
	// collections are the documents of every other kind.
	collections map[Kind]collection
	priceNo     int
	markets     []omnium.Market
	groups      []MarketGroup
	scrolls     map[string]*scroll
	scrollNo    int
	eventNo     int
	log         []Request
	calls       map[string]int
	inFlight    int
	peak        int

	ordersDenied atomic.Bool
}

// Request is one entry of the request log.
type Request struct {
	Op     string
	Method string
	// Path is as it was on the wire, escaped and without the query.
	Path   string
	Status int
	At     time.Time
}

// New returns an empty Omnium with the documented limits: tokens for ten days, 20 requests at a time,
// scrolls that end after five idle minutes. The credential is client and secret, the language no.
func New() *Server {
	s := &Server{
		Now:           time.Now,
		ClientID:      "client",
		ClientSecret:  "secret",
		TokenLife:     240 * time.Hour,
		Language:      "no",
		Concurrency:   20,
		RetryAfter:    time.Second,
		PageSize:      50,
		InventoryPage: 1000,
		ScrollIdle:    5 * time.Minute,
		mux:           http.NewServeMux(),
		tokens:        map[string]time.Time{},
		docs:          map[string][]version{},
		collections:   map[Kind]collection{},
		scrolls:       map[string]*scroll{},
		calls:         map[string]int{},
	}
	s.route("POST /api/Token", OpToken, s.postToken)
	s.route("GET /api/Products/{id}", OpProduct, s.readProduct)
	s.route("POST /api/Products/Scroll", OpScroll, s.startScroll)
	s.route("GET /api/Markets", OpMarkets, s.listMarkets)
	s.route("GET /api/Markets/GetMarketGroups", OpMarketGroups, s.listGroups)
	s.storeRoutes()
	s.customerRoutes()
	s.purchasingRoutes()
	s.inventoryRoutes()
	s.priceRoutes()
	s.supplierRoutes()
	s.categoryRoutes()
	s.route("/", OpUnknown, http.NotFound)
	// {id}/raw and Scroll/{scrollId} overlap, which the mux takes for a mistake.
	s.mux.HandleFunc("GET /api/Products/{a}/{b}", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.PathValue("a") == "Scroll":
			s.serve(w, r, OpScrollNext, s.nextPage)
		case r.PathValue("b") == "raw":
			s.serve(w, r, OpProductRaw, s.readRaw)
		default:
			s.serve(w, r, OpUnknown, http.NotFound)
		}
	})
	return s
}

func (s *Server) route(pattern, op string, h http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op, h) })
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, op string, h http.HandlerFunc) {
	sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() { s.record(op, r, sw.status) }()
	if op != OpToken {
		defer s.leave()
		if !s.enter() {
			s.throttle(sw)
			return
		}
	}
	s.hold(r)
	if s.Fail != nil {
		if status, header, ok := s.Fail(r); ok {
			for name, values := range header {
				sw.Header()[http.CanonicalHeaderKey(name)] = values
			}
			sw.WriteHeader(status)
			return
		}
	}
	if op != OpToken && !s.authorized(r) {
		sw.WriteHeader(http.StatusUnauthorized)
		return
	}
	h(sw, r)
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	return s.inFlight <= s.Concurrency
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

func (s *Server) throttle(w http.ResponseWriter) {
	if s.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(s.RetryAfter/time.Second)))
	}
	w.WriteHeader(http.StatusTooManyRequests)
}

func (s *Server) hold(r *http.Request) {
	if s.Delay == nil {
		return
	}
	timer := time.NewTimer(s.Delay(r))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func (s *Server) record(op string, r *http.Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	if len(s.log) >= maxLog {
		s.log = slices.Delete(s.log, 0, maxLog/10)
	}
	s.log = append(s.log, Request{
		Op: op, Method: r.Method, Path: r.URL.EscapedPath(), Status: status, At: s.Now(),
	})
}

// Calls returns how many requests of an operation were answered, in whatever way.
func (s *Server) Calls(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// Total returns how many requests of all operations were answered.
func (s *Server) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, n := range s.calls {
		total += n
	}
	return total
}

// Requests returns the newest requests, the oldest first; at most 10,000 are kept.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// ResetCalls empties the log and the counters.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.peak = nil, s.inFlight
	clear(s.calls)
}

// Peak returns the largest number of requests, the token's aside, that were in flight together.
func (s *Server) Peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A client that has gone away is no fault of the fake.
	_ = json.NewEncoder(w).Encode(v)
}

func badRequest(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(why))
}
