package flowtest

import (
	"encoding/json"
	"errors"
)

// productSchema is the visible fields of reference flow-api.md §3.2. That they can be written is
// known only for those the Omnium connector writes; requiredness is not visible, so nothing is
// required. The shape of currencyPurchasePrice is an assumption.
func productSchema() schema {
	return schema{kinds: map[string]kind{
		"productUid": uid, "name": anyText, "sku": anyText, "externalId": anyText, "manufacturerSku": anyText,
		"description": anyText, "shortDescription": anyText,
		"brandUid": uid, "productGroupUid": uid, "categoryUids": listOf(uid), "vatCodeUid": uid,
		"allowPurchase": anyBool, "discontinuedFrom": dateTime,
		"purchasePrice": integer, "recommendedRetailPrice": integer,
		"currencyPurchasePrice": object(schema{
			kinds:    map[string]kind{"currency": anyText, "price": integer},
			required: []string{"currency", "price"},
		}),
		"weight": integer, "height": integer, "width": integer, "length": integer,
	}}
}

func getProduct(t *tenant, in input) answer {
	record, found := t.products.byUID[in.path("productUid")]
	if !found {
		return missing("product")
	}
	return ok(record)
}

// createProduct answers 201; which 2xx Flow answers is not visible.
func createProduct(t *tenant, in input) answer {
	if err := errors.Join(productSchema().checkCreate(in.body), t.checkReferences(in.body)); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(t.products, in.body)
	if refusal != nil {
		return *refusal
	}
	return created(record)
}

// updateProduct merges. That an unknown product is 404 and not created, and that a uid in the body
// is refused, are assumptions.
func updateProduct(t *tenant, in input) answer {
	record, found := t.products.byUID[in.path("productUid")]
	if !found {
		return missing("product")
	}
	s := productSchema()
	delete(s.kinds, "productUid")
	if err := errors.Join(s.checkUpdate(in.body), t.checkReferences(in.body)); err != nil {
		return bad(err.Error())
	}
	t.merge(record, in.body)
	return ok(record)
}

// checkReferences is an assumption: see Options.AcceptDangling.
func (t *tenant) checkReferences(body fields) error {
	if t.options.AcceptDangling {
		return nil
	}
	if uid := body.text("brandUid"); uid != "" && !t.brands.has(uid) {
		return errors.New("brandUid does not exist")
	}
	if uid := body.text("productGroupUid"); uid != "" && !t.groups.has(uid) {
		return errors.New("productGroupUid does not exist")
	}
	var categories []string
	// The schema has seen to it that these are uids.
	_ = json.Unmarshal(body["categoryUids"], &categories)
	for _, uid := range categories {
		if !t.categories.has(uid) {
			return errors.New("categoryUids: " + uid + " does not exist")
		}
	}
	return nil
}
