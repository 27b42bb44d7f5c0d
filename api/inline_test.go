package api_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/omniflow/omniflow/internal/dashboard"
)

// pageHeaders are what every page and file of a page is sent with.
var pageHeaders = map[string]string{
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin",
}

// pageDirectives are those that the policy of pages must have, word by word: nothing is loaded from
// elsewhere, nothing inline runs, nobody frames the page, no form leaves it.
var pageDirectives = []string{
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
	"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
}

func TestPagesForbidWhatTheyDoNotNeed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{"/dashboard", "/docs", "/assets/style.css"} {
		got := h.get(target)
		for name, want := range pageHeaders {
			if value := got.header.Get(name); value != want {
				t.Errorf("GET %s: %s = %q, want %q", target, name, value, want)
			}
		}
		var rules []string
		for rule := range strings.SplitSeq(got.header.Get("Content-Security-Policy"), ";") {
			rules = append(rules, strings.TrimSpace(rule))
		}
		for _, want := range pageDirectives {
			if !strings.Contains(strings.Join(rules, ";")+";", want+";") {
				t.Errorf("GET %s: policy = %q, want %q in it", target, rules, want)
			}
		}
	}
}

// The policy would stop them; that there are none at all means that it costs nothing.
func TestPagesHoldNothingInline(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{"/dashboard", "/docs"} {
		page, err := html.Parse(strings.NewReader(h.get(target).body))
		if err != nil {
			t.Fatalf("GET %s: %v", target, err)
		}
		elements := 0
		for node := range page.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			elements++
			for _, fault := range inline(node) {
				t.Errorf("GET %s: <%s> has %s", target, node.Data, fault)
			}
		}
		if elements < 10 {
			t.Errorf("GET %s has %d elements, want a page", target, elements)
		}
	}
}

// inline says what an element holds that runs, styles or loads from elsewhere.
func inline(node *html.Node) []string {
	var faults []string
	src := ""
	for _, a := range node.Attr {
		value := strings.ToLower(strings.TrimSpace(a.Val))
		if a.Key == "src" {
			src = value
		}
		switch {
		case strings.HasPrefix(a.Key, "on"):
			faults = append(faults, "the handler "+a.Key)
		case a.Key == "style":
			faults = append(faults, "a style")
		case strings.HasPrefix(value, "javascript:"), strings.HasPrefix(value, "data:"):
			faults = append(faults, a.Key+"="+a.Val)
		case a.Key == "src" && (strings.Contains(value, "//") || value == ""),
			a.Key == "href" && node.Data == "link" && strings.Contains(value, "//"):
			faults = append(faults, a.Key+" from elsewhere: "+a.Val)
		}
	}
	switch node.Data {
	case "script":
		if src == "" || node.FirstChild != nil {
			faults = append(faults, "a script of its own")
		}
	case "style", "iframe", "object", "embed", "base":
		faults = append(faults, "no business here")
	}
	return faults
}

// Scripts make text of what vendors send, never elements, and evaluate nothing.
func TestScriptsWriteTextOnly(t *testing.T) {
	t.Parallel()
	assets, err := dashboard.Assets()
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for _, a := range assets {
		if !strings.HasSuffix(a.Name, ".js") {
			continue
		}
		scripts++
		for _, word := range []string{
			"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
			"document.cookie", "localStorage",
		} {
			if strings.Contains(string(a.Body), word) {
				t.Errorf("%s uses %s", a.Name, word)
			}
		}
	}
	if scripts < 2 {
		t.Errorf("%d scripts were looked at, want all of the dashboard", scripts)
	}
}
