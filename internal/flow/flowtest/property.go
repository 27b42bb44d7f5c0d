package flowtest

// propertySchema is reference flow-api.md §4.1.
func propertySchema() schema {
	return schema{
		kinds: map[string]kind{
			"propertyUid": uid, "propertyName": anyText, "externalId": anyText,
			"type": oneOf("TEXT", "SINGLESELECT", "MULTISELECT"),
		},
		required: []string{"propertyName", "type"},
	}
}

func listProperties(t *tenant, in input) answer { return t.list(t.properties.list(all), in.query) }

// createProperty answers 200; which 2xx Flow answers is not visible.
func createProperty(t *tenant, in input) answer {
	if err := propertySchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(t.properties, in.body)
	if refusal != nil {
		return *refusal
	}
	return ok(record)
}

// setPropertyText is an assumption as a whole: no page shows how a product gets a property.
func setPropertyText(t *tenant, in input) answer {
	product, property := in.path("productUid"), in.path("propertyUid")
	if !t.products.has(product) {
		return missing("product")
	}
	if !t.properties.has(property) {
		return missing("property")
	}
	s := schema{kinds: map[string]kind{"propertyText": anyText}, required: []string{"propertyText"}}
	if err := s.checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	if t.texts[product] == nil {
		t.texts[product] = make(map[string]string)
	}
	t.texts[product][property] = in.body.text("propertyText")
	return ok(fields{"propertyUid": quote(property), "propertyText": in.body["propertyText"]})
}
