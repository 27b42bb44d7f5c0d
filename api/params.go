package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/omniflow/omniflow/internal/event"
)

// pathParam is a segment of the path as the client meant it. chi matches the escaped path when the
// URL has one that differs from the default escaping, which is how an id can contain a slash, and
// the unescaped path otherwise: only the former is still to be unescaped.
func pathParam(r *http.Request, name string) (string, error) {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value, nil
	}
	value, err := url.PathUnescape(value)
	if err != nil {
		return "", refuse(errInvalid, fmt.Sprintf("%s is not escaped correctly.", name), err)
	}
	return value, nil
}

// resourceParam is an optional filter in the query.
func resourceParam(r *http.Request) (event.Resource, error) {
	resource := event.Resource(r.URL.Query().Get("resource"))
	if resource != "" && !resource.Valid() {
		return "", refuse(errInvalid, "resource must be one of "+resourceNames()+".", nil)
	}
	return resource, nil
}

// resourceNames lists what a resource can be.
func resourceNames() string {
	var names []string
	for _, r := range event.Resources() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// The size of a page when the client does not say, and the largest one.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// limitParam is how many items a page shall have.
func limitParam(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, refuse(errInvalid, fmt.Sprintf("limit must be a number from 1 to %d.", maxLimit), err)
	}
	return n, nil
}
