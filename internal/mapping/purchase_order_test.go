package mapping_test

import (
	"errors"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// goldenOrder is MappedPurchaseOrder as the golden files show it.
type goldenOrder struct {
	StoreUID string                   `json:"storeUid"`
	Head     flow.PurchaseOrder       `json:"head"`
	Lines    []flow.PurchaseOrderItem `json:"lines,omitempty"`
	Final    string                   `json:"final,omitempty"`
}

// goldenOrderOptions are what a situation's options.json may give.
type goldenOrderOptions struct {
	Cancelled  []string          `json:"cancelled"`
	ByDelivery bool              `json:"byDelivery"`
	Deliveries []omnium.Delivery `json:"deliveries"`
}

func TestPurchaseOrderGolden(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/purchase_order/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("Glob(testdata/purchase_order/*) = %d situations, %v; want some", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var po omnium.PurchaseOrder
			readJSON(t, filepath.Join(dir, "omnium.json"), &po)
			list, err := mapping.PurchaseOrder(&po, orderOptionsOf(t, dir))
			if err != nil {
				e, ok := errors.AsType[*mapping.Error](err)
				if !ok {
					t.Fatalf("PurchaseOrder() error = %T, want *mapping.Error", err)
				}
				golden(t, dir, "error.json", map[string]string{"reason": e.Reason, "detail": e.Detail})
				return
			}
			view := []goldenOrder{}
			for _, m := range list {
				g := goldenOrder{StoreUID: m.Head.StoreUID, Head: m.Head, Final: m.Final}
				for _, l := range m.Lines {
					g.Lines = append(g.Lines, l.Item)
				}
				view = append(view, g)
			}
			golden(t, dir, "flow.json", view)
		})
	}
}

func orderOptionsOf(t *testing.T, dir string) mapping.PurchaseOrderOptions {
	t.Helper()
	g := goldenOrderOptions{Cancelled: []string{"OrderCanceled", "Deleted"}}
	if path := filepath.Join(dir, "options.json"); exists(path) {
		readJSON(t, path, &g)
	}
	o := mapping.PurchaseOrderOptions{
		StoreUID: "101", Cancelled: g.Cancelled, ByDelivery: g.ByDelivery, Deliveries: map[string]*omnium.Delivery{},
	}
	for i := range g.Deliveries {
		o.Deliveries[g.Deliveries[i].ID] = &g.Deliveries[i]
	}
	return o
}

// quantities are ordered, delivered and cancelled.
type quantities [3]omnium.Number

func TestPurchaseOrderStatus(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status string
		lines  []quantities
		want   string
	}{
		"nothing delivered":                {"New", []quantities{{"2", "0", "0"}, {"1", "", ""}}, flow.OrderSent},
		"no lines":                         {"New", nil, flow.OrderSent},
		"some delivered":                   {"InProgress", []quantities{{"2", "0.5", "0"}, {"1", "0", "0"}}, flow.OrderPartly},
		"one line whole":                   {"InProgress", []quantities{{"2", "2", "0"}, {"1", "0", "0"}}, flow.OrderPartly},
		"all delivered":                    {"Completed", []quantities{{"2", "2", "0"}, {"1", "1", "0"}}, flow.OrderReceived},
		"more than ordered":                {"Completed", []quantities{{"2", "3", "0"}}, flow.OrderReceived},
		"completed by name only":           {"Completed", []quantities{{"2", "0", "0"}}, flow.OrderSent},
		"the rest cancelled":               {"InProgress", []quantities{{"2", "1.5", "0.5"}}, flow.OrderReceived},
		"some cancelled":                   {"InProgress", []quantities{{"2", "0", "1"}}, flow.OrderSent},
		"a line cancelled, one delivered":  {"InProgress", []quantities{{"2", "0", "2"}, {"1", "1", "0"}}, flow.OrderReceived},
		"all cancelled":                    {"InProgress", []quantities{{"2", "0", "2"}, {"1", "0", "1"}}, flow.OrderClosed},
		"nothing ordered":                  {"New", []quantities{{"0", "0", "0"}}, flow.OrderSent},
		"nothing ordered beside delivered": {"New", []quantities{{"0", "0", "0"}, {"1", "1", "0"}}, flow.OrderReceived},
		"nothing ordered beside waiting":   {"New", []quantities{{"0", "0", "0"}, {"1", "0", "0"}}, flow.OrderSent},
		"delivered without being ordered":  {"New", []quantities{{"0", "2", "0"}}, flow.OrderReceived},
		"cancelled":                        {"OrderCanceled", []quantities{{"2", "0", "0"}}, flow.OrderClosed},
		"cancelled after a delivery":       {"OrderCanceled", []quantities{{"2", "1", "0"}}, flow.OrderClosed},
		"cancelled in another case":        {" ordercanceled ", []quantities{{"2", "0", "0"}}, flow.OrderClosed},
		"deleted":                          {"Deleted", nil, flow.OrderClosed},
		"a status that is not configured":  {"Annullert", []quantities{{"2", "0", "0"}}, flow.OrderSent},
		"exact to the last digit":          {"New", []quantities{{"0.3", "0.2", "0.1"}}, flow.OrderReceived},
		"not quite to the last digit":      {"New", []quantities{{"0.3", "0.2", "0.0999999999999999999"}}, flow.OrderPartly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			po := omnium.PurchaseOrder{ID: "p", SupplierID: "s", Status: tt.status}
			for i, q := range tt.lines {
				po.Form.LineItems = append(po.Form.LineItems, omnium.PurchaseOrderLine{
					LineItemID: string(rune('a' + i)), Code: "x", Quantity: q[0], DeliveredQuantity: q[1], CanceledQuantity: q[2],
				})
			}
			list, err := mapping.PurchaseOrder(&po, mapping.PurchaseOrderOptions{Cancelled: []string{"OrderCanceled", "Deleted"}})
			if err != nil || len(list) != 1 {
				t.Fatalf("PurchaseOrder() = %v, %v, want one", list, err)
			}
			if got := list[0].Head.Status + list[0].Final; got != tt.want {
				t.Errorf("status = %s, want %s", got, tt.want)
			}
			if ends := tt.want == flow.OrderReceived || tt.want == flow.OrderClosed; ends != (list[0].Final != "") {
				t.Errorf("final = %q, want it only for what ends", list[0].Final)
			}
		})
	}
}

