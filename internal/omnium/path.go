package omnium

import (
	"net/url"
	"slices"
	"strings"
)

// segment escapes id as one segment of a path. It reports false for an id that cannot be one: empty,
// or a dot segment, which servers and proxies resolve even when it is escaped (RFC 3986 §5.2.4). A plus
// is escaped too, because some read it as a blank; phone numbers as ids begin with one.
func segment(id string) (string, bool) {
	switch id {
	case "", ".", "..":
		return "", false
	default:
		return strings.ReplaceAll(url.PathEscape(id), "+", "%2B"), true
	}
}

// reserved reports whether a path below /api/Products that begins with id belongs to something else
// than the document id, in Omnium's case-insensitive routing (reference omnium-api.md §3.2).
func reserved(id string) bool {
	names := []string{"Assets", "ProductCategories", "ProductSearch", "Scroll", "Variants"}
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(id, name) })
}
