package flowtest_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// TestStoreAnswers holds what the fake accepts and refuses of stores and what belongs to them.
func TestStoreAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		route, body string
		want        int
	}{
		{"GET /no/organizations?organizationName=o", "", 200},
		{"POST /no/organizations", `{"organizationUid":"p","name":"P","vatNumber":"1","isActive":true}`, 200},
		{"POST /no/organizations", `{"organizationUid":"o","name":"O"}`, 409},
		{"POST /no/organizations", `{"organizationUid":"p"}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","latitude":-59.92,"salesPriceUid":"main"}`, 201},
		{"POST /no/stores", `{"storeUid":"a","name":"A","organizationUid":"o"}`, 409},
		{"POST /no/stores", `{"storeUid":"b","name":"B"}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"nobody"}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","latitude":"59"}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","defaultWarehouseUid":"w"}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","openingHours":[{"date":"2026-12-24","label":"x","isOpen":true,"openFrom":"10:00"}]}`, 201},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","openingHours":[{"day":"Monday","isOpen":true}]}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","openingHours":[{"day":"MONDAY","isOpen":true,"openFrom":"10:00:00"}]}`, 400},
		{"POST /no/stores", `{"storeUid":"b","name":"B","organizationUid":"o","openingHours":[{"day":"MONDAY"}]}`, 400},
		{"GET /no/stores/a", "", 200},
		{"GET /no/stores/b", "", 404},
		{"PUT /no/stores/a", `{"isActive":false,"email":null,"defaultWarehouseUid":"w","defaultReturnWarehouseUid":"w"}`, 200},
		{"PUT /no/stores/b", `{"isActive":false}`, 404},
		{"PUT /no/stores/a", `{"storeUid":"a"}`, 400},
		{"PUT /no/stores/a", `{"name":null}`, 400},
		{"PUT /no/stores/a", `{"salesPriceUid":"main"}`, 400},
		{"PUT /no/stores/a", `{"purchaseNumberSeriesUid":"p"}`, 400},
		{"PUT /no/stores/a", `{"voucherNumberSeriesUid":"v"}`, 400},
		{"PUT /no/stores/a", `{"organizationUid":"nobody"}`, 400},
		{"PUT /no/stores/a", `{"defaultReturnWarehouseUid":"x"}`, 400},
		{"GET /no/stores/a/warehouses", "", 200},
		{"GET /no/stores/b/warehouses", "", 404},
		{"POST /no/stores/a/warehouses", `{"warehouseUid":"x","name":"X"}`, 200},
		{"POST /no/stores/a/warehouses", `{"warehouseUid":"w","name":"X"}`, 409},
		{"POST /no/stores/other/warehouses", `{"warehouseUid":"w","name":"X"}`, 200},
		{"POST /no/stores/a/warehouses", `{"warehouseUid":"x"}`, 400},
		{"POST /no/stores/b/warehouses", `{"warehouseUid":"x","name":"X"}`, 404},
		{"GET /no/stores/a/warehouses/w", "", 200},
		{"GET /no/stores/a/warehouses/x", "", 404},
		{"PUT /no/stores/a/warehouses/w", `{"name":"X","externalId":null}`, 200},
		{"PUT /no/stores/a/warehouses/w", `{"warehouseUid":"w"}`, 400},
		{"PUT /no/stores/other/warehouses/w", `{"name":"X"}`, 404},
		{"PUT /no/stores/b/warehouses/w", `{"name":"X"}`, 404},
		{"GET /no/pricelists", "", 200},
		{"POST /no/pricelists", `{"pricelistUid":"m","name":"M","externalId":"1"}`, 200},
		{"POST /no/pricelists", `{"pricelistUid":"l","name":"L"}`, 409},
		{"POST /no/pricelists", `{"pricelistUid":"m"}`, 400},
		{"GET /no/pricelists/m", "", 404},
		{"PUT /no/pricelists/l", `{"name":"N"}`, 200},
		{"PUT /no/pricelists/m", `{"name":"N"}`, 404},
	} {
		t.Run(tt.route+" "+tt.body, func(t *testing.T) {
			t.Parallel()
			c := newStores(t, flowtest.Options{})
			if got, answer := c.call(tt.route, tt.body); got != tt.want {
				t.Errorf("%s %s = %d %s, want %d", tt.route, tt.body, got, answer, tt.want)
			}
		})
	}
}

// newStores has two stores of one organization, a warehouse below the first, and a price list.
func newStores(t *testing.T, o flowtest.Options) caller {
	t.Helper()
	c := newCaller(t, o)
	c.must("POST /no/organizations", `{"organizationUid":"o","name":"O"}`)
	c.must("POST /no/stores", `{"storeUid":"a","name":"A","organizationUid":"o","email":"a@x.example"}`)
	c.must("POST /no/stores", `{"storeUid":"other","name":"Other","organizationUid":"o"}`)
	c.must("POST /no/stores/a/warehouses", `{"warehouseUid":"w","name":"W"}`)
	c.must("POST /no/pricelists", `{"pricelistUid":"l","name":"L"}`)
	return c
}

func TestWarehouseUIDsOfTheTenant(t *testing.T) {
	t.Parallel()
	c := newStores(t, flowtest.Options{WarehousesShareUIDs: true})
	if got, _ := c.call("POST /no/stores/other/warehouses", `{"warehouseUid":"w","name":"W"}`); got != 409 {
		t.Errorf("create of another store's warehouse = %d, want 409", got)
	}
}
