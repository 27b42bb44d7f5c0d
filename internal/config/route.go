package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	routePattern   = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) (/[^/\s]+)+$`)
	segmentPattern = regexp.MustCompile(`^(?:[A-Za-z0-9._~:-]|\{[A-Za-z][A-Za-z0-9]*\})+$`)
	parameter      = regexp.MustCompile(`\{[^}]*\}`)
)

// checkRoutes checks the syntax of the overrides; which names exist is known to the flow package.
func (d *decoder) checkRoutes(routes map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		if wanted := routeProblem(routes[name]); wanted != "" {
			d.fail(child("flow.routes", name), "%s", wanted)
		}
	}
}

func routeProblem(route string) string {
	if !routePattern.MatchString(route) {
		return "must be a method and a path below the base URL, " +
			`as in "PUT /tenants/{tenantUid}/products/{productUid}"`
	}
	_, path, _ := strings.Cut(route, " ")
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if !segmentPattern.MatchString(segment) || segment == "." || segment == ".." {
			return "has a path segment that is neither plain text nor a {parameter}"
		}
	}
	parameters := parameter.FindAllString(path, -1)
	slices.Sort(parameters)
	if len(slices.Compact(slices.Clone(parameters))) != len(parameters) {
		return "names one {parameter} twice"
	}
	return ""
}
