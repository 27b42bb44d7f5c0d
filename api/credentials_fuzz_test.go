package api_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/tenant"
)

// FuzzCredentials holds what lets a request in against a rule of its own: one of the credentials, spelled as
// RFC 9110 §11 and RFC 7617 say, and nothing else.
func FuzzCredentials(f *testing.F) {
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, seed := range [][2]string{
		{"Bearer old", ""},
		{"bearer  new ", ""},
		{"Bearer old,new", ""},
		{basic("omnium:secret"), ""},
		{basic("omnium:secret\x00"), ""},
		{basic("omnium"), ""},
		{basic(":"), ""},
		{"Basic old", ""},
		{"", "key1"},
		{"Bearer", "key1 "},
		{"\x00", "KEY1"},
		{"Bearer " + operatorToken, ""},
		{"Bearer " + viewerToken, "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, authorization, key string) {
		h := newHarness(t, func(o *api.Options) {
			o.Credentials = api.Credentials{
				Bearer:  []tenant.Secret{"old", "new"},
				Basic:   []api.Basic{{Username: "omnium", Password: "secret"}},
				Headers: []api.Header{{Name: "X-Api-Key", Value: "key1"}},
			}
		})
		send := func(method, target string) int {
			r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(patched))
			r.Header["Authorization"], r.Header["X-Api-Key"] = []string{authorization}, []string{key}
			return h.do(r).status
		}
		scheme, rest, _ := strings.Cut(authorization, " ")
		bearer := ""
		if strings.EqualFold(scheme, "bearer") {
			bearer = strings.TrimSpace(rest)
		}
		pair, err := base64.StdEncoding.DecodeString(rest)
		basic := strings.EqualFold(scheme, "basic") && err == nil && string(pair) == "omnium:secret"
		want := http.StatusUnauthorized
		if key == "key1" || basic || slices.Contains([]string{"old", "new"}, bearer) {
			want = http.StatusAccepted
		}
		if got := send(http.MethodPost, "/webhooks/omnium"); got != want {
			t.Errorf("post with Authorization %q and X-Api-Key %q = %d, want %d", authorization, key, got, want)
		}
		want = http.StatusUnauthorized
		if bearer == operatorToken || bearer == viewerToken {
			want = http.StatusOK
		}
		if got := send(http.MethodGet, "/admin/v1/whoami"); got != want {
			t.Errorf("admin with Authorization %q = %d, want %d", authorization, got, want)
		}
	})
}
