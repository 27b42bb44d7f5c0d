package flowtest

// priceListSchema is reference flow-api.md §8.1; that the name is required is an assumption.
func priceListSchema() schema {
	return schema{
		kinds:    map[string]kind{"pricelistUid": uid, "name": anyText, "externalId": anyText},
		required: []string{"name"},
	}
}

func listPriceLists(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{"pricelistName": "name", "pricelistExternalId": "externalId"})
	return t.list(t.priceLists.list(keep), in.query)
}

func createPriceList(t *tenant, in input) answer {
	return t.createIn(t.priceLists, priceListSchema(), in.body)
}

func getPriceList(t *tenant, in input) answer {
	record, found := t.priceLists.byUID[in.path("pricelistUid")]
	if !found {
		return missing("price list")
	}
	return ok(record)
}

func updatePriceList(t *tenant, in input) answer {
	return t.updateIn(t.priceLists, priceListSchema(), in.path("pricelistUid"), in.body)
}
