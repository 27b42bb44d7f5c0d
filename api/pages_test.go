package api_test

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func (h *harness) get(target string, header ...string) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h.do(r)
}

// Pages need no token, may do nothing but what the policy says, and everything they refer to is there.
func TestPagesAreServedWithTheirAssets(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	seen := map[string]bool{}
	queue := []string{"/dashboard", "/docs"}
	reference := regexp.MustCompile(`(?:(?:src|href)="|from ")(?:\./)?(?:assets/)?([\w-]+\.(?:js|css|svg))"`)
	for len(queue) > 0 {
		target := queue[0]
		queue = queue[1:]
		if seen[target] {
			continue
		}
		seen[target] = true
		got := h.get(target)
		if got.status != http.StatusOK {
			t.Fatalf("GET %s = %d, want 200", target, got.status)
		}
		rules := got.header.Get("Content-Security-Policy")
		if !strings.Contains(rules, "default-src 'none'") || strings.Contains(rules, "unsafe") {
			t.Errorf("GET %s has the policy %q, want a strict one", target, rules)
		}
		for _, m := range reference.FindAllStringSubmatch(got.body, -1) {
			queue = append(queue, "/assets/"+m[1])
		}
		again := h.get(target, "If-None-Match", `W/`+got.header.Get("Etag"))
		if again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("GET %s again = %d with %d bytes, want 304 and none", target, again.status, len(again.body))
		}
	}
	for _, want := range []string{"/assets/style.css", "/assets/docs.css", "/assets/icon.svg", "/assets/stream.js"} {
		if !seen[want] {
			t.Errorf("nothing refers to %s", want)
		}
	}
}

func TestUnknownAssets(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, name := range []string{"nothing.js", "..%2Findex.html", "%2e%2e"} {
		if got := h.get("/assets/" + name); got.status != http.StatusNotFound {
			t.Errorf("GET /assets/%s = %d, want 404", name, got.status)
		}
	}
}

// Every operation and every schema of the contract is on the page.
func TestDocsShowTheContract(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := h.get("/docs").body
	for path, item := range h.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.Contains(body, `id="`+op.OperationID+`"`) || !strings.Contains(body, template.HTMLEscapeString(op.Summary)) {
				t.Errorf("/docs does not show %s %s", method, path)
			}
		}
	}
	for name := range h.doc.Components.Schemas {
		if !strings.Contains(body, `id="schema-`+name+`"`) {
			t.Errorf("/docs does not show the schema %s", name)
		}
	}
	var ids []string
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	slices.Sort(ids)
	if n := len(ids); len(slices.Compact(ids)) != n {
		t.Error("/docs uses an id twice")
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !slices.Contains(ids, m[1]) {
			t.Errorf("/docs links to #%s, which is not there", m[1])
		}
	}
}
