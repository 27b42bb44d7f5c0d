package demo

import (
	"strings"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// expectCategories expects categories and product groups. What a category was before it became the
// other stays too.
func (v *view) expectCategories() {
	if !v.tenant.categories {
		return
	}
	all := mapping.Categories{}
	for id, versions := range byCategory(v.Categories) {
		all[id] = v.tenant.category(versions)
	}
	for id := range all {
		source := sourceOf("category", id)
		mapped, err := mapping.Category(all, id, groupRoot)
		switch {
		case err != nil:
			v.stick(source)
		case mapped == nil: // the root itself
		case mapped.Group != nil:
			v.hold(Groups, mapped.Group.ProductGroupUID, source, *mapped.Group)
			v.classes[id] = Groups
		default:
			v.hold(Categories, mapped.Category.CategoryUID, source, *mapped.Category)
			v.classes[id] = Categories
		}
	}
}

func byCategory(documents []omnium.Category) map[string][]*omnium.Category {
	groups := map[string][]*omnium.Category{}
	for i := range documents {
		id := documents[i].CategoryID
		groups[id] = append(groups[id], &documents[i])
	}
	return groups
}

// category picks the document that the tenant's market wants, as document does.
func (t tenant) category(versions []*omnium.Category) *omnium.Category {
	for _, language := range []string{t.language, defaultLanguage} {
		for _, c := range versions {
			if strings.EqualFold(c.Language, language) {
				return c
			}
		}
	}
	return versions[0]
}
