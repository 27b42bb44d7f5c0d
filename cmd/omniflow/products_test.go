package main

import (
	"encoding/json"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// simple is a product without variants that is sold everywhere: its id, its sku and its uid in Flow
// are the same when the id has no odd characters.
func simple(id, name string) omnium.Product {
	return omnium.Product{
		ID: id + "_no", ProductID: id, SkuID: id, Language: "no", Name: name, Status: "Active", IsActive: true,
	}
}

// jacket is a product with everything: two variants, brand, group, images, texts, prices, sold in
// both markets.
func jacket(id string) omnium.Product {
	second := 2
	variant := func(sku, name string) omnium.Product {
		return omnium.Product{
			ID: sku + "_no", ProductID: id, SkuID: sku, Language: "no", Name: name, Status: "Active", IsActive: true,
		}
	}
	return omnium.Product{
		ID: id + "_no", ProductID: id, Language: "no", Name: "Skare jakke", Status: "Active", IsActive: true,
		Description: "<p>Vanntett &amp; varm</p>", ShortDescription: "Jakke", Brand: "Skare Sport", Unit: "stk",
		MarketIDs: []string{"NOR", "SWE"}, MainCategoryID: "jakker", MainCategoryName: "Jakker",
		Cost: "780.5", CostCurrency: "NOK", Weight: "0.82",
		Colli: []omnium.Colli{{Length: "40", Width: "30.5", Height: "8"}},
		Prices: []omnium.Price{
			{UnitPrice: "1999", CurrencyCode: "NOK", MarketID: "NOR", TaxRate: "25"},
			{UnitPrice: "2149.50", CurrencyCode: "SEK", MarketID: "SWE", TaxRate: "25"},
		},
		Assets: []omnium.Asset{
			{AssetID: "a2", AssetType: "Image", ContentType: "image/jpeg", URL: "https://cdn.example/back.jpg", SortOrder: &second},
			{AssetID: "a1", AssetType: "Image", ContentType: "image/jpeg", URL: "https://cdn.example/front.jpg", IsMainImage: true},
			{AssetID: "a3", AssetType: "Document", ContentType: "application/pdf", URL: "https://cdn.example/care.pdf"},
		},
		Properties: []omnium.Property{{Key: "Materiale", Value: "Ull"}, {Key: "Vann-soyle", Value: "20000"}},
		Variants:   []omnium.Product{variant(id+"-M", "Skare jakke M"), variant(id+"-L", "Skare jakke L")},
	}
}

// changed is the event that a product was changed.
func (h *harness) changed(object string) []byte {
	return h.omnium.Event(omniumtest.Event{ObjectID: object})
}

// changedAs is the same with an event id that a test can look for.
func (h *harness) changedAs(event, object string) []byte {
	return h.omnium.Event(omniumtest.Event{ID: event, ObjectID: object})
}

// removed is the event that a product was deleted.
func (h *harness) removed(object string) []byte {
	return h.omnium.Event(omniumtest.Event{ObjectID: object, OperationID: 140101, Category: "Deleted"})
}

// rename changes a product, so that a later event finds something to push.
func (h *harness) rename(id, name string) {
	h.Helper()
	if !h.omnium.PatchProduct(id, func(p *omnium.Product) { p.Name = name }) {
		h.Fatalf("PatchProduct(%q) = false, want a product", id)
	}
}

// without removes a field from an event.
func (h *harness) without(event []byte, field string) []byte {
	h.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(event, &fields); err != nil {
		h.Fatal(err)
	}
	delete(fields, field)
	raw, err := json.Marshal(fields)
	if err != nil {
		h.Fatal(err)
	}
	return raw
}

// list makes one body of several events.
func (h *harness) list(events ...[]byte) []byte {
	h.Helper()
	raws := make([]json.RawMessage, 0, len(events))
	for _, e := range events {
		raws = append(raws, e)
	}
	raw, err := json.Marshal(raws)
	if err != nil {
		h.Fatal(err)
	}
	return raw
}
