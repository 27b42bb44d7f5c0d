package mapping

import (
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// ReasonCategoryCycle is the reason of an Error about a category that is below itself.
const ReasonCategoryCycle = "category_cycle" // a category is below itself

// Categories are the categories of one Omnium tenant by category id, each in one language. Parents need
// not be among them.
type Categories map[string]*omnium.Category

// Path returns the category and what is above it, itself first, up to but without top, which is a
// category id or empty. below reports whether top was met. A parent that does not exist ends the path:
// what names it is at the top level, as the children of the tenant's root category are, which need not
// exist either (reference omnium-api.md §10). The error is an *Error and names the cycle that the path
// runs into; the path is then that cycle.
func (all Categories) Path(id, top string) (path []*omnium.Category, below bool, err error) {
	for at := id; ; {
		c := all[at]
		if c == nil {
			return path, false, nil
		}
		if i := slices.Index(path, c); i >= 0 {
			return path[i:], false, cycle(path[i:])
		}
		path = append(path, c)
		at = parentOf(c)
		if top != "" && at == top {
			return path, true, nil
		}
	}
}

func parentOf(c *omnium.Category) string { return strings.TrimSpace(c.ParentID) }

func cycle(members []*omnium.Category) error {
	var ids []string
	for _, c := range members {
		ids = append(ids, c.CategoryID)
	}
	return &Error{ReasonCategoryCycle, strings.Join(append(ids, ids[0]), " is below ")}
}

// MappedCategory is what Flow shall hold of one category: a product group or a category.
type MappedCategory struct {
	// Exactly one of Group and Category is set.
	Group    *flow.ProductGroup
	Category *flow.Category
	// ParentID is the category id of the parent in Flow; empty at the top level.
	ParentID string
}

// Category maps one category of all. What is below groupRoot, a category id or empty, becomes a product
// group, everything else a category; the children of groupRoot are at the top level (design §9.10).
// The result is nil for groupRoot itself, which is not created, and for an id that is not in all.
// Hidden categories are mapped as any other: that concerns the web shop. Every error is an *Error.
func Category(all Categories, id, groupRoot string) (*MappedCategory, error) {
	c := all[id]
	if c == nil || groupRoot != "" && id == groupRoot {
		return nil, nil
	}
	path, below, err := all.Path(id, groupRoot)
	if err != nil {
		return nil, err
	}
	uid, err := UID(id)
	if err != nil {
		return nil, err
	}
	m := new(MappedCategory)
	var parent string
	if len(path) > 1 {
		m.ParentID = path[1].CategoryID
		if parent, err = UID(m.ParentID); err != nil {
			return nil, within("parentId", err)
		}
	}
	name := strings.TrimSpace(filled(c.Name, id))
	if below {
		m.Group = &flow.ProductGroup{ProductGroupUID: uid, Name: name, ExternalID: id, ParentUID: parent}
	} else {
		m.Category = &flow.Category{CategoryUID: uid, Name: name, ExternalID: id, ParentUID: parent}
	}
	return m, nil
}