func TestLinePrice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total, quantity, placed omnium.Number
		want, reason            string
	}{
		"whole":                    {"9360.0", "12.0", "780", "78000", ""},
		"a third":                  {"10", "3", "", "333", ""},
		"two thirds":               {"20", "3", "", "667", ""},
		"half goes up":             {"0.01", "2", "", "1", ""},
		"a sixth of a cent":        {"0.01", "6", "", "0", ""},
		"binary trap":              {"2.01", "2", "", "101", ""},
		"pieces of a unit":         {"1", "0.3", "", "333", ""},
		"rounded once":             {"0.0149999999999999999999", "3", "", "0", ""},
		"free":                     {"0", "3", "10", "0", ""},
		"return":                   {"-30", "-3", "", "1000", ""},
		"no quantity":              {"0", "0", "10.005", "1001", ""},
		"no total":                 {"", "3", "10", "1000", ""},
		"neither":                  {"", "", "", "none", ""},
		"negative":                 {"-1", "3", "", "", mapping.ReasonNegative},
		"too large":                {"1e30", "1", "", "", mapping.ReasonOutOfRange},
		"too large by its divisor": {"1", "1e-30", "", "", mapping.ReasonOutOfRange},
		"not a number":             {"ten", "1", "", "", mapping.ReasonBadNumber},
		"quantity is no number":    {"10", "one", "", "", mapping.ReasonBadNumber},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := omnium.PurchaseOrderLine{DiscountedPriceExclTax: tt.total, Quantity: tt.quantity, PlacedPriceExclTax: tt.placed}
			got, err := mapping.LinePrice(&line)
			wantNumber(t, "LinePrice", got, err, tt.want, tt.reason)
		})
	}
}

// wantNumber compares a number or the reason of an error.
func wantNumber(t *testing.T, call string, got *int64, err error, want, reason string) {
	t.Helper()
	if e, _ := errors.AsType[*mapping.Error](err); reason != "" && (e == nil || e.Reason != reason) {
		t.Errorf("%s = %v, want reason %s", call, err, reason)
		return
	}
	text := "none"
	if got != nil {
		text = big.NewInt(*got).String()
	}
	if reason == "" && (err != nil || text != want) {
		t.Errorf("%s = %s, %v, want %s", call, text, err, want)
	}
}

// TestLinePriceIsExact holds the price against rational numbers: what is off by more than half a cent, or
// not rounded away from zero, is wrong.
func TestLinePriceIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		decimal := func(name string, least int64) *big.Rat {
			digits := rapid.Int64Range(least, 1_000_000_000).Draw(r, name)
			scale := rapid.Int64Range(0, 6).Draw(r, name+" decimals")
			return new(big.Rat).SetFrac(big.NewInt(digits), new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil))
		}
		total, quantity := decimal("total", 0), decimal("quantity", 1)
		got, err := mapping.LinePrice(&omnium.PurchaseOrderLine{
			DiscountedPriceExclTax: omnium.Number(total.FloatString(6)), Quantity: omnium.Number(quantity.FloatString(6)),
		})
		if err != nil || got == nil {
			r.Fatalf("LinePrice = %v, %v", got, err)
		}
		cents := new(big.Rat).Mul(new(big.Rat).Quo(total, quantity), big.NewRat(100, 1))
		off := new(big.Rat).Sub(big.NewRat(*got, 1), cents)
		if off.Cmp(big.NewRat(1, 2)) > 0 || off.Cmp(big.NewRat(-1, 2)) <= 0 {
			r.Errorf("LinePrice(%s / %s) = %d, want the nearest to %s", total, quantity, *got, cents.FloatString(9))
		}
	})
}

