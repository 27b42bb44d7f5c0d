package main

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/omniflow/omniflow/storm/plan"
)

// breakdown is what a fake vendor does wrong at a time. It is safe for concurrent use.
type breakdown struct {
	mu     sync.Mutex
	dice   *rand.Rand
	faults map[string]plan.Fault // by name
	hits   map[plan.FaultKind]int
}

func newBreakdown(seed uint64) *breakdown {
	return &breakdown{
		dice:   rand.New(rand.NewPCG(seed, 0xfa)), //nolint:gosec // a seed must repeat itself
		faults: map[string]plan.Fault{}, hits: map[plan.FaultKind]int{},
	}
}

func (b *breakdown) set(name string, f plan.Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[name] = f
}

func (b *breakdown) heal(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.faults, name)
}

func (b *breakdown) counts() map[plan.FaultKind]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.hits)
}

// pick returns the fault that meets a request of a tenant, if any does, among those kinds that may.
func (b *breakdown) pick(tenant string, may func(plan.FaultKind) bool) (plan.Fault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		if !may(f.Kind) || f.Tenant != "" && f.Tenant != tenant {
			continue
		}
		if b.dice.IntN(100) < f.Percent {
			b.hits[f.Kind]++
			return f, true
		}
	}
	return plan.Fault{}, false
}

// before tells the faults that come before a request is executed from those of its answer.
func before(k plan.FaultKind) bool { return k == plan.Status || k == plan.Slow || k == plan.LoseIt }

func after(k plan.FaultKind) bool {
	return k == plan.SlowBody || k == plan.Garbage || k == plan.CutBody
}

func header(f plan.Fault) http.Header {
	if f.RetryAfter == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
}

// spoil answers as the handler does, but the answer gets to the client in a bad state.
func (b *breakdown) spoil(tenantOf func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, hit := b.pick(tenantOf(r), after)
		if !hit {
			next.ServeHTTP(w, r)
			return
		}
		kept := &kept{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		maps.Copy(w.Header(), kept.header)
		switch f.Kind {
		case plan.SlowBody:
			kept.dribble(w, r, f)
		case plan.CutBody:
			kept.cut(w)
		default:
			kept.garble(w, r, b.roll(5))
		}
	})
}

func (b *breakdown) roll(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dice.IntN(n)
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader implements http.ResponseWriter.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write implements http.ResponseWriter.
func (k *kept) Write(p []byte) (int, error) {
	k.body = append(k.body, p...)
	return len(p), nil
}

// quoting has every refusal say back what it was asked, credentials too.
func quoting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noted := &noted{ResponseWriter: w}
		next.ServeHTTP(noted, r)
		if noted.status >= http.StatusBadRequest {
			_, _ = w.Write([]byte(" to " + asked(r))) //nolint:gosec // no browser reads it
		}
	})
}

func asked(r *http.Request) string { return r.RequestURI + " of " + r.Header.Get("Authorization") }

// noted remembers the status of an answer.
type noted struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// dribble sends the body in ten pieces over a time.
func (k *kept) dribble(w http.ResponseWriter, r *http.Request, f plan.Fault) {
	w.WriteHeader(k.status)
	rest, pieces := k.body, 10
	tick := time.NewTicker(time.Duration(f.Millis) * time.Millisecond / time.Duration(pieces))
	defer tick.Stop()
	flush := http.NewResponseController(w)
	for size := len(rest)/pieces + 1; len(rest) > 0; {
		n := min(size, len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			return
		}
		rest = rest[n:]
		_ = flush.Flush() // a client that has gone notices nothing
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// cut ends in the middle of the body.
func (k *kept) cut(w http.ResponseWriter) {
	w.Header().Set("Content-Length", strconv.Itoa(len(k.body)+1))
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body[:len(k.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// garble sends another body, with the status and the type of the right one. One quotes the request.
func (k *kept) garble(w http.ResponseWriter, r *http.Request, how int) {
	bodies := [][]byte{
		[]byte("<html><body>Bad gateway</body></html>"),
		{0xff, 0xfe, 0x00, 0x01, 0x02},
		{},
		k.body[:len(k.body)*2/3],
		[]byte("no answer to " + asked(r)),
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(bodies[how]) //nolint:gosec // no browser reads it
}
