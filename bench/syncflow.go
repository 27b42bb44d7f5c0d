package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// posTask describes the Flow of a synchronisation.
type posTask struct {
	Products int
	Delay    time.Duration
}

// posCount is what that Flow has seen so far.
type posCount struct {
	// Creates and Updates are the writes of catalogue products, Distinct how many of them it has.
	Creates, Updates, Distinct int
	// Others are requests about anything else but the products that events are about.
	Others int
}

// posStub takes every write after the delay and remembers which products it has.
type posStub struct {
	posTask

	mu    sync.Mutex
	count posCount
	has   []bool
	live  map[string]int64 // when a product with events was first written, in Unix nanoseconds
}

func posRole(_ context.Context, task []byte, out *json.Encoder) error {
	s := &posStub{live: map[string]int64{}}
	if err := json.Unmarshal(task, &s.posTask); err != nil {
		return err
	}
	s.has = make([]bool, s.Products)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bench/count", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.count)
	})
	mux.HandleFunc("GET /bench/live", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.live)
		clear(s.live)
	})
	mux.HandleFunc("/v2/tenants/{tenant}/products", s.created)
	mux.HandleFunc("/v2/tenants/{tenant}/products/{uid}", s.updated)
	mux.HandleFunc("/", s.other)
	return serveUntilEOF(mux, out)
}

func (s *posStub) created(w http.ResponseWriter, r *http.Request) {
	var body struct{ ProductUID string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.write(body.ProductUID, &s.count.Creates)
	s.answer(w, r)
}

func (s *posStub) updated(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.write(r.PathValue("uid"), &s.count.Updates)
	s.answer(w, r)
}

// write notes a write when it arrives.
func (s *posStub) write(uid string, kind *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(uid, livePrefix) {
		if _, known := s.live[uid]; !known {
			s.live[uid] = time.Now().UnixNano()
		}
		return
	}
	*kind++
	if i, ok := catalogueIndex(uid, s.Products); ok && !s.has[i] {
		s.has[i] = true
		s.count.Distinct++
	}
}

// other answers everything else, such as brands, as a Flow that has nothing yet.
func (s *posStub) other(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.count.Others++
	s.mu.Unlock()
	s.answer(w, r)
}

func (s *posStub) answer(w http.ResponseWriter, r *http.Request) {
	if s.Delay > 0 {
		pause(r.Context(), s.Delay)
	}
	writeText(w, `{}`)
}
