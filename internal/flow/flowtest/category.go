package flowtest

import (
	"encoding/json"

	"github.com/omniflow/omniflow/internal/flow"
)

func (s *Server) categoryRoutes() {
	const categories = "/tenants/{tenantUid}/categories"
	s.handle(flow.CategoryList, "GET", categories, listCategories)
	s.handle(flow.CategoryCreate, "POST", categories, createCategory)
	s.handle(flow.CategoryGet, "GET", categories+"/{categoryUid}", getCategory)
	s.handle(flow.CategoryUpdate, "PUT", categories+"/{categoryUid}", updateCategory)
}

// categorySchema is reference flow-api.md §7.
func categorySchema() schema {
	return schema{
		kinds: map[string]kind{
			"categoryUid": uid, "name": anyText, "externalId": anyText, "parentUid": optionalUID,
		},
		required: []string{"name"},
	}
}

// listCategories lists the children of a category, or the roots.
func listCategories(t *tenant, in input) answer {
	parent := in.query.Get("categoryParentUid")
	keep := filtered(in.query, map[string]string{"categoryExternalId": "externalId"})
	var list []fields
	for _, record := range t.categories.list(keep) {
		if record.text("parentUid") == parent {
			list = append(list, t.categoryView(record))
		}
	}
	return t.list(list, in.query)
}

func createCategory(t *tenant, in input) answer {
	if err := categorySchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	if refusal := checkParent(t.categories, in.body.text("categoryUid"), in.body.text("parentUid")); refusal != nil {
		return *refusal
	}
	record, refusal := t.create(t.categories, in.body)
	if refusal != nil {
		return *refusal
	}
	return ok(t.categoryView(record))
}

func getCategory(t *tenant, in input) answer {
	record, found := t.categories.byUID[in.path("categoryUid")]
	if !found {
		return missing("category")
	}
	return ok(t.categoryView(record))
}

// updateCategory merges. The operation, and all that it refuses, are assumptions.
func updateCategory(t *tenant, in input) answer {
	record, found := t.categories.byUID[in.path("categoryUid")]
	if !found {
		return missing("category")
	}
	s := categorySchema()
	delete(s.kinds, "categoryUid")
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	if refusal := checkParent(t.categories, in.path("categoryUid"), in.body.text("parentUid")); refusal != nil {
		return *refusal
	}
	t.merge(record, in.body)
	return ok(t.categoryView(record))
}

// checkParent refuses a parent that does not exist, and one that is the record itself or below it.
// Both are assumptions.
func checkParent(c *collection, uid, parent string) *answer {
	for at := parent; at != ""; at = c.byUID[at].text("parentUid") {
		if !c.has(at) || at == uid {
			refusal := bad("parentUid does not exist or is below the record")
			return &refusal
		}
	}
	return nil
}

// categoryView adds the documented children.
func (t *tenant) categoryView(record fields) fields {
	children := t.categories.list(func(child fields) bool {
		return child.text("parentUid") == record.text("categoryUid")
	})
	// Records came as JSON.
	raw, _ := json.Marshal(append([]fields{}, children...))
	return record.with("categories", raw)
}
