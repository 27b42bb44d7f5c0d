package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/zerolog"
)

// requestIDHeader carries the id of a request: taken over from a proxy that sent a harmless one, and
// always told in the answer.
const requestIDHeader = "X-Request-Id"

// identify gives every request an id and puts a logger that carries it into the context.
func identify(log zerolog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get(requestIDHeader)
			if !harmlessID(id) {
				id = rand.Text()
			}
			w.Header().Set(requestIDHeader, id)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			ctx := log.With().Str("request_id", id).Logger().WithContext(r.Context())
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// harmlessID reports whether a request id from outside may stand in logs and answers.
func harmlessID(id string) bool {
	for _, c := range []byte(id) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}

// observe measures every request and writes the access log at debug level: no query and no headers,
// because both can carry secrets.
func observe(report func(string, string, int, time.Duration)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			started := time.Now()
			rec := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			next.ServeHTTP(rec, r)
			took, status := time.Since(started), rec.Status()
			if status == 0 { // nothing was written: net/http answers for us
				status = http.StatusOK
			}
			route, method := routeOf(r), methodOf(r)
			if report != nil {
				report(route, method, status, took)
			}
			zerolog.Ctx(r.Context()).Debug().Str("method", method).Str("route", route).
				Int("status", status).Dur("took", took).Msg("request answered")
		})
	}
}

// routeOf is the pattern of the route that served r, never the path: it is a metric label.
func routeOf(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return "unmatched"
}

// methodOf keeps made-up methods out of the metric labels.
func methodOf(r *http.Request) string {
	if slices.Contains(methods(), r.Method) {
		return r.Method
	}
	return "other"
}

// recoverPanic turns a panic into a 500 with the stack in the log. What has been written already
// stays; http.ErrAbortHandler goes on to net/http, which expects it.
func recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault == http.ErrAbortHandler { //nolint:errorlint // net/http compares the value, too
				panic(fault)
			}
			err := fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
			if rec, ok := w.(middleware.WrapResponseWriter); ok && rec.Status() != 0 {
				zerolog.Ctx(r.Context()).Error().Err(err).Msg("request broken off")
				panic(http.ErrAbortHandler) // so that the client sees a cut connection, not a whole answer
			}
			writeProblem(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// methods returns the methods that a route could have.
func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions,
	}
}

// allowed lists the methods that the path of r has routes for.
func allowed(routes chi.Routes, r *http.Request) []string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	return slices.DeleteFunc(methods(), func(method string) bool {
		return !routes.Match(chi.NewRouteContext(), method, path)
	})
}
