package reconcile_test

import (
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// lamp is a product without variants, with everything that a product can have.
func lamp() omnium.Product {
	return omnium.Product{
		ID: "lamp-1_no", ProductID: "lamp-1", SkuID: "lamp-1", Language: "no", IsActive: true,
		Name: "Lamp", Description: "<p>Shines</p>", Brand: "Nord Lys",
		MainCategoryID: "lamps", MainCategoryName: "Lamps",
		Cost:       "40",
		Prices:     []omnium.Price{{UnitPrice: "199.50", CurrencyCode: "NOK", MarketID: "NOR"}},
		Assets:     []omnium.Asset{image("front"), image("back")},
		Properties: []omnium.Property{{Key: "Colour", Value: "Red"}, {Key: "Socket", Value: "E27"}},
	}
}

// boot is a product with two variants.
func boot() omnium.Product {
	return omnium.Product{
		ID: "boot_no", ProductID: "boot", Language: "no", IsActive: true, Name: "Boot", Brand: "Nord Lys",
		Assets:     []omnium.Asset{image("boot")},
		Properties: []omnium.Property{{Key: "Sole", Value: "Rubber"}},
		Variants:   []omnium.Product{variant("boot-41", "Boot 41"), variant("boot-42", "Boot 42")},
	}
}

func variant(sku, name string) omnium.Product {
	return omnium.Product{SkuID: sku, Name: name, IsActive: true}
}

// plain is a product of nothing but variants, named as their product.
func plain(id string, skus ...string) omnium.Product {
	p := omnium.Product{ID: id + "_no", ProductID: id, Language: "no", IsActive: true, Name: id}
	for _, sku := range skus {
		p.Variants = append(p.Variants, variant(sku, ""))
	}
	return p
}

func image(id string) omnium.Asset {
	return omnium.Asset{
		AssetID: id, ContentType: "image/jpeg", URL: "https://img.test/" + id + ".jpg",
		Modified: omnium.Time{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
}

// put stores products in Omnium.
func (w *world) put(products ...omnium.Product) {
	for _, p := range products {
		w.omnium.PutProduct(p)
	}
}

// patch changes a product in Omnium.
func (w *world) patch(id string, change func(*omnium.Product)) {
	w.Helper()
	if !w.omnium.PatchProduct(id, change) {
		w.Fatalf("Omnium has no product %s", id)
	}
}
