package mapping_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

func ExampleUID() {
	uid, err := mapping.UID("AB-12.3/Blå")
	fmt.Println(uid, err)
	_, err = mapping.UID("æøå")
	fmt.Println(err)
	// Output:
	// AB123Bl <nil>
	// uid_empty: id "æøå" holds no letter a-z, digit or underscore
}

func ExampleBrandUID() {
	uid, err := mapping.BrandUID("Nike Air")
	fmt.Println(uid, err)
	// Output: nike_air <nil>
}

func ExampleText() {
	fmt.Println(mapping.Text("<p>Tett &amp; varm:</p><ul><li>3 lag</li><li>20 000 mm</li></ul>"))
	// Output:
	// Tett & varm:
	// - 3 lag
	// - 20 000 mm
}

func ExampleProduct() {
	document := `{"productId": "1041", "name": "Jakke", "brand": "Skare", "isActive": true, "cost": 780,
		"prices": [{"unitPrice": 1999.50, "currencyCode": "NOK", "marketId": "NOR"}],
		"variants": [{"skuId": "1041-S", "isActive": true}, {"skuId": "1041-M", "name": "Jakke M", "isActive": false}]}`
	var p omnium.Product
	if err := json.Unmarshal([]byte(document), &p); err != nil {
		fmt.Println(err)
		return
	}
	m, err := mapping.Product(&p, mapping.ProductOptions{
		Now:     time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		Markets: []omnium.Market{{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, u := range m.Units {
		fmt.Println(u.Product.ProductUID, u.Product.Name, u.Product.BrandUID,
			*u.Product.PurchasePrice, *u.Product.RecommendedRetailPrice, u.Product.AllowPurchase)
	}
	// Output:
	// 1041S Jakke skare 78000 199950 true
	// 1041M Jakke M skare 78000 199950 false
}