func TestReceivingStore(t *testing.T) {
	t.Parallel()
	serves := func(code string, priority int) []omnium.StoreWarehouse {
		return []omnium.StoreWarehouse{{WarehouseCode: code, Priority: priority}}
	}
	nor, swe := []string{"nor"}, []string{"SWE"}
	stores := []omnium.Store{
		{ID: "swe", IsPrimaryStore: true, AvailableOnMarkets: swe, AvailableWarehouses: serves("wh", 1)},
		{ID: "b", IsPrimaryStore: true, AvailableOnMarkets: nor, AvailableWarehouses: serves("wh", 2)},
		{ID: "a", IsPrimaryStore: true, AvailableOnMarkets: nor, AvailableWarehouses: serves("wh", 2)},
		{
			ID: "c", IsPrimaryStore: true, AvailableOnMarkets: nor,
			AvailableWarehouses: []omnium.StoreWarehouse{{WarehouseCode: "x", Priority: 1}, {WarehouseCode: "wh", Priority: 2}},
		},
		{ID: "wh", IsWarehouse: true},
		{ID: "no primary", AvailableWarehouses: serves("y", 1)},
		{ID: "odd", IsPrimaryStore: true, AvailableWarehouses: serves("-", 1)},
	}
	for name, tt := range map[string]struct{ code, market, want string }{
		"primary store":           {"b", "NOR", "b"},
		"of another market":       {"swe", "NOR", "swe"},
		"warehouse":               {"wh", "NOR", "a"},
		"warehouse abroad":        {"wh", "SWE", "swe"},
		"only one lists it":       {"x", "NOR", "c"},
		"no primary store":        {"y", "NOR", ""},
		"unknown":                 {"z", "NOR", ""},
		"nothing":                 {"", "NOR", ""},
		"a code that makes no id": {"-", "NOR", ""},
	} {
		got := ""
		if s := mapping.ReceivingStore(tt.code, stores, []string{tt.market}); s != nil {
			got = s.ID
		}
		if got != tt.want {
			t.Errorf("%s: ReceivingStore(%q) = %q, want %q", name, tt.code, got, tt.want)
		}
	}
	po := omnium.PurchaseOrder{Form: omnium.PurchaseOrderForm{LineItems: []omnium.PurchaseOrderLine{{}, {WarehouseCode: " wh "}, {WarehouseCode: "b"}}}}
	if got := mapping.ReceivingCode(&po); got != "wh" {
		t.Errorf("ReceivingCode of lines = %q, want wh", got)
	}
	if po.StoreID = "101"; mapping.ReceivingCode(&po) != "101" {
		t.Error("ReceivingCode does not prefer the order's store")
	}
}

func TestReservations(t *testing.T) {
	t.Parallel()
	line := func(id, po, poLine string, quantity omnium.Number) omnium.OrderLine {
		return omnium.OrderLine{
			LineItemID: id, PurchaseOrderID: po, PurchaseOrderLineID: poLine, ReservedQuantity: quantity, IsAwaitingPurchaseOrder: true,
		}
	}
	of := func(id string, lines ...omnium.OrderLine) omnium.Order {
		return omnium.Order{ID: id, Form: omnium.OrderForm{LineItems: lines}}
	}
	received := line("1", "p", "a", "5")
	received.IsAwaitingPurchaseOrder = false
	shipped := of("NO-5")
	shipped.Form.Shipments = append(shipped.Form.Shipments, struct {
		LineItems []omnium.OrderLine `json:"lineItems"`
	}{[]omnium.OrderLine{line("1", "p", "b", "1")}})
	twice := of("NO-6", line("1", "p", "b", "1"))
	twice.Form.Shipments = shipped.Form.Shipments
	got, err := mapping.Reservations("p", []omnium.Order{
		of("NO-2", line("1", "p", "a", "1.5")), of("NO-1", line("1", "p", "a", "1"), line("2", "p", "a", "2")),
		of("NO-3", received), of("NO-4", line("1", "other", "a", "1"), line("2", "p", "a", "0"), line("3", "p", "a", "")),
		shipped, twice, of("", line("1", "p", "a", "1")), of("NO/7 æ", line("1", "p", "c", "1")),
	})
	want := map[string][]flow.Reservation{
		"a": {{OrderUID: "NO-1", Quantity: 300}, {OrderUID: "NO-2", Quantity: 150}},
		"b": {{OrderUID: "NO-5", Quantity: 100}, {OrderUID: "NO-6", Quantity: 100}},
		"c": {{OrderUID: "NO7", Quantity: 100}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Reservations = %v (-want +got):\n%s", err, diff)
	}
	if _, err := mapping.Reservations("p", []omnium.Order{of("NO-1", line("1", "p", "a", "x"))}); err == nil {
		t.Error("Reservations of an odd number = nil, want an error")
	}
}
