package api

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-playground/validator/v10"
)

// server is the options made ready; it holds no state of its own.
type server struct {
	Options
	gate     gate
	admins   []admin
	validate *validator.Validate
	spec     []byte
}

// routes is the whole surface; openapi/omniflow.yaml lists the same.
func (s *server) routes() chi.Router {
	r := chi.NewRouter()
	r.Use(identify(s.Log), observe(s.Observe), recoverPanic)
	r.NotFound(handler(notFound).ServeHTTP)
	r.MethodNotAllowed(handler(func(w http.ResponseWriter, req *http.Request) error {
		w.Header().Set("Allow", strings.Join(allowed(r, req), ", "))
		return refuse(errMethod, "", nil)
	}).ServeHTTP)

	r.With(s.requireCredential).Method(http.MethodPost, "/webhooks/omnium", handler(s.receive))

	r.Method(http.MethodGet, "/healthz", handler(s.alive))
	r.Method(http.MethodGet, "/readyz", handler(s.ready))
	r.Method(http.MethodGet, "/metrics", s.Metrics)
	r.Get("/openapi.yaml", s.contract)

	const tenants = "/admin/v1/tenants"
	const letters = tenants + "/{tenant}/dead-letters"
	viewer, operator := r.With(require(s.admins, Viewer)), r.With(require(s.admins, Operator))
	viewer.Method(http.MethodGet, tenants, handler(s.listTenants))
	viewer.Method(http.MethodGet, tenants+"/{tenant}", handler(s.showTenant))
	viewer.Method(http.MethodGet, letters, handler(s.listDeadLetters))
	viewer.Method(http.MethodGet, letters+"/{resource}/{id}", handler(s.showDeadLetter))
	operator.Method(http.MethodPost, letters+"/replay", handler(s.replay))
	return r
}

func notFound(http.ResponseWriter, *http.Request) error {
	return refuse(errNotFound, "There is no such route.", nil)
}
