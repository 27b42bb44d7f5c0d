package tenant

import "strings"

// Properties are connector properties with the documented keys; values are strings, as in Omnium
// (reference mapping.md §2.1). Keys compare exactly.
type Properties map[string]string

// Bool reports whether the property is "true" in any case; absent or anything else is false.
func (p Properties) Bool(key string) bool {
	return strings.EqualFold(strings.TrimSpace(p[key]), "true")
}

// List splits a comma-separated property; empty elements are dropped.
func (p Properties) List(key string) []string {
	var list []string
	for s := range strings.SplitSeq(p[key], ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}
