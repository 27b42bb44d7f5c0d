package flowtest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

// Entry is a finished request in the log.
type Entry struct {
	Request
	// Status is what was answered, also when the reply was lost; 0 when nothing was.
	Status int
	Took   time.Duration
}

// Overlap is two writes of one product that were in flight at the same time.
type Overlap struct {
	First, Second Request
}

// Write is a body that a product was created or updated with.
type Write struct {
	Op   string
	At   time.Time
	Body json.RawMessage
}

// pair is a tenant and either a product or an operation.
type pair struct{ tenant, name string }

// watch is the memory of what was asked of the server.
type watch struct {
	options Options

	// mu guards everything below.
	mu       sync.Mutex
	seq      int64
	log      []Entry
	calls    map[pair]int // by operation
	writes   map[pair]int // by product
	history  map[pair][]Write
	inFlight map[pair][]flight
	overlaps []Overlap
	journal  journal
}

// flight is a write that was not answered yet.
type flight struct {
	Request
	// abandoned reports whether its client has given it up. Such a write does not overlap with the
	// next: that client may try again at once.
	abandoned func() bool
}

func newWatch(o Options) *watch {
	return &watch{
		options:  o,
		calls:    make(map[pair]int),
		writes:   make(map[pair]int),
		history:  make(map[pair][]Write),
		inFlight: make(map[pair][]flight),
		journal:  newJournal(),
	}
}

// begin notices a request, numbers it, and returns the function that notices its end. The context
// is the one that ends when the client goes away.
func (w *watch) begin(ctx context.Context, req *Request, raw []byte) func(status int) {
	start := w.options.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	req.Seq, req.At = w.seq, start
	w.calls[pair{req.Tenant, req.Op}]++
	w.enter(flight{*req, func() bool { return ctx.Err() != nil }})
	forget := func() bool { return true }
	if w.options.Journal && req.isWrite() {
		w.journal.begin(Push{Request: *req, Body: raw})
		seq := req.Seq
		forget = context.AfterFunc(ctx, func() { w.abandoned(seq) })
	}
	return func(status int) {
		forget()
		if ctx.Err() != nil {
			w.abandoned(req.Seq) // who noticed may not have come to say so
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.journal.end(req.Seq, status, w.options.Now())
		w.leave(*req)
		w.log = appendBounded(w.log, Entry{*req, status, w.options.Now().Sub(start)}, w.options.MaxLog)
	}
}

// enter and leave keep the writes in flight by product.
func (w *watch) enter(f flight) {
	if !f.isWrite() || f.ProductUID == "" {
		return
	}
	key := pair{f.Tenant, f.ProductUID}
	for _, other := range w.inFlight[key] {
		if !other.abandoned() {
			overlap := Overlap{First: other.Request, Second: f.Request}
			w.overlaps = appendBounded(w.overlaps, overlap, w.options.MaxLog)
		}
	}
	w.inFlight[key] = append(w.inFlight[key], f)
}

func (w *watch) leave(req Request) {
	key := pair{req.Tenant, req.ProductUID}
	rest := slices.DeleteFunc(w.inFlight[key], func(f flight) bool { return f.Seq == req.Seq })
	if len(rest) == 0 {
		delete(w.inFlight, key)
		return
	}
	w.inFlight[key] = rest
}

// executed notices a request that succeeded. It is called with the tenant locked, so that the
// history is in the order in which the writes took effect.
func (w *watch) executed(req Request, body []byte) {
	if !req.isWrite() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.journal.effect(req.Seq)
	if req.ProductUID == "" {
		return
	}
	key := pair{req.Tenant, req.ProductUID}
	w.writes[key]++
	if req.Op == flow.ProductCreate || req.Op == flow.ProductUpdate {
		write := Write{Op: req.Op, At: w.options.Now(), Body: body}
		w.history[key] = appendBounded(w.history[key], write, w.options.MaxHistory)
	}
}

// appendBounded drops the older half when the limit is reached, so that appending stays cheap.
func appendBounded[T any](s []T, v T, limit int) []T {
	if len(s) >= limit {
		s = append([]T(nil), s[(len(s)+1)/2:]...)
	}
	return append(s, v)
}

// Log returns the finished requests, oldest first. The caller owns the result.
func (s *Server) Log() []Entry {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.log)
}

// Calls counts the requests for one operation of a tenant, whatever was answered.
func (s *Server) Calls(tenantUID, op string) int {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return s.watch.calls[pair{tenantUID, op}]
}

// Requests counts all requests of the server, unknown routes included.
func (s *Server) Requests() int64 {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return s.watch.seq
}

// Writes counts the successful writes that concern a product: itself, its media, property texts and
// links that were posted to it.
func (s *Server) Writes(tenantUID, productUID string) int {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return s.watch.writes[pair{tenantUID, productUID}]
}

// History returns the bodies that created and updated a product, oldest first, in the order in which
// they took effect. The caller owns the slice but not the bodies.
func (s *Server) History(tenantUID, productUID string) []Write {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.history[pair{tenantUID, productUID}])
}

// Overlaps returns every pair of writes of one product that were ever in flight at once: those that
// name it in their path or create it. A link counts for the product it is posted to, not for the
// sibling. A write whose client went away no longer counts. The caller owns the result.
func (s *Server) Overlaps() []Overlap {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.overlaps)
}
