package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestCategoriesReachTheTenantThatAsksForThem sends the events of a tree, leaf first, and of a product
// in it, to two tenants of which one synchronises categories.
func TestCategoriesReachTheTenantThatAsksForThem(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const properties = "OrganizationUid: fjell_sport\n"
	h.config = h.edited(properties, properties+"    ProductGroupRootId: klaer\n")
	h.config = h.edited("DefaultVatCodeUid: vat25se }", `DefaultVatCodeUid: vat25se, SyncCategoriesToFlow: "true" }`)
	var events [][]byte
	for _, c := range []omnium.Category{
		{CategoryID: "jakker", ParentID: "herre", Name: "Jakker"},
		{CategoryID: "herre", ParentID: "klaer", Name: "Herre"},
		{CategoryID: "tur", ParentID: "utstyr", Name: "Tur"},
		{CategoryID: "utstyr", ParentID: "root", Name: "Utstyr"},
	} {
		c.ID, c.Language = c.CategoryID+"_no", "no"
		if err := h.omnium.Put(omniumtest.Categories, c); err != nil {
			t.Fatal(err)
		}
		events = append(events, h.omnium.Event(omniumtest.Event{
			ObjectID: c.ID, OperationID: 298101, ClassName: "ProductCategory",
		}))
	}
	r := h.start()
	r.deliver(h.list(events...))
	h.eventually("all jobs are done", h.drained)
	state, err := h.flow.Snapshot(string(sweden))
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]flow.ProductGroup{
		"herre":  {ProductGroupUID: "herre", Name: "Herre", ExternalID: "herre"},
		"jakker": {ProductGroupUID: "jakker", Name: "Jakker", ExternalID: "jakker", ParentUID: "herre"},
	}
	if diff := cmp.Diff(groups, state.Groups); diff != "" {
		t.Errorf("product groups in %s (-want +got):\n%s", sweden, diff)
	}
	categories := map[string]flow.Category{
		"utstyr": {CategoryUID: "utstyr", Name: "Utstyr", ExternalID: "utstyr"},
		"tur":    {CategoryUID: "tur", Name: "Tur", ExternalID: "tur", ParentUID: "utstyr"},
	}
	if diff := cmp.Diff(categories, state.Categories); diff != "" {
		t.Errorf("categories in %s (-want +got):\n%s", sweden, diff)
	}
	other, err := h.flow.Snapshot(string(norway))
	if err != nil || len(other.Categories)+len(other.Groups) > 0 {
		t.Errorf("%s has %v and %v, %v; want nothing", norway, other.Categories, other.Groups, err)
	}
}
