package omniumtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// tokenResponse is OmniumTokenResponse.
type tokenResponse struct {
	AccessToken string `json:"accessToken"`
	TokenType   string `json:"tokenType"`
	ExpiresIn   int    `json:"expiresIn"`
}

func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	refused := s.disabled || q.Get("clientId") != s.ClientID || q.Get("clientSecret") != s.ClientSecret
	token := ""
	if !refused {
		token = s.issue()
	}
	s.mu.Unlock()
	switch {
	case refused:
		w.WriteHeader(http.StatusUnauthorized)
	case strings.EqualFold(q.Get("returnAsJson"), "true"):
		writeJSON(w, tokenResponse{token, "Bearer", int(s.TokenLife / time.Second)})
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(token))
	}
}

// issue makes a token that looks like a JWT. The caller holds mu.
func (s *Server) issue() string {
	s.issued++
	now := s.Now()
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"none"}`)) + "." +
		encode(fmt.Appendf(nil, `{"iat":%d,"exp":%d}`, now.Unix(), now.Add(s.TokenLife).Unix())) + "." +
		encode(fmt.Appendf(nil, "token-%d", s.issued))
	s.tokens[token] = now.Add(s.TokenLife)
	return token
}

func (s *Server) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	expiry, known := s.tokens[token]
	return ok && known && s.Now().Before(expiry)
}

// RevokeTokens makes all issued tokens worthless; new ones can be had.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// DisableUser deactivates the API user, which kills its tokens at once, or activates it again.
func (s *Server) DisableUser(disabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = disabled
	if disabled {
		clear(s.tokens)
	}
}

// RotateSecret gives the API user another secret, which kills its tokens at once.
func (s *Server) RotateSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ClientSecret = secret
	clear(s.tokens)
}
