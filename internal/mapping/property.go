package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// textProperties maps the properties that have both a key and a value, in the order of their uids. A
// key that stands there several times has its distinct values joined by ", ". It fails when a key has
// no uid or two keys have the same one.
func textProperties(properties []omnium.Property) ([]TextProperty, error) {
	values := make(map[string][]string)
	var list []TextProperty
	for _, p := range properties {
		key, value := strings.TrimSpace(p.Key), strings.TrimSpace(p.Value)
		if key == "" || value == "" || slices.Contains(values[key], value) {
			continue
		}
		if values[key] == nil {
			uid, err := UID(key)
			if err != nil {
				return nil, within("properties", err)
			}
			definition := flow.Property{PropertyUID: uid, PropertyName: key, Type: flow.PropertyTypeText}
			list = append(list, TextProperty{Property: definition})
		}
		values[key] = append(values[key], value)
	}
	for i := range list {
		list[i].Text = strings.Join(values[list[i].PropertyName], ", ")
	}
	slices.SortFunc(list, func(a, b TextProperty) int {
		return cmp.Or(strings.Compare(a.PropertyUID, b.PropertyUID), strings.Compare(a.PropertyName, b.PropertyName))
	})
	for i := 1; i < len(list); i++ {
		if list[i].PropertyUID == list[i-1].PropertyUID {
			return nil, &Error{ReasonUIDDuplicate, fmt.Sprintf("properties %q and %q are both %s in Flow",
				list[i-1].PropertyName, list[i].PropertyName, list[i].PropertyUID)}
		}
	}
	return list, nil
}
