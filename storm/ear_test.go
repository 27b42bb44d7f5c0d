package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestEarHearsCredentials(t *testing.T) {
	t.Parallel()
	e := new(ear)
	for where, text := range map[string]string{
		"a": `{"error":"Bearer ` + secret() + `"}`, "b": "token " + tokenHead + ".e30.", "c": "a canary sings", "d": "",
	} {
		e.hear(where, text)
		e.hear(where, text)
	}
	slices.Sort(e.leaks)
	if want := []string{"a", "b"}; !slices.Equal(e.leaks, want) {
		t.Errorf("leaks = %q, want %q", e.leaks, want)
	}
}

// TestRefusalsQuoteTheirRequest keeps the ear from listening to vendors who never say a credential.
func TestRefusalsQuoteTheirRequest(t *testing.T) {
	t.Parallel()
	for status, loud := range map[int]bool{http.StatusOK: false, http.StatusForbidden: true, http.StatusBadGateway: true} {
		vendor := quoting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		for _, r := range []*http.Request{
			httptest.NewRequest(http.MethodGet, "/token?clientSecret="+secret(), nil),
			httptest.NewRequest(http.MethodGet, "/", nil),
		} {
			if r.URL.RawQuery == "" {
				r.Header.Set("Authorization", "Bearer "+secret())
			}
			answer, e := httptest.NewRecorder(), new(ear)
			vendor.ServeHTTP(answer, r)
			e.hear("an answer", answer.Body.String())
			if heard := len(e.leaks) > 0; heard != loud {
				t.Errorf("%d to %s: a credential in %q: %t, want %t", status, r.URL.Path, answer.Body, heard, loud)
			}
		}
	}
}
