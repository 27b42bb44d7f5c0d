package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/omniflow/omniflow/internal/apidoc"
	"github.com/omniflow/omniflow/internal/dashboard"
)

// pageRules is what a page may do: load and ask what is here, and nothing else. Scripts cannot turn
// text into HTML, so that what vendors send stays text, and nobody can frame the page.
const pageRules = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// staticFile is something that is the same until the next version.
type staticFile struct {
	contentType string
	body        []byte
	tag         string
}

func newStaticFile(contentType string, body []byte) staticFile {
	sum := sha256.Sum256(body)
	return staticFile{contentType, body, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// pages are the files of the dashboard and of the description of the API. They need no token: they
// hold nothing but themselves, and ask the admin API for the rest.
type pages struct {
	dashboard, docs staticFile
	assets          map[string]staticFile
}

func newPages(spec []byte) (*pages, error) {
	page, err := dashboard.Page()
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	described, err := apidoc.Render(spec)
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	assets, err := dashboard.Assets()
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	const html = "text/html; charset=utf-8"
	p := &pages{newStaticFile(html, page), newStaticFile(html, described), map[string]staticFile{}}
	for _, a := range assets {
		p.assets[a.Name] = newStaticFile(a.ContentType, a.Body)
	}
	return p, nil
}

// route adds the pages to the routes.
func (p *pages) route(r chi.Router) {
	r.Method(http.MethodGet, "/dashboard", p.dashboard)
	r.Method(http.MethodGet, "/docs", p.docs)
	r.Method(http.MethodGet, "/assets/{name}", handler(p.asset))
}

// asset answers GET /assets/{name}.
func (p *pages) asset(w http.ResponseWriter, r *http.Request) error {
	file, known := p.assets[chi.URLParam(r, "name")]
	if !known {
		return refuse(errNotFound, "There is no such file.", nil)
	}
	file.ServeHTTP(w, r)
	return nil
}

// ServeHTTP answers with the file, or with 304 to a browser that has it.
func (f staticFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache") // ask each time: a new version takes effect at once
	h.Set("ETag", f.tag)
	h.Set("Content-Security-Policy", pageRules)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Proxies that compress may have made the tag a weak one.
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(f.body) // a client that has gone cannot be told
}
