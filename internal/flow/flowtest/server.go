package flowtest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// BasePath is the path that all routes are below: the version in the vendor's base URL.
const BasePath = "/v2"

// Tenant is one Flow tenant that the server serves.
type Tenant struct {
	UID string
	// Token is the only bearer token that the tenant accepts.
	Token string
}

// Options configure a Server.
type Options struct {
	Tenants []Tenant
	// ExistingStatus is what a create of a uid that exists answers. The reference does not say
	// (reference flow-api.md §1.4); zero means 409, the other likely answer is 400.
	ExistingStatus int
	// AcceptDangling lets products name brands, product groups and categories that do not exist. That Flow
	// refuses them is an assumption.
	AcceptDangling bool
	// WarehousesShareUIDs makes the uid of a warehouse unique in the tenant instead of below its store;
	// which of the two Flow does is not known.
	WarehousesShareUIDs bool
	// MaxPageSize caps pageSize; the real cap is not known. Zero means 1000.
	MaxPageSize int
	// MaxLog and MaxHistory bound the log, and the history of one product; the oldest entries go.
	// Zero means 100,000 and 1,000.
	MaxLog, MaxHistory int
	// Journal keeps every write with its body, for Server.Journal, without bound.
	Journal bool
	// Now is the clock of the timestamps. Nil means time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.ExistingStatus == 0 {
		o.ExistingStatus = http.StatusConflict
	}
	if o.MaxPageSize == 0 {
		o.MaxPageSize = 1000
	}
	if o.MaxLog == 0 {
		o.MaxLog = 100_000
	}
	if o.MaxHistory == 0 {
		o.MaxHistory = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Server is the fake. It is an http.Handler and safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux
	tenants map[string]*tenant
	fault   atomic.Pointer[func(Request) Fault]
	watch   *watch
	// closed releases the requests that hang.
	closed    chan struct{}
	closeOnce sync.Once
}

// New returns a server with empty tenants.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		options: o,
		mux:     http.NewServeMux(),
		tenants: make(map[string]*tenant, len(o.Tenants)),
		watch:   newWatch(o),
		closed:  make(chan struct{}),
	}
	for _, t := range o.Tenants {
		s.tenants[t.UID] = newTenant(t, o)
	}
	s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close releases the requests that hang in a fault. It may be called more than once.
func (s *Server) Close() { s.closeOnce.Do(func() { close(s.closed) }) }

// SetDown makes a tenant answer 503 to everything, or makes it work again. An unknown tenant is
// ignored.
func (s *Server) SetDown(tenantUID string, down bool) {
	if t := s.tenants[tenantUID]; t != nil {
		t.down.Store(down)
	}
}
