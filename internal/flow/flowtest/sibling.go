package flowtest

import "slices"

// listVariants answers with the siblings. That the productVariantUid is the sibling's uid is an
// assumption.
func listVariants(t *tenant, in input) answer {
	product := in.path("productUid")
	if !t.products.has(product) {
		return missing("product")
	}
	var list []fields
	for _, sibling := range t.links[product] {
		list = append(list, t.products.byUID[sibling].with("productVariantUid", quote(sibling)))
	}
	return t.list(list, in.query)
}

// linkSibling is an assumption as a whole: no page shows how siblings are linked. Here the link
// holds in both directions, a product is no sibling of itself, and a link that exists is refused
// like every other object that does.
func linkSibling(t *tenant, in input) answer {
	s := schema{kinds: map[string]kind{"productUid": uid}, required: []string{"productUid"}}
	if err := s.checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	product, sibling := in.path("productUid"), in.body.text("productUid")
	if !t.products.has(product) || !t.products.has(sibling) {
		return missing("product")
	}
	if product == sibling {
		return bad("a product is no sibling of itself")
	}
	if slices.Contains(t.links[product], sibling) {
		return refuse(t.options.ExistingStatus, "link exists")
	}
	t.links[product] = append(t.links[product], sibling)
	t.links[sibling] = append(t.links[sibling], product)
	return created(t.products.byUID[sibling].with("productVariantUid", quote(sibling)))
}
