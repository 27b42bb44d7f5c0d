package omnium_test

import (
	"errors"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// clientOf is a client of an Omnium that answers a path with a text, and everything else as the fake.
func clientOf(t *testing.T, path, text string) *omnium.Client {
	t.Helper()
	s := newServer()
	return newClient(t, s, func(o *omnium.Options) { o.Transport = answering{s.Transport(), path, text} })
}

// One malformed market keeps nothing but its id, and the others are read.
func TestMalformedMarket(t *testing.T) {
	t.Parallel()
	c := clientOf(t, "/api/Markets", `[{"marketId":"NOR","currency":7},{"marketId":"SWE","currency":"SEK"},{"marketId":{}},null,7]`)
	list, err := c.Markets(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("Markets = %+v, %v, want two", list, err)
	}
	if list[0].MarketID != "NOR" || !errors.Is(list[0].Err, omnium.ErrMalformed) {
		t.Errorf("malformed market = %+v, want its id and ErrMalformed", list[0])
	}
	if list[1].Currency != "SEK" || list[1].Err != nil {
		t.Errorf("market beside = %+v, want it whole", list[1])
	}
	for _, text := range []string{`[{"marketId":[]}]`, `{}`, `[7]`} {
		if list, err := clientOf(t, "/api/Markets", text).Markets(t.Context()); !errors.Is(err, omnium.ErrMalformed) {
			t.Errorf("Markets of %s = %+v, %v, want ErrMalformed", text, list, err)
		}
	}
}

// Of a malformed line the purchase order is told.
func TestMalformedDeliveryLine(t *testing.T) {
	t.Parallel()
	c := clientOf(t, "/api/Deliveries/D/PurchaseOrderLines",
		`[{"purchaseOrderId":"PO-1","code":{}},{"purchaseOrderId":"PO-2","code":"a"},7,{"purchaseOrderId":[]}]`)
	lines, err := c.DeliveryLines(t.Context(), "D")
	if err != nil || len(lines) != 4 || lines[0].PurchaseOrderID != "PO-1" || lines[1].Code != "a" {
		t.Errorf("DeliveryLines = %+v, %v, want four with PO-1 and the line of PO-2", lines, err)
	}
}

// A malformed sales order is among the others and can be asked what it mentions.
func TestMalformedSalesOrder(t *testing.T) {
	t.Parallel()
	c := clientOf(t, "/api/Orders/Search", `{"result":[
		{"id":"S-1","orderForm":{"lineItems":[{"lineItemId":1,"reservedInventoryPurchaseOrderId":"PO-1"}]}},{"id":"S-2"},7]}`)
	orders, err := c.OrdersOf(t.Context(), []string{"a"}, time.Time{})
	if err != nil || len(orders) != 3 {
		t.Fatalf("OrdersOf = %+v, %v, want three", orders, err)
	}
	bad := orders[0]
	if bad.ID != "S-1" || !errors.Is(bad.Err, omnium.ErrMalformed) || !bad.Mentions("PO-1") || bad.Mentions("PO-2") || !bad.Mentions("1") {
		t.Errorf("malformed order = %+v, want one that mentions PO-1 and 1, and not PO-2", bad)
	}
	if orders[1].Err != nil || orders[1].Mentions("S-2") {
		t.Errorf("order beside = %+v, want it without an error, and nothing to be asked", orders[1])
	}
}
