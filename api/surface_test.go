package api_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// operation is one of the contract, with a path that matches it.
type operation struct{ method, route, target string }

// examples are what the parameters of paths are filled with.
var examples = strings.NewReplacer(
	"{tenant}", "fjell_no", "{resource}", "product", "{id}", "jacket-77", "{name}", "style.css",
)

// operations are all of the contract, which the router is compared with elsewhere: a new route is in every
// test below by itself.
func operations(t *testing.T, h *harness) []operation {
	t.Helper()
	var all []operation
	for route, item := range h.doc.Paths.Map() {
		target := examples.Replace(route)
		if strings.Contains(target, "{") {
			t.Fatalf("%s has a parameter without an example", route)
		}
		for method := range item.Operations() {
			all = append(all, operation{method, route, target})
		}
	}
	return all
}

func (o operation) isAdmin() bool { return strings.HasPrefix(o.route, "/admin/") }

// Who may come without a token is a list, so that nothing is open by an oversight.
func TestOpenRoutesAreThese(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var open []string
	for _, op := range operations(t, h) {
		if op.isAdmin() {
			continue
		}
		r := httptest.NewRequestWithContext(t.Context(), op.method, op.target, strings.NewReader(patched))
		if got := h.do(r); got.status != http.StatusUnauthorized {
			open = append(open, op.method+" "+op.route)
		}
	}
	slices.Sort(open)
	want := []string{
		"GET /assets/{name}", "GET /dashboard", "GET /docs", "GET /healthz", "GET /metrics", "GET /openapi.yaml",
		"GET /readyz",
	}
	if !slices.Equal(open, want) {
		t.Errorf("routes that answer without a credential = %q, want %q", open, want)
	}
}

// strangers are requests that hold no admin token where one belongs: forgotten, wrong, cut off, of the
// webhook, or in a place that a browser or a log would have a part in.
func strangers() map[string]func(*http.Request) {
	authorization := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	query := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = name + "=" + operatorToken }
	}
	return map[string]func(*http.Request){
		"nothing":             func(*http.Request) {},
		"wrong token":         authorization("Bearer wrong"),
		"empty token":         authorization("Bearer "),
		"beginning of one":    authorization("Bearer " + operatorToken[:8]),
		"more than one":       authorization("Bearer " + operatorToken + "x"),
		"two in one":          authorization("Bearer " + viewerToken + "," + operatorToken),
		"token of the hook":   authorization("Bearer " + hookToken),
		"no scheme":           authorization(operatorToken),
		"another scheme":      authorization("Basic " + operatorToken),
		"basic password":      authorization("Basic " + base64.StdEncoding.EncodeToString([]byte("ops:"+operatorToken))),
		"name of the token":   authorization("Bearer ops"),
		"query token":         query("token"),
		"query access_token":  query("access_token"),
		"query authorization": query("authorization"),
		"cookie": func(r *http.Request) {
			for _, name := range []string{"token", "session", "Authorization"} {
				r.AddCookie(&http.Cookie{Name: name, Value: operatorToken})
			}
		},
		"proxy header": func(r *http.Request) { r.Header.Set("Proxy-Authorization", "Bearer "+operatorToken) },
		"other headers": func(r *http.Request) {
			r.Header.Set("X-Api-Key", operatorToken)
			r.Header.Set("X-Forwarded-User", "ops")
		},
	}
}

// No admin route tells a stranger anything, not even which tenants exist.
func TestAdminRoutesRefuseStrangers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, op := range operations(t, h) {
		if !op.isAdmin() {
			continue
		}
		for name, sign := range strangers() {
			for _, target := range []string{op.target, strings.Replace(op.target, "fjell_no", "nobody", 1)} {
				r := httptest.NewRequestWithContext(t.Context(), op.method, target, strings.NewReader(replayBody))
				sign(r)
				got := h.do(r)
				if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s with %s = %d, want 401 with a challenge", op.method, target, name, got.status)
				}
				if strings.Contains(got.body, "fjell") || strings.Contains(got.body, operatorToken) {
					t.Errorf("%s %s with %s tells %s", op.method, target, name, got.body)
				}
			}
		}
	}
	if len(h.intake.entries)+len(h.syncs.all) > 0 {
		t.Error("a stranger has changed something")
	}
}

