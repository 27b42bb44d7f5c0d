package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Credentials says who may post events. Any one matching credential is enough, so that two can be
// valid at once while one is replaced. Omnium offers these three ways and no signature (reference
// omnium-api.md §2.7).
type Credentials struct {
	Bearer  []tenant.Secret
	Basic   []Basic
	Headers []Header
	// AllowAnonymous lets everybody post. It is required when there are no credentials, so that an
	// open intake is never an oversight.
	AllowAnonymous bool
}

// Basic is a user of HTTP Basic authentication.
type Basic struct {
	Username string
	Password tenant.Secret
}

// Header is a secret in a request header of any name.
type Header struct {
	Name  string
	Value tenant.Secret
}

// digest stands for a secret when comparing: digests have equal lengths, so that the time a
// comparison takes tells nothing, not even a length.
type digest [sha256.Size]byte

// digestOf hashes a secret or what a client says is one.
func digestOf(text string) digest { return sha256.Sum256([]byte(text)) }

// equal is 1 when the digests are the same and 0 when not, in constant time.
func (d digest) equal(other digest) int { return subtle.ConstantTimeCompare(d[:], other[:]) }

// gate decides who may post. It is safe for concurrent use.
type gate struct {
	open    bool
	bearer  []digest
	basic   []basicDigest
	headers []headerDigest
}

type basicDigest struct{ username, password digest }

type headerDigest struct {
	name  string
	value digest
}

// newGate refuses empty secrets, which everybody has, and a gate that nobody can pass.
func newGate(c Credentials) (gate, error) {
	g := gate{open: c.AllowAnonymous}
	for _, secret := range c.Bearer {
		if secret == "" {
			return gate{}, errors.New("empty bearer token")
		}
		g.bearer = append(g.bearer, digestOf(secret.Reveal()))
	}
	for _, b := range c.Basic {
		if b.Username == "" || b.Password == "" {
			return gate{}, errors.New("basic credential without username or password")
		}
		g.basic = append(g.basic, basicDigest{digestOf(b.Username), digestOf(b.Password.Reveal())})
	}
	for _, h := range c.Headers {
		if h.Name == "" || h.Value == "" {
			return gate{}, errors.New("header credential without name or value")
		}
		g.headers = append(g.headers, headerDigest{h.Name, digestOf(h.Value.Reveal())})
	}
	if !g.open && len(g.bearer)+len(g.basic)+len(g.headers) == 0 {
		return gate{}, errors.New("no credentials and anonymous posting not allowed")
	}
	return g, nil
}

// admits compares with every credential whatever matched before, so that the time taken does not
// tell which one it was.
func (g gate) admits(r *http.Request) bool {
	username, password, _ := r.BasicAuth()
	token, user, pass := digestOf(bearerToken(r)), digestOf(username), digestOf(password)
	match := 0
	for _, d := range g.bearer {
		match |= d.equal(token)
	}
	for _, b := range g.basic {
		match |= b.username.equal(user) & b.password.equal(pass)
	}
	for _, h := range g.headers {
		match |= h.value.equal(digestOf(r.Header.Get(h.name)))
	}
	return g.open || match == 1
}

// challenges are the ways to authenticate that an answer of 401 must name (RFC 9110 §11.6.1).
func (g gate) challenges() []string {
	if len(g.basic) > 0 && len(g.bearer) == 0 {
		return []string{`Basic realm="omniflow", charset="UTF-8"`}
	}
	if len(g.basic) > 0 {
		return []string{`Bearer realm="omniflow"`, `Basic realm="omniflow", charset="UTF-8"`}
	}
	return []string{`Bearer realm="omniflow"`}
}

// bearerToken is the token of the Authorization header, empty when there is none; the scheme's case
// does not matter (RFC 9110 §11.1).
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
