package flow_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// TestFakeServesEveryRoute sends one good request for every row of the table, in an order in which
// each finds what it needs, and holds it and the answer against openapi/flow.yaml.
func TestFakeServesEveryRoute(t *testing.T) {
	t.Parallel()
	server := flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{{UID: testTenant, Token: testAuth}}})
	t.Cleanup(server.Close)
	transport := contract{t: t, router: specRouter{loadSpec(t)}, next: flowtest.Transport(server)}
	uids := strings.NewReplacer("{tenantUid}", testTenant, "{productUid}", "a", "{propertyUid}", "size", "{productGroupUid}", "g",
		"{storeUid}", "oslo", "{warehouseUid}", "w", "{pricelistUid}", "l",
		"{customerUid}", "c", "{customerContactUid}", "p",
		"{purchaseOrderUid}", "po", "{purchaseOrderItemUid}", "l",
		"{supplierUid}", "s", "{categoryUid}", "c")
	bodies := map[string][]string{
		flow.BrandCreate:        {`{"brandUid":"fjell","name":"Fjell","externalId":"1"}`},
		flow.BrandSearch:        {`{"query":"fj","exactMatch":false}`},
		flow.ProductCreate:      {`{"productUid":"a","brandUid":"fjell"}`, `{"productUid":"b"}`},
		flow.ProductUpdate:      {`{"name":"A","discontinuedFrom":null}`},
		flow.ProductLink:        {`{"productUid":"b"}`},
		flow.MediaAdd:           {`{"mainUrl":"https://cdn.example/a.jpg","setAsCoverImage":true}`},
		flow.PropertyCreate:     {`{"propertyUid":"size","propertyName":"Size","type":"TEXT"}`},
		flow.ProductPropertySet: {`{"propertyText":"42"}`},
		flow.ProductGroupCreate: {`{"productGroupUid":"g","name":"G","parentUid":"","scope":"SALE"}`},
		flow.ProductGroupUpdate: {`{"name":"H","externalId":null}`},
		flow.StockBatch: {
			`{"upsert":[{"productUid":"a","warehouseUid":"w","quantityStock":450,"costPrice":9250}]}`,
			`{"upsert":[{"productUid":"none","warehouseUid":"w","quantityStock":-100}]}`,
		},
		flow.StockRead:          {`{"productUids":["a"],"storeUids":["oslo"]}`},
		flow.OrganizationCreate: {`{"organizationUid":"o","name":"O","vatNumber":"1","isActive":true}`},
		flow.StoreCreate:        {`{"storeUid":"oslo","name":"Oslo","isActive":true,"organizationUid":"o","latitude":59.92912,"salesPriceUid":"main"}`},
		flow.StoreUpdate:        {`{"name":"Oslo S","longitude":null,"defaultWarehouseUid":"w","openingHours":[{"day":"MONDAY","isOpen":false}]}`},
		flow.WarehouseCreate:    {`{"warehouseUid":"w","name":"W","externalId":"w"}`},
		flow.WarehouseUpdate:    {`{"name":"X","externalId":null}`},
		flow.PriceListCreate:    {`{"pricelistUid":"l","name":"L"}`},
		flow.PriceListUpdate:    {`{"name":"M"}`},
		flow.CustomerCreate:     {`{"customerUid":"c","customerType":"COMPANY","externalId":"1","credit":{"limit":100,"balance":null}}`},
		flow.CustomerUpdate:     {`{"customerType":"COMPANY","externalId":"1","companyName":null,"credit":null}`},
		flow.ContactCreate:      {`{"customerContactUid":"p","firstname":"A","lastname":"B","email":"a@b.no"}`},
		flow.ContactUpdate:      {`{"firstname":"A","lastname":"B","email":null}`},
		flow.PriceBatch: {
			`{"upsert":[{"productUid":"a","price":19950,"recommendedRetailPrice":null,"currency":"NOK","validFrom":null,"validTo":"2026-12-01T00:00:00.000Z"}],"delete":[{"productUid":"b"}]}`,
			`{"upsert":[{"productUid":"none","price":1,"recommendedRetailPrice":2,"currency":null,"validFrom":null,"validTo":null}]}`,
		},
		flow.SupplierCreate: {`{"supplierUid":"s","name":"S","active":true}`},
		flow.SupplierUpdate: {`{"active":false,"email":null}`},
		flow.CategoryCreate: {`{"categoryUid":"c","name":"C","parentUid":""}`, `{"categoryUid":"d","name":"D","parentUid":"c"}`},
		flow.CategoryUpdate: {`{"name":"C","externalId":"c","parentUid":""}`},
	}
	maps.Copy(bodies, purchaseBodies())
	for _, row := range createsFirst(flow.DefaultRoutes().Rows()) {
		for _, body := range append(bodies[row.Name], "")[:max(1, len(bodies[row.Name]))] {
			url := testBaseURL + uids.Replace(row.Path)
			r, err := http.NewRequestWithContext(t.Context(), row.Method, url, strings.NewReader(body))
			if err != nil {
				t.Fatalf("%s: %v", row.Name, err)
			}
			r.Header.Set("Authorization", "Bearer "+testAuth)
			r.Header.Set("Content-Type", "application/json")
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatalf("%s: %v", row.Name, err)
			}
			answer := readAll(t, resp.Body)
			_ = resp.Body.Close()
			if !slices.Contains(row.Success, resp.StatusCode) {
				t.Errorf("%s = %d %s, want one of %v", row.Name, resp.StatusCode, answer, row.Success)
			}
		}
	}
}

// createsFirst orders the rows so that objects exist before they are read, and go last.
func createsFirst(rows []flow.Route) []flow.Route {
	rank := map[string]int{
		flow.PurchaseOrderItemCreate: 1, flow.PurchaseOrderDelete: 1,
		flow.ProductLink: 1, flow.MediaAdd: 1, flow.BrandSearch: 1, flow.WarehouseCreate: 1,
		flow.PriceBatch: 2,
	}
	for _, r := range rows {
		switch r.Method {
		case http.MethodGet, http.MethodPut:
			rank[r.Name] = 2
		case http.MethodDelete:
			rank[r.Name] += 3
		}
	}
	slices.SortStableFunc(rows, func(a, b flow.Route) int { return rank[a.Name] - rank[b.Name] })
	return rows
}
