package api

import (
	"context"
	"net/http"
)

// identity is whose token a request carries.
type identity struct {
	Name    string `json:"name"`
	Role    Role   `json:"role"`
	Version string `json:"version"`
}

// adminKey is where require leaves whose token it is.
type adminKey struct{}

// whoAmI answers GET /admin/v1/whoami.
func (s *server) whoAmI(w http.ResponseWriter, r *http.Request) error {
	who := adminOf(r.Context())
	return writeJSON(w, http.StatusOK, identity{Name: who.name, Role: who.role, Version: s.Version})
}

// adminOf is whom require let through; the zero value on routes without it.
func adminOf(ctx context.Context) admin {
	who, _ := ctx.Value(adminKey{}).(admin)
	return who
}
