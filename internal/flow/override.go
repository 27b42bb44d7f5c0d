package flow

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Override returns the table with the given rows replaced. The keys are names of operations, the
// values are a method and a path below the base URL, such as
// "PUT /tenants/{tenantUid}/products/{productUid}". A path may use the placeholders of the row it
// replaces and no others. The error joins everything that is wrong, in the order of the names; each
// message starts with the name.
func (r Routes) Override(overrides map[string]string) (Routes, error) {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		row, err := r.override(name, overrides[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		r = r.with(row)
	}
	if len(errs) > 0 {
		return Routes{}, errors.Join(errs...)
	}
	return r, nil
}

func (r Routes) override(name, value string) (Route, error) {
	row, ok := r.rows[name]
	if !ok {
		return Route{}, errors.New("unknown operation")
	}
	fields := strings.Fields(value)
	if len(fields) != 2 {
		return Route{}, fmt.Errorf("route %q: want a method and a path", value)
	}
	method, path := fields[0], fields[1]
	if err := errors.Join(checkMethod(method), checkPath(path), checkPlaceholders(path, row.Path)); err != nil {
		return Route{}, err
	}
	row.Method, row.Path, row.Evidence = method, path, Configured
	return row, nil
}

func checkMethod(method string) error {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return nil
	}
	return fmt.Errorf("method %q: want GET, POST, PUT, PATCH or DELETE", method)
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// checkPath refuses what would not stay a plain path below the base URL.
func checkPath(path string) error {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return fmt.Errorf("path %q: want one leading slash", path)
	}
	// Filled with a harmless uid, the template must come out of the parser as it went in.
	filled := placeholder.ReplaceAllString(path, "x")
	u, err := url.Parse(filled)
	if err != nil || u.EscapedPath() != filled || strings.ContainsAny(filled, "{}") {
		return fmt.Errorf("path %q: want a plain path without query, fragment or stray braces", path)
	}
	for segment := range strings.SplitSeq(filled, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("path %q: want no dot segments", path)
		}
	}
	return nil
}

func checkPlaceholders(path, defaultPath string) error {
	allowed := placeholder.FindAllString(defaultPath, -1)
	var errs []error
	for _, p := range placeholder.FindAllString(path, -1) {
		if !slices.Contains(allowed, p) {
			errs = append(errs, fmt.Errorf("placeholder %s: want one of %s", p, strings.Join(allowed, ", ")))
		}
	}
	return errors.Join(errs...)
}
