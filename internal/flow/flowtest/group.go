package flowtest

import (
	"encoding/json"
	"net/http"
)

// groupSchema is reference flow-api.md §6; that the name is required is an assumption.
func groupSchema() schema {
	return schema{
		kinds: map[string]kind{
			"productGroupUid": uid, "name": anyText, "externalId": anyText, "parentUid": optionalUID,
			"scope": oneOf("SALE", "SERVICE", "NO_SEARCH"),
		},
		required: []string{"name"},
	}
}

func listGroups(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{"productGroupName": "name", "productGroupExternalId": "externalId"})
	var list []fields
	for _, record := range t.groups.list(keep) {
		list = append(list, t.groupView(record))
	}
	return t.list(list, in.query)
}

func createGroup(t *tenant, in input) answer {
	if err := groupSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	parent := in.body.text("parentUid")
	if refusal := checkParent(t.groups, in.body.text("productGroupUid"), parent); refusal != nil {
		return *refusal
	}
	record, refusal := t.create(t.groups, in.body)
	if refusal != nil {
		return *refusal
	}
	if isNull(record["scope"]) {
		record["scope"] = t.inheritedScope(parent)
	}
	return ok(t.groupView(record))
}

func (t *tenant) inheritedScope(parent string) json.RawMessage {
	if scope := t.groups.byUID[parent]["scope"]; scope != nil {
		return scope
	}
	return quote("SALE")
}

func getGroup(t *tenant, in input) answer {
	record, found := t.groups.byUID[in.path("productGroupUid")]
	if !found {
		return missing("product group")
	}
	return ok(t.groupView(record))
}

func updateGroup(t *tenant, in input) answer {
	record, found := t.groups.byUID[in.path("productGroupUid")]
	if !found {
		return missing("product group")
	}
	s := groupSchema()
	delete(s.kinds, "productGroupUid")
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	if refusal := checkParent(t.groups, in.path("productGroupUid"), in.body.text("parentUid")); refusal != nil {
		return *refusal
	}
	t.merge(record, in.body)
	if scope, sent := in.body["scope"]; sent && !isNull(scope) {
		t.spreadScope(record.text("productGroupUid"), scope)
	}
	return ok(t.groupView(record))
}

// spreadScope changes the scope of all descendants, as documented.
func (t *tenant) spreadScope(parent string, scope json.RawMessage) {
	for _, uid := range t.groups.order {
		if child := t.groups.byUID[uid]; child.text("parentUid") == parent && uid != parent {
			child["scope"] = scope
			t.spreadScope(uid, scope)
		}
	}
}

// deleteGroup refuses a group that is not empty, as documented; which of the documented refusals
// that is, 403, is an assumption.
func deleteGroup(t *tenant, in input) answer {
	uid := in.path("productGroupUid")
	if !t.groups.has(uid) {
		return missing("product group")
	}
	for _, child := range t.groups.byUID {
		if child.text("parentUid") == uid {
			return refuse(http.StatusForbidden, "product group is not empty")
		}
	}
	if t.productCount(uid) > 0 {
		return refuse(http.StatusForbidden, "product group is not empty")
	}
	t.groups.remove(uid)
	return answer{status: http.StatusNoContent}
}

func (t *tenant) productCount(group string) int {
	n := 0
	for _, product := range t.products.byUID {
		if product.text("productGroupUid") == group {
			n++
		}
	}
	return n
}

// groupView adds what Flow counts. The result is a copy.
func (t *tenant) groupView(record fields) fields {
	count, _ := json.Marshal(t.productCount(record.text("productGroupUid")))
	return record.with("productCount", count)
}
