package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/storm/check"
)

func TestPushesAreTakenApart(t *testing.T) {
	t.Parallel()
	const base = flowtest.BasePath + "/tenants/no/"
	for name, c := range map[string]struct {
		op, path, product, body string
		want                    []check.Write
	}{
		"a product": {
			flow.ProductUpdate, "products/p1", "p1", `{"name": "Kopp v17", "sku": "p1"}`,
			[]check.Write{{Object: "product/p1", Version: 17, Whole: true}},
		},
		"an image": {
			flow.MediaAdd, "products/p1/media", "p1", `{"mainUrl": "https://x.example/ v3"}`,
			[]check.Write{{Object: "product/p1", Version: unversioned, Whole: true}},
		},
		"prices": {
			flow.PriceBatch, "pricelists/main/prices/batch", "",
			`{"upsert": [{"productUid": "p1", "price": 19950}, {"productUid": "p2", "price": 100}], "delete": [{"productUid": "p3"}]}`,
			[]check.Write{
				{Object: "price/main/p1", Version: 19950, Whole: true}, {Object: "price/main/p2", Version: 100, Whole: true},
			},
		},
		"stock": {
			flow.StockBatch, "stores/oslo/stock/batch", "",
			`{"upsert": [{"productUid": "p1", "warehouseUid": "depot", "quantityStock": 300}]}`,
			[]check.Write{{Object: "stock/oslo/depot/p1", Version: 300, Whole: true}},
		},
		"a customer that is new": {
			flow.CustomerCreate, "customers", "", `{"customerUid": "kari", "firstName": "Kari v4"}`,
			[]check.Write{{Object: "customer/kari", Version: 4, Whole: true}},
		},
		"a customer": {
			flow.CustomerUpdate, "customers/kari", "", `{"firstName": "Kari"}`,
			[]check.Write{{Object: "customer/kari", Version: unversioned, Whole: true}},
		},
		"a line": {
			flow.PurchaseOrderItemUpdate, "stores/oslo/purchase-orders/PO1/items/1", "", `{"quantityOrdered": 1100}`,
			[]check.Write{{Object: "line/PO1/1", Version: 1100, Whole: true}},
		},
		"a brand": {flow.BrandCreate, "brands", "", `{"brandUid": "b"}`, nil},
	} {
		push := flowtest.Push{
			Request: flowtest.Request{Tenant: "no", Op: c.op, Path: base + c.path, ProductUID: c.product},
			Body:    json.RawMessage(c.body),
		}
		for i := range c.want {
			c.want[i].Tenant = "no"
		}
		if diff := cmp.Diff(c.want, writesOf([]flowtest.Push{push})); diff != "" {
			t.Errorf("%s: writes (-want +got):\n%s", name, diff)
		}
	}
}