// Whatever does not only read is refused to a viewer.
func TestViewersDoNotAct(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	actions := 0
	for _, op := range operations(t, h) {
		if !op.isAdmin() || op.method == http.MethodGet {
			continue
		}
		actions++
		if got := h.admin(viewerToken, op.method, op.target, replayBody); got.status != http.StatusForbidden {
			t.Errorf("%s %s by a viewer = %d %s, want 403", op.method, op.target, got.status, got.body)
		}
	}
	if actions < 8 {
		t.Errorf("the contract has %d actions, want them all", actions)
	}
}

// The guard cannot be walked around: another spelling of a path, or another method, is not the route.
func TestAdminRoutesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{
		"//admin/v1/tenants", "/./admin/v1/tenants", "/x/../admin/v1/tenants", "/ADMIN/v1/tenants", "/admin/v1/tenants/",
		"/admin%2Fv1%2Ftenants", "/admin/v1/tenants;a=b", "/%61dmin/v1/tenants", "/assets/..%2Fadmin%2Fv1%2Ftenants",
		"/assets/../admin/v1/tenants", "/dashboard/../admin/v1/tenants",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL.Path, r.RequestURI = target, target
		if u, err := r.URL.Parse(target); err == nil {
			r.URL = u
		}
		if got := h.do(r); got.status < 400 {
			t.Errorf("GET %s without a token = %d %s, want it refused", target, got.status, got.body)
		}
	}
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodTrace, "FOO"} {
		r := httptest.NewRequestWithContext(t.Context(), method, tenantsPath, nil)
		r.Header.Set("X-Http-Method-Override", "GET")
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, r)
		if rec.Code < 400 || strings.Contains(rec.Body.String(), "fjell") {
			t.Errorf("%s %s without a token = %d %s, want it refused", method, tenantsPath, rec.Code, rec.Body)
		}
	}
}

// A browser that holds the dashboard cannot be made to act by another site: the token is in a header that
// only the page itself adds, no answer sets a cookie, and none lets another origin read or send headers.
func TestOtherSitesCannotAct(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, op := range operations(t, h) {
		forms := []*http.Request{
			// What a form or an image of another site sends, with whatever cookies there are.
			httptest.NewRequestWithContext(t.Context(), op.method, op.target, strings.NewReader(replayBody)),
			// What the page itself sends, from elsewhere.
			httptest.NewRequestWithContext(t.Context(), op.method, op.target, strings.NewReader(replayBody)),
			// What a browser asks before it sends a header that another site wants to add.
			httptest.NewRequestWithContext(t.Context(), http.MethodOptions, op.target, nil),
		}
		forms[0].Header.Set("Content-Type", "text/plain")
		forms[0].AddCookie(&http.Cookie{Name: "token", Value: operatorToken})
		forms[1].Header.Set("Authorization", "Bearer "+viewerToken)
		forms[2].Header.Set("Access-Control-Request-Method", op.method)
		forms[2].Header.Set("Access-Control-Request-Headers", "authorization")
		for i, r := range forms {
			if op.route == "/admin/v1/stream" && i == 1 {
				continue // does not end
			}
			r.Header.Set("Origin", "https://elsewhere.example")
			rec := httptest.NewRecorder()
			h.handler.ServeHTTP(rec, r)
			if op.isAdmin() && i != 1 && rec.Code < 400 {
				t.Errorf("%s %s from another site = %d, want it refused", r.Method, op.target, rec.Code)
			}
			for name := range rec.Header() {
				if name == "Set-Cookie" || strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s answers %s: %s", r.Method, op.target, name, rec.Header().Get(name))
				}
			}
		}
	}
}

// A body that is too large or nested too deep is refused wherever one is read, and never believed.
func TestActionsBoundTheirBodies(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"3 MiB":        `{"filter":{"reason":"` + strings.Repeat("x", 3<<20) + `"}}`,
		"deep objects": strings.Repeat(`{"filter":`, 40_000),
		"deep lists":   `{"filter":{"ids":` + strings.Repeat("[", 200_000) + `}`,
	} {
		h := newHarness(t)
		for _, op := range operations(t, h) {
			if !op.isAdmin() || op.method == http.MethodGet {
				continue
			}
			got := h.admin(operatorToken, op.method, op.target, body)
			reads := strings.HasSuffix(op.route, "/replay") || strings.HasSuffix(op.route, "/discard") ||
				strings.HasSuffix(op.route, "/syncs")
			if reads && got.status != http.StatusBadRequest && got.status != http.StatusRequestEntityTooLarge ||
				got.status >= 500 {
				t.Errorf("%s %s with %s = %d %s, want 400 or 413", op.method, op.target, name, got.status, got.body)
			}
		}
		if len(h.syncs.all) > 0 {
			t.Errorf("%s: a synchronisation was created", name)
		}
	}
}
