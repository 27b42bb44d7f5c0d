package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/openapi"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	ready := func(err error) func(*api.Options) {
		return func(o *api.Options) { o.Ready = func(context.Context) error { return err } }
	}
	tests := []struct {
		path  string
		ready error
		want  int
	}{
		{"/healthz", nil, 200},
		{"/healthz", errRedis, 200},
		{"/readyz", nil, 200},
		{"/readyz", errRedis, 503},
		{"/metrics", nil, 200},
		{"/openapi.yaml", nil, 200},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %v", test.path, test.ready), func(t *testing.T) {
			t.Parallel()
			got := newHarness(t, ready(test.ready)).admin("", http.MethodGet, test.path, "")
			if got.status != test.want {
				t.Errorf("GET %s = %d, want %d", test.path, got.status, test.want)
			}
		})
	}
}

func TestReadyDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(o *api.Options) {
			o.Ready = func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		started := time.Now()
		got := h.admin("", http.MethodGet, "/readyz", "")
		if took := time.Since(started); got.status != 503 || took != 2*time.Second {
			t.Errorf("GET /readyz on a hung Redis = %d after %s, want 503 after 2s", got.status, took)
		}
	})
}

func TestContractIsServed(t *testing.T) {
	t.Parallel()
	want, err := openapi.Files.ReadFile(openapi.Omniflow)
	if err != nil {
		t.Fatalf("ReadFile: %v", err)
	}
	if got := newHarness(t).admin("", http.MethodGet, "/openapi.yaml", ""); got.body != string(want) {
		t.Errorf("GET /openapi.yaml differs from the file")
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path, allow string
		want                int
	}{
		{http.MethodGet, "/", "", 404},
		{http.MethodGet, "/nope", "", 404},
		{http.MethodGet, "/webhooks/omnium/", "", 404},
		{http.MethodPost, "/webhooks", "", 404},
		{http.MethodGet, "/admin/v1/nope", "", 404},
		{http.MethodGet, "//healthz", "", 404},
		{http.MethodGet, "/../healthz", "", 404},
		{http.MethodGet, "/webhooks/omnium", "POST", 405},
		{http.MethodPut, "/webhooks/omnium", "POST", 405},
		{"BREW", "/webhooks/omnium", "POST", 405},
		{http.MethodPost, "/healthz", "GET", 405},
		{http.MethodHead, "/healthz", "GET", 405},
		{http.MethodPut, letterPath, "GET, DELETE", 405},
		{http.MethodPatch, lettersPath + "/product/a%2Fb", "GET, DELETE", 405},
		{http.MethodGet, replayPath, "POST", 405},
		{"BREW", "/nope", "", 405},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			got := newHarness(t).admin(operatorToken, test.method, test.path, "")
			if got.status != test.want || got.header.Get("Allow") != test.allow {
				t.Errorf("= %d, Allow %q, want %d, Allow %q",
					got.status, got.header.Get("Allow"), test.want, test.allow)
			}
		})
	}
}

func TestObserveNamesRoutesNotPaths(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path string
		want         observation
	}{
		{"GET", "/healthz", observation{"/healthz", "GET", 200}},
		{"GET", tenantPath, observation{"/admin/v1/tenants/{tenant}", "GET", 200}},
		{"GET", lettersPath + "/product/a%2Fb", observation{
			"/admin/v1/tenants/{tenant}/dead-letters/{resource}/{id}", "GET", 404,
		}},
		{"GET", "/random-7f3a", observation{"unmatched", "GET", 404}},
		{"POST", "/healthz", observation{"unmatched", "POST", 405}},
		{"BREW", "/healthz", observation{"unmatched", "other", 405}},
	}
	for _, test := range tests {
		h := newHarness(t)
		h.admin(viewerToken, test.method, test.path, "")
		if got := h.observed[0]; got != test.want {
			t.Errorf("%s %s observed as %+v, want %+v", test.method, test.path, got, test.want)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{ // sent: taken over
		"abc-123_DEF.4": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, `"`: false, "æ": false, "a\tb": false,
	}
	for sent, taken := range tests {
		h := newHarness(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/nope", http.NoBody)
		r.Header.Set("X-Request-Id", sent)
		got := h.do(r).header.Get("X-Request-Id")
		if (got == sent) != taken || got == "" {
			t.Errorf("X-Request-Id %q answered with %q, taken over = %t, want %t", sent, got, got == sent, taken)
		}
	}
}

func TestPanicBecomesProblem(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) {
		o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	})
	rec := httptest.NewRecorder()
	h.handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	got := answer{rec.Code, rec.Header(), rec.Body.String()}
	h.isProblem(got)
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "boom") {
		t.Errorf("panic = %d %s, want 500 without the cause", got.status, got.body)
	}
	if log := h.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, "middleware_test.go") {
		t.Errorf("the log has no cause or stack:\n%s", log)
	}
	if h.observed[0].status != http.StatusInternalServerError {
		t.Errorf("panic observed as %+v, want 500", h.observed[0])
	}
}

func TestPanicAfterTheAnswerHasBegun(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"any": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			panic("boom")
		},
		"abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, metrics := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(o *api.Options) { o.Metrics = metrics })
			srv := httptest.NewServer(h.handler)
			t.Cleanup(srv.Close)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/metrics", http.NoBody)
			if err != nil {
				t.Fatalf("NewRequest: %v", err)
			}
			response, err := srv.Client().Do(r)
			if err == nil {
				_ = response.Body.Close()
				t.Errorf("GET /metrics = %d, want a connection that is cut", response.StatusCode)
			}
		})
	}
}
