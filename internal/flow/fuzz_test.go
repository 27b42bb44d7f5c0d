package flow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

// fuzzAuth is a token that no input makes by accident.
const fuzzAuth = "t0ken-of-fjell-no+/="

// anything answers every request with the same, and is at an end after a while.
type anything struct {
	status   int
	body     string
	retry    string
	requests int
}

// RoundTrip implements http.RoundTripper.
func (a *anything) RoundTrip(r *http.Request) (*http.Response, error) {
	body := a.body
	if a.requests++; a.requests > 50 {
		body = "{}"
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Retry-After": {a.retry}}, Request: r,
		Body: io.NopCloser(strings.NewReader(strings.ReplaceAll(body, "ECHO", r.Header.Get("Authorization")))),
	}, nil
}

// FuzzAnswers asks Flow for everything there is, and gets anything, also what it was sent: every call ends,
// without a panic, its error is one that callers know, and quotes no credential.
func FuzzAnswers(f *testing.F) {
	for kind := range uint8(len(calls())) {
		f.Add(kind, uint16(100), `{"items":[{"brandUid":"a","customerUid":"a","supplierUid":"a"}],"paging":{"totalCount":1}}`, "")
	}
	f.Add(uint8(0), uint16(307), `ECHO`, "5")
	f.Add(uint8(3), uint16(107), `{"results":[{"error":"ECHO"}]}`, "")
	f.Add(uint8(1), uint16(300), `{"items":[null,7,{}],"paging":{"pageSize":-1,"totalCount":-9}}`, "")
	f.Add(uint8(5), uint16(389), "\xff\xfe", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(uint8(9), uint16(304), `{"paging":{"pageNumber":1e400}}`, "-1")
	f.Fuzz(func(t *testing.T, kind uint8, status uint16, body, retry string) {
		server := &anything{status: 100 + int(status)%500, body: body, retry: retry}
		c, err := flow.New(flow.Options{
			Tenant: testTenant, BaseURL: testBaseURL, Transport: server, AccessToken: func() string { return fuzzAuth },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		all := calls()
		for _, err := range all[int(kind)%len(all)](ctx, c) {
			if err != nil && strings.Contains(err.Error(), fuzzAuth) {
				t.Errorf("call %d: error %q quotes the token", kind, err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("call %d did not end in time", kind)
			}
		}
		if server.requests > 80 {
			t.Errorf("call %d made %d requests, want an end", kind, server.requests)
		}
	})
}

// calls are those of the client, each with an object that is called a.
func calls() []func(ctx context.Context, c *flow.Client) []error {
	type list = []error
	order := flow.PurchaseOrder{StoreUID: "a", PurchaseOrderUID: "a"}
	price := int64(100)
	return []func(ctx context.Context, c *flow.Client) []error{
		func(ctx context.Context, c *flow.Client) []error { return list{c.Probe(ctx)} },
		func(ctx context.Context, c *flow.Client) []error {
			return list{c.EnsureBrand(ctx, flow.Brand{BrandUID: "a", Name: "A"})}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.PutProduct(ctx, flow.Product{ProductUID: "a"}, false)
			_, again := c.PutProduct(ctx, flow.Product{ProductUID: "a"}, true)
			return list{err, again}
		},
		func(ctx context.Context, c *flow.Client) []error {
			return c.WritePrices(ctx, "a", []flow.PriceChange{{ProductUID: "a"}, {ProductUID: "b"}})
		},
		func(ctx context.Context, c *flow.Client) []error {
			return c.PutStock(ctx, "a", []flow.Stock{{ProductUID: "a", WarehouseUID: "a", CostPrice: &price}, {ProductUID: "b"}})
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.ListMedia(ctx, "a")
			return list{err, c.AddMedia(ctx, "a", flow.Media{ProductMediaUID: "a", MainURL: "https://a"})}
		},
		func(ctx context.Context, c *flow.Client) []error {
			return list{c.EnsureProperty(ctx, flow.Property{PropertyUID: "a"}), c.SetPropertyText(ctx, "a", "a", "")}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.FindCustomer(ctx, "a", "a")
			_, put := c.PutCustomer(ctx, flow.Customer{CustomerUID: "a", ExternalID: "a"}, false, 0)
			return list{err, put, c.PutCustomerContact(ctx, "a", flow.CustomerContact{CustomerContactUID: "a"}, false)}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.PutSupplier(ctx, flow.Supplier{SupplierUID: "a"}, false, 0)
			_, holds := c.HoldsSupplier(ctx, flow.Supplier{SupplierUID: "a"})
			return list{err, holds, c.DeactivateSupplier(ctx, "a")}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.PutPurchaseOrder(ctx, order, false, 0)
			_, holds := c.HoldsPurchaseOrder(ctx, order)
			item := c.PutPurchaseOrderItem(ctx, order.Ref(), flow.PurchaseOrderItem{PurchaseOrderItemUID: "a"}, false)
			return list{err, holds, item, c.DeletePurchaseOrderItem(ctx, order.Ref(), "a"), c.SetReservations(ctx, order.Ref(), "a", nil)}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.CreateStore(ctx, flow.Store{StoreUID: "a"}, flow.StoreCreation{})
			_, house := c.PutWarehouse(ctx, "a", flow.Warehouse{WarehouseUID: "a"}, false, 0)
			return list{err, house, c.UpdateStore(ctx, flow.Store{StoreUID: "a"}, 0), c.EnsureOrganization(ctx, flow.Organization{OrganizationUID: "a"})}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.PutCategory(ctx, flow.Category{CategoryUID: "a"}, false)
			_, group := c.PutProductGroup(ctx, flow.ProductGroup{ProductGroupUID: "a"}, false)
			_, holds := c.HoldsCategory(ctx, flow.Category{CategoryUID: "a"})
			return list{err, group, holds, c.EnsureProductGroup(ctx, flow.ProductGroup{ProductGroupUID: "a"})}
		},
		func(ctx context.Context, c *flow.Client) []error {
			_, err := c.HoldsStock(ctx, "a", []flow.Stock{{ProductUID: "a", WarehouseUID: "a"}})
			_, has := c.HasProduct(ctx, "a", "a")
			_, variants := c.Variants(ctx, "a")
			_, lists := c.PutPriceList(ctx, flow.PriceList{PriceListUID: "a"}, false, 0)
			return list{err, has, variants, lists, c.LinkSibling(ctx, "a", "b")}
		},
	}
}
