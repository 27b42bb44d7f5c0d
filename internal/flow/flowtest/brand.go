package flowtest

import (
	"encoding/json"
	"strings"
)

// brandSchema is reference flow-api.md §2; that the name is required is an assumption.
func brandSchema() schema {
	return schema{
		kinds:    map[string]kind{"brandUid": uid, "name": anyText, "externalId": anyText},
		required: []string{"name"},
	}
}

func listBrands(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{"brandName": "name", "brandExternalId": "externalId"})
	return t.list(t.brands.list(keep), in.query)
}

func createBrand(t *tenant, in input) answer {
	if err := brandSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(t.brands, in.body)
	if refusal != nil {
		return *refusal
	}
	return ok(record)
}

// searchBrands looks in the names. What the search covers, and how it matches, is an assumption.
func searchBrands(t *tenant, in input) answer {
	s := schema{kinds: map[string]kind{"query": anyText, "exactMatch": anyBool}, required: []string{"query"}}
	if err := s.checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	var exact bool
	_ = json.Unmarshal(in.body["exactMatch"], &exact) // Left out means false.
	query := strings.ToLower(in.body.text("query"))
	return t.list(t.brands.list(func(record fields) bool {
		name := strings.ToLower(record.text("name"))
		return name == query || !exact && strings.Contains(name, query)
	}), in.query)
}
