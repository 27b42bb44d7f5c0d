package flowtest_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// TestPurchaseOrderAnswers covers what the fake takes and what it refuses.
func TestPurchaseOrderAnswers(t *testing.T) {
	t.Parallel()
	const (
		list = " /no/stores/101/purchase-orders"
		po   = list + "/po"
		line = po + "/items/l"
		good = `"supplierUid":"s","status":"NEW"`
	)
	for _, tt := range []struct {
		route, body string
		want        int
	}{
		{"POST" + list, `{"purchaseOrderUid":"q",` + good + `}`, 200},
		{"POST" + list, `{"purchaseOrderUid":"po",` + good + `}`, 409},
		{"POST /no/stores/102/purchase-orders", `{"purchaseOrderUid":"po",` + good + `}`, 200},
		{"POST" + list, `{"status":"NEW"}`, 400},
		{"POST" + list, `{"supplierUid":"s"}`, 400},
		{"POST" + list, `{"supplierUid":"s","status":"SENTTOSUPPLIER"}`, 400},
		{"POST" + list, `{` + good + `,"currency":"XAU"}`, 400},
		{"POST" + list, `{` + good + `,"currency":"eur"}`, 400},
		{"POST" + list, `{` + good + `,"colour":"red"}`, 400},
		{"GET" + list + "?purchaseOrderStatus=NEW", "", 200},
		{"GET" + po, "", 200},
		{"GET" + list + "/none", "", 404},
		{"POST /no/stores/none/purchase-orders", `{` + good + `}`, 404},
		{"POST" + list, `{"supplierUid":"none","status":"NEW"}`, 400},
		{"PUT" + po, `{"supplierUid":"none"}`, 400},
		{"PUT" + po, `{"status":"CLOSED","note":null}`, 200},
		{"PUT" + po, `{"purchaseOrderUid":"po"}`, 400},
		{"PUT" + po, `{"supplierUid":null}`, 400},
		{"PUT" + list + "/none", `{"status":"CLOSED"}`, 404},
		{"DELETE" + po, "", 204},
		{"DELETE" + list + "/none", "", 404},
		{"GET" + po + "/items", "", 200},
		{"POST" + po + "/items", `{"purchaseOrderItemUid":"m","productUid":"a","quantityOrdered":100}`, 201},
		{"POST" + po + "/items", `{"purchaseOrderItemUid":"l","productUid":"a","quantityOrdered":100}`, 409},
		{"POST" + po + "/items", `{"productUid":"none","quantityOrdered":100}`, 400},
		{"POST" + po + "/items", `{"productUid":"a","quantityOrdered":1.5}`, 400},
		{"POST" + po + "/items", `{"productUid":"a","quantityOrdered":1,"expectedDeliveryDate":"2026-11-23T00:00:00Z"}`, 400},
		{"POST" + list + "/none/items", `{"productUid":"a","quantityOrdered":1}`, 404},
		{"GET" + line, "", 200},
		{"PUT" + line, `{"quantityOrdered":2,"unitPrice":null}`, 200},
		{"PUT" + line, `{"quantityOrdered":null}`, 400},
		{"PUT" + po + "/items/none", `{"quantityOrdered":2}`, 404},
		{"DELETE" + line, "", 200},
		{"PUT" + line + "/reservations", `{"reservations":[{"orderUid":"NO-1","quantity":100}]}`, 200},
		{"PUT" + line + "/reservations", `{"reservations":[{"orderUid":"NO-1"}]}`, 400},
		{"PUT" + line + "/reservations", `{}`, 400},
	} {
		c := newCaller(t, flowtest.Options{})
		c.must("POST /no/products", `{"productUid":"a"}`)
		c.must("POST /no/organizations", `{"organizationUid":"o","name":"O"}`)
		for _, store := range []string{"101", "102"} {
			c.must("POST /no/stores", `{"storeUid":"`+store+`","name":"S","isActive":true,"organizationUid":"o"}`)
		}
		c.must("POST /no/suppliers", `{"supplierUid":"s","name":"S"}`)
		c.must("POST"+list, `{"purchaseOrderUid":"po",`+good+`}`)
		c.must("POST"+po+"/items", `{"purchaseOrderItemUid":"l","productUid":"a","quantityOrdered":100}`)
		if got, answer := c.call(tt.route, tt.body); got != tt.want {
			t.Errorf("%s %s = %d %s, want %d", tt.route, tt.body, got, answer, tt.want)
		}
	}
}
