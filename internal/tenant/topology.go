package tenant

import (
	"maps"
	"strings"
)

// Topology is what is known about membership: which markets a market group has, and in which
// markets a store sells. A Directory copies what it needs from it.
type Topology struct {
	// GroupMarkets maps a market group to its market ids. A group that is missing is unknown; a
	// group with no markets is known to be empty. Group ids compare case-insensitively.
	GroupMarkets map[string][]string
	// StoreMarkets maps a store id to its market ids. A store that is missing is unknown.
	StoreMarkets map[string][]string
}

// WithGroups returns a topology in which the memberships of groups replace those of t, group by
// group: what the configuration file says wins over what Omnium says (design §4). Neither t nor
// groups is changed.
func (t Topology) WithGroups(groups map[string][]string) Topology {
	merged := make(map[string][]string, len(t.GroupMarkets)+len(groups))
	given := foldKeys(groups)
	for group, markets := range t.GroupMarkets {
		if _, ok := given[Fold(group)]; !ok {
			merged[group] = markets
		}
	}
	maps.Copy(merged, groups)
	return Topology{GroupMarkets: merged, StoreMarkets: t.StoreMarkets}
}

// Fold gives the form in which market and group ids are compared: Omnium spells one id as NOR and
// as nor (reference omnium-api.md §11).
func Fold(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

// foldKeys is m by folded key; the members of keys that fold onto each other are joined.
func foldKeys(m map[string][]string) map[string][]string {
	folded := make(map[string][]string, len(m))
	for key, list := range m {
		k := Fold(key)
		folded[k] = append(folded[k], list...)
	}
	return folded
}
