package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Role says what an admin token may do.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // reads
	Operator Role = "operator" // reads and acts
)

// AdminToken lets its holder use the admin API.
type AdminToken struct {
	// Name says in the log who did it.
	Name  string
	Role  Role
	Token tenant.Secret
}

// admin is an AdminToken ready to be compared.
type admin struct {
	name   string
	role   Role
	digest digest
}

// newAdmins refuses what would make it unclear who acts: nameless, empty or shared tokens.
func newAdmins(tokens []AdminToken) ([]admin, error) {
	admins := make([]admin, 0, len(tokens))
	seen := make(map[digest]string, len(tokens))
	for _, t := range tokens {
		if t.Name == "" || t.Token == "" {
			return nil, errors.New("admin token without name or token")
		}
		if t.Role != Viewer && t.Role != Operator {
			return nil, fmt.Errorf("admin token %q: unknown role %q", t.Name, t.Role)
		}
		d := digestOf(t.Token.Reveal())
		if other, taken := seen[d]; taken {
			return nil, fmt.Errorf("admin tokens %q and %q are the same", other, t.Name)
		}
		seen[d] = t.Name
		admins = append(admins, admin{t.Name, t.Role, d})
	}
	return admins, nil
}

// may reports whether a holder of role r may do what needs role need.
func (r Role) may(need Role) bool { return r == Operator || r == need }

// require lets only holders of a token with the role through and notes in the request's logger who
// it is. Without any tokens the admin API is closed to everybody.
func require(admins []admin, need Role) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return handler(func(w http.ResponseWriter, r *http.Request) error {
			if len(admins) == 0 {
				return refuse(errForbidden, "No admin tokens are configured.", nil)
			}
			who, known := holder(admins, bearerToken(r))
			if !known {
				w.Header().Set("WWW-Authenticate", `Bearer realm="omniflow admin"`)
				return refuse(errUnauthenticated, "A bearer token of the admin API is needed.", nil)
			}
			if !who.role.may(need) {
				return refuse(errForbidden, fmt.Sprintf("This needs the role %s.", need), nil)
			}
			zerolog.Ctx(r.Context()).UpdateContext(func(c zerolog.Context) zerolog.Context {
				return c.Str("actor", who.name)
			})
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), adminKey{}, who)))
			return nil
		})
	}
}

// holder finds whose token it is. It compares with all, so that the time taken tells nothing.
func holder(admins []admin, token string) (admin, bool) {
	presented := digestOf(token)
	var who admin
	known := false
	for _, a := range admins {
		if a.digest.equal(presented) == 1 {
			who, known = a, true
		}
	}
	return who, known
}
