package api

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-playground/validator/v10"
)

// server is the options made ready.
type server struct {
	Options
	gate     gate
	admins   []admin
	validate *validator.Validate
	spec     []byte
	pages    *pages
	// previews holds one element per preview that runs.
	previews chan struct{}
	// streams holds one element per client that listens.
	streams chan struct{}
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
	s.pages.route(r)

	viewer, operator := r.With(require(s.admins, Viewer)), r.With(require(s.admins, Operator))
	for route, h := range s.reads() {
		viewer.Method(http.MethodGet, route, h)
	}
	for route, h := range s.actions() {
		operator.Method(http.MethodPost, route, h)
	}
	operator.Method(http.MethodDelete, letterRoute, handler(s.discardDeadLetter))
	operator.Method(http.MethodDelete, syncRoute, handler(s.cancelSync))
	return r
}

// The patterns that several routes begin with.
const (
	adminRoute   = "/admin/v1"
	tenantRoute  = adminRoute + "/tenants/{tenant}"
	lettersRoute = tenantRoute + "/dead-letters"
	letterRoute  = lettersRoute + "/{resource}/{id}"
	objectRoute  = tenantRoute + "/objects/{resource}/{id}"
	syncsRoute   = tenantRoute + "/syncs"
	syncRoute    = syncsRoute + "/{id}"
)

// reads are the routes that show something.
func (s *server) reads() map[string]handler {
	return map[string]handler{
		adminRoute + "/whoami":   s.whoAmI,
		adminRoute + "/tenants":  s.listTenants,
		tenantRoute:              s.showTenant,
		tenantRoute + "/samples": s.listSamples,
		tenantRoute + "/jobs":    s.listJobs,
		lettersRoute:             s.listDeadLetters,
		letterRoute:              s.showDeadLetter,
		objectRoute:              s.showObject,
		objectRoute + "/preview": s.previewObject,
		syncsRoute:               s.listSyncs,
		syncRoute:                s.showSync,
		adminRoute + "/events":   s.listEvents,
		adminRoute + "/unrouted": s.listUnrouted,
		adminRoute + "/rejected": s.listRejected,
		adminRoute + "/config":   s.showSettings,
		adminRoute + "/stream":   s.stream,
	}
}

// actions are the routes that change something; all of them log who.
func (s *server) actions() map[string]handler {
	return map[string]handler{
		tenantRoute + "/pause":    s.pause,
		tenantRoute + "/resume":   s.resume,
		lettersRoute + "/replay":  s.replay,
		lettersRoute + "/discard": s.discard,
		objectRoute + "/sync":     s.syncObject,
		syncsRoute:                s.createSync,
		adminRoute + "/reload":    s.reload,
	}
}

func notFound(http.ResponseWriter, *http.Request) error {
	return refuse(errNotFound, "There is no such route.", nil)
}
