package api

import (
	"encoding/base64"
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
func resourceNames() string { return listOf(event.Resources()) }

// listOf lists words for people.
func listOf[S ~string](words []S) string {
	names := make([]string, 0, len(words))
	for _, w := range words {
		names = append(names, string(w))
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

// badCursor is what a client is told whose cursor makes no sense.
const badCursor = "cursor is not one that was given out."

// window is which part of a list is asked for.
type window struct {
	cursor string
	limit  int
}

func windowOf(r *http.Request) (window, error) {
	limit, err := limitParam(r)
	if err != nil {
		return window{}, err
	}
	cursor, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("cursor"))
	if err != nil {
		return window{}, refuse(errInvalid, badCursor, err)
	}
	return window{string(cursor), limit}, nil
}

// sealed wraps a cursor for the way out: those of the queue may hold any bytes.
func sealed(cursor string) string { return base64.RawURLEncoding.EncodeToString([]byte(cursor)) }
