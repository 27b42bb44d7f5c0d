package omnium_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/rest"
)

// TestTokenNotFoundIsNoDeletion: a 404 of the token's address says nothing about a product; taken for
// one, it would take live products off sale.
func TestTokenNotFoundIsNoDeletion(t *testing.T) {
	t.Parallel()
	s := omniumtest.New()
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusNotFound, nil, strings.HasPrefix(r.URL.Path, "/api/Token")
	}
	// Not through the contract: it does not foresee this answer.
	c, err := omnium.New(omnium.Options{
		BaseURL: "http://omnium.test", ClientID: "client", ClientSecret: "secret", Transport: s.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Product(t.Context(), "p", "", time.Now())
	if e, ok := errors.AsType[*rest.Error](err); !ok || e.StatusCode != 404 || errors.Is(err, omnium.ErrNotFound) {
		t.Errorf("Product() with a token address that is not there = %v, want the token's 404", err)
	}
}
