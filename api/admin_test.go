package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
)

const (
	tenantsPath = "/admin/v1/tenants"
	tenantPath  = tenantsPath + "/fjell_no"
	lettersPath = tenantPath + "/dead-letters"
	letterPath  = lettersPath + "/product/jacket-77"
	replayPath  = lettersPath + "/replay"
	discardPath = lettersPath + "/discard"
	replayBody  = `{"filter":{"resource":"product","ids":["jacket-77"]}}`
)

func TestAdminRoles(t *testing.T) {
	t.Parallel()
	routes := []struct {
		method, path string
		acts         bool
		granted      int
	}{
		{http.MethodGet, tenantsPath, false, 200},
		{http.MethodGet, tenantPath, false, 200},
		{http.MethodGet, lettersPath, false, 200},
		{http.MethodGet, letterPath, false, 404},
		{http.MethodPost, replayPath, true, 200},
		{http.MethodPost, discardPath, true, 200},
		{http.MethodDelete, letterPath, true, 404},
		{http.MethodGet, jobsPath, false, 200},
		{http.MethodPost, tenantPath + "/pause", true, 200},
		{http.MethodPost, tenantPath + "/resume", true, 200},
		{http.MethodGet, objectPath("product", "jacket-77"), false, 200},
		{http.MethodPost, objectPath("product", "jacket-77") + "/sync", true, 202},
		{http.MethodGet, eventsPath, false, 200},
		{http.MethodGet, unroutedPath, false, 200},
		{http.MethodGet, rejectedPath, false, 200},
		{http.MethodGet, configPath, false, 200},
	}
	for _, route := range routes {
		viewer := route.granted
		if route.acts {
			viewer = http.StatusForbidden
		}
		for token, want := range map[string]int{
			"": 401, "wrong": 401, hookToken: 401, viewerToken + " ": viewer, viewerToken: viewer,
			operatorToken: route.granted, operatorToken[:8]: 401,
		} {
			t.Run(route.method+" "+route.path+" "+token, func(t *testing.T) {
				t.Parallel()
				got := newHarness(t).admin(token, route.method, route.path, replayBody)
				if got.status != want {
					t.Errorf("= %d %s, want %d", got.status, got.body, want)
				}
				if challenged := got.header.Get("WWW-Authenticate") != ""; challenged != (want == 401) {
					t.Errorf("answer %d has WWW-Authenticate = %t", got.status, challenged)
				}
			})
		}
	}
}

func TestAdminWithoutTokensIsClosed(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.AdminTokens = nil })
	for _, token := range []string{"", operatorToken} {
		if got := h.admin(token, http.MethodGet, tenantsPath, ""); got.status != http.StatusForbidden {
			t.Errorf("GET %s with token %q = %d, want 403", tenantsPath, token, got.status)
		}
		if got := h.admin(token, http.MethodPost, replayPath, replayBody); got.status != http.StatusForbidden {
			t.Errorf("POST %s with token %q = %d, want 403", replayPath, token, got.status)
		}
	}
}

// logLines reads the log as what it is: one JSON object per line.
func logLines(t *testing.T, h *harness) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(h.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}

func TestActionsAreLoggedWithWho(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"] = letters("jacket-77")
	got := h.admin(operatorToken, http.MethodPost, replayPath, replayBody)
	for _, line := range logLines(t, h) {
		if line["message"] != "dead letters replayed" {
			continue
		}
		if line["actor"] != "ops" || line["tenant"] != "fjell_no" || line["level"] != "info" ||
			line["done"] != 1.0 || line["request_id"] != got.header.Get("X-Request-Id") {
			t.Errorf("action logged as %v", line)
		}
		return
	}
	t.Errorf("no action logged:\n%s", h.log)
}
