package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// putSamples stores the sample purchase order, delivery and sales order.
func putSamples(t *testing.T, s *omniumtest.Server) {
	t.Helper()
	for kind, name := range map[omniumtest.Kind]string{
		omniumtest.PurchaseOrders: "purchase_order", omniumtest.Deliveries: "delivery",
		omniumtest.Orders: "order_with_reservation",
	} {
		if err := s.Put(kind, json.RawMessage(sample(t, name))); err != nil {
			t.Fatal(err)
		}
	}
}

// readPurchasing reads everything that has to do with the samples.
func readPurchasing(t *testing.T, c *omnium.Client) (*omnium.PurchaseOrder, *omnium.Delivery) {
	t.Helper()
	po, err := c.PurchaseOrder(t.Context(), "PO-58213", time.Time{})
	if err != nil {
		t.Fatalf("PurchaseOrder: %v", err)
	}
	d, err := c.Delivery(t.Context(), "DEL-9041", time.Time{})
	if err != nil {
		t.Fatalf("Delivery: %v", err)
	}
	lines, err := c.DeliveryLines(t.Context(), "DEL-9041")
	if err != nil || len(lines) != 1 || lines[0].PurchaseOrderID != "PO-58213" {
		t.Errorf("DeliveryLines = %v, %v, want one line of the order", lines, err)
	}
	found, err := c.Deliveries(t.Context(), []string{"DEL-9041", "DEL-9041", "none"})
	if err != nil || len(found) != 1 || found["DEL-9041"] == nil {
		t.Errorf("Deliveries = %v, %v, want the delivery", found, err)
	}
	orders, err := c.OrdersOf(t.Context(), []string{"ff-1041-navy-m"}, po.Created.Time)
	if err != nil || len(orders) != 1 || orders[0].ID != "NO-300512" {
		t.Errorf("OrdersOf = %v, %v, want the sales order", orders, err)
	}
	return po, d
}

func TestPurchasingSamples(t *testing.T) {
	t.Parallel()
	s := newServer()
	putSamples(t, s)
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = checked(t, s.Transport()) })
	po, d := readPurchasing(t, c)
	want := omnium.PurchaseOrderLine{
		LineItemID: "1", PurchaseOrderID: "PO-58213", DeliveryID: "DEL-9041", Code: "ff-1041-navy-m",
		SupplierSkuID: "SK-88-M", Quantity: "12.0", DeliveredQuantity: "6.0", CanceledQuantity: "0.0",
		PlacedPriceExclTax: "780.0", DiscountedPriceExclTax: "9360.0", WarehouseCode: "101",
		EstimatedTimeOfArrival: omnium.Time{Time: omnium.ParseTime("2025-10-21T00:00:00Z")},
	}
	if diff := cmp.Diff(want, po.Form.LineItems[0]); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if po.Status != "Confirmed" || po.SupplierID != "SUP-77" || po.ReferenceNumber != "REF-2025-118" ||
		po.BillingCurrency != "NOK" || len(po.Notes) != 1 || po.Created.IsZero() || d.OrderType != "PurchaseOrder" {
		t.Errorf("PurchaseOrder = %+v, Delivery = %+v, want what the samples say", po, d)
	}
	var transfer omnium.PurchaseOrder
	if err := json.Unmarshal(sample(t, "purchase_order_internal_transfer"), &transfer); err != nil || transfer.SupplierWarehouseCode != "900" {
		t.Errorf("transfer = %+v, %v, want the sending warehouse", transfer, err)
	}
	var lines []omnium.PurchaseOrderLine
	if err := json.Unmarshal(sample(t, "delivery_purchase_order_lines"), &lines); err != nil || len(lines) != 1 {
		t.Errorf("lines = %v, %v, want one", lines, err)
	}
}

func TestPurchasingNulls(t *testing.T) {
	t.Parallel()
	s := newServer()
	for kind, raw := range map[omniumtest.Kind]string{
		omniumtest.PurchaseOrders: `{"id":"p","status":null,"purchaseOrderForm":null,"purchaseOrderNotes":null,"requestedDeliveryDate":null,"isDelivery":null}`,
		omniumtest.Deliveries:     `{"id":"d","orderType":null,"estimatedTimeOfArrival":null}`,
	} {
		if err := s.Put(kind, json.RawMessage(raw)); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, s)
	if po, err := c.PurchaseOrder(t.Context(), "p", time.Time{}); err != nil || po.ID != "p" {
		t.Errorf("PurchaseOrder = %v, %v, want it", po, err)
	}
	if d, err := c.Delivery(t.Context(), "d", time.Time{}); err != nil || d.ID != "d" {
		t.Errorf("Delivery = %v, %v, want it", d, err)
	}
}

func TestPurchasingNotFound(t *testing.T) {
	t.Parallel()
	c := newClient(t, newServer())
	for _, id := range []string{"none", "", "..", "a/b"} {
		_, po := c.PurchaseOrder(t.Context(), id, time.Time{})
		_, d := c.Delivery(t.Context(), id, time.Time{})
		_, lines := c.DeliveryLines(t.Context(), id)
		for what, err := range map[string]error{"PurchaseOrder": po, "Delivery": d, "DeliveryLines": lines} {
			if !errors.Is(err, omnium.ErrNotFound) {
				t.Errorf("%s(%q) = %v, want ErrNotFound", what, id, err)
			}
		}
	}
}

func TestOrdersOfManyPages(t *testing.T) {
	t.Parallel()
	s := newServer()
	var want int
	for i := range 250 {
		code := "a"
		if i%10 == 0 {
			code = "b"
		} else {
			want++
		}
		order := fmt.Sprintf(`{"id":"o%03d","orderForm":{"lineItems":[{"code":%q}]}}`, i, code)
		if err := s.Put(omniumtest.Orders, json.RawMessage(order)); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, s)
	orders, err := c.OrdersOf(t.Context(), []string{"a", "a"}, time.Time{})
	if err != nil || len(orders) != want {
		t.Errorf("OrdersOf = %d orders, %v, want %d", len(orders), err, want)
	}
	wantCalls(t, s, omniumtest.OpOrderSearch, 3)
	orders, err = c.OrdersOf(t.Context(), []string{"a"}, time.Now().Add(time.Hour))
	if err != nil || len(orders) != 0 {
		t.Errorf("OrdersOf the future = %d orders, %v, want none", len(orders), err)
	}
	s.DenyOrders(true)
	if _, err := c.OrdersOf(t.Context(), []string{"a"}, time.Time{}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("OrdersOf without the role = %v, want 403", err)
	}
}

// TestOrdersOfTooMany ends at the documented depth of a search.
func TestOrdersOfTooMany(t *testing.T) {
	t.Parallel()
	page := `{"result":[` + strings.Repeat(`{"id":"a"},`, 99) + `{"id":"a"}]}`
	s := newServer()
	c := newClient(t, s, func(o *omnium.Options) {
		o.Transport = answering{s.Transport(), "/api/Orders/Search", page}
	})
	if _, err := c.OrdersOf(t.Context(), []string{"a"}, time.Time{}); !errors.Is(err, omnium.ErrTooMany) {
		t.Errorf("OrdersOf = %v, want ErrTooMany", err)
	}
}

// answering answers one path with the same body each time.
type answering struct {
	next       http.RoundTripper
	path, body string
}

// RoundTrip implements http.RoundTripper.
func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != a.path {
		return a.next.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: readCloser{strings.NewReader(a.body)}, Request: r,
	}, nil
}

type readCloser struct{ *strings.Reader }

// Close implements io.Closer.
func (readCloser) Close() error { return nil }
