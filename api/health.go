package api

import (
	"context"
	"net/http"
	"time"
)

// readyTimeout bounds the readiness check, so that a hung Redis reads as not ready.
const readyTimeout = 2 * time.Second

// health says that the process runs, and which version.
type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// alive answers GET /healthz: whoever gets an answer knows enough.
func (s *server) alive(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, health{Status: "ok", Version: s.Version})
}

// ready answers GET /readyz. Flow and Omnium have no part in it: taking events in is what must go on
// while they are down (design §11).
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return refuse(errUnavailable, "Redis cannot be reached, or the service is stopping.", err)
	}
	return writeJSON(w, http.StatusOK, health{Status: "ready", Version: s.Version})
}

// contract answers GET /openapi.yaml.
func (s *server) contract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(s.spec) // a client that has gone cannot be told
}
