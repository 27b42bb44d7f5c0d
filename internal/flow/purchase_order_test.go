package flow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

func purchaseBodies() map[string][]string {
	return map[string][]string{
		flow.PurchaseOrderCreate: {`{"purchaseOrderUid":"po","supplierUid":"s","status":"SENT_TO_SUPPLIER","currency":"EUR","note":"n"}`},
		flow.PurchaseOrderUpdate: {`{"supplierUid":"s","note":null}`, `{"status":"RECEIVED"}`},
		flow.PurchaseOrderItemCreate: {`{"purchaseOrderItemUid":"l","productUid":"a","supplierSku":"","externalId":"l","quantityOrdered":100,` +
			`"quantityReceived":0,"unitPrice":null,"expectedDeliveryDate":"2026-11-23"}`},
		flow.PurchaseOrderItemUpdate: {`{"productUid":"a","quantityOrdered":100,"unitPrice":5,"expectedDeliveryDate":null}`},
		flow.ReservationSet:          {`{"reservations":[{"orderUid":"NO-1","quantity":100}]}`, `{"reservations":[]}`},
	}
}

func testOrder() flow.PurchaseOrder {
	return flow.PurchaseOrder{
		StoreUID: "101", PurchaseOrderUID: "po", SupplierUID: "s", ExternalID: "p-o", Currency: "NOK",
		SupplierReferenceNumber: "ref", Note: "note",
	}
}

func TestPutPurchaseOrder(t *testing.T) {
	t.Parallel()
	for _, existing := range []int{400, 409} {
		w := newWorld(t, flowtest.Options{ExistingStatus: existing, AcceptDangling: true}).withProducts(t, "a")
		o := testOrder()
		put := func(o flow.PurchaseOrder, known bool, clear flow.Fields, wantCreated bool, wantOps string) {
			t.Helper()
			before := len(w.flow.Log())
			created, err := w.client.PutPurchaseOrder(t.Context(), o, known, clear)
			if err != nil || created != wantCreated {
				t.Errorf("PutPurchaseOrder = %v, %v, want %v", created, err, wantCreated)
			}
			if got := strings.ReplaceAll(w.ops(before), "purchaseOrder.", ""); got != wantOps {
				t.Errorf("requests = %q, want %q", got, wantOps)
			}
		}
		asks := map[int]string{400: "create get update", 409: "create update"}
		put(o, false, 0, true, "create")
		if got := w.snapshot(t).Orders["101/po"].Status; got != flow.OrderSent {
			t.Errorf("status after the create = %s, want %s", got, flow.OrderSent)
		}
		put(o, false, 0, false, asks[existing])
		o.Status, o.Note = flow.OrderPartly, ""
		put(o, true, ^flow.Fields(0), false, "update")
		o.Status = ""
		put(o, true, ^flow.Fields(0), false, "update")
		if err := w.client.SetPurchaseOrderStatus(t.Context(), o.Ref(), flow.OrderReceived); err != nil {
			t.Error(err)
		}
		o.Status = flow.OrderReceived
		if diff := cmp.Diff(o, w.snapshot(t).Orders["101/po"]); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		o.StoreUID = "102"
		put(o, true, 0, true, "update create")
	}
}

func TestPurchaseOrderItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{AcceptDangling: true}).withProducts(t, "a")
	o, price, date := testOrder(), int64(1050), "2026-11-23"
	if _, err := w.client.PutPurchaseOrder(t.Context(), o, false, 0); err != nil {
		t.Fatal(err)
	}
	item := flow.PurchaseOrderItem{
		PurchaseOrderItemUID: "l1", ProductUID: "a", SupplierSKU: "s", ExternalID: "l-1", QuantityOrdered: 100,
		UnitPrice: &price, ExpectedDeliveryDate: &date,
	}
	reserved := []flow.Reservation{{OrderUID: "NO-1", Quantity: 50}}
	put := func(known bool) {
		t.Helper()
		if err := w.client.PutPurchaseOrderItem(t.Context(), o.Ref(), item, known); err != nil {
			t.Errorf("PutPurchaseOrderItem: %v", err)
		}
	}
	put(true)
	put(false)
	item.UnitPrice, item.ExpectedDeliveryDate, item.SupplierSKU, item.QuantityReceived = nil, nil, "", 100
	put(true)
	if err := w.client.SetReservations(t.Context(), o.Ref(), "l1", reserved); err != nil {
		t.Error(err)
	}
	state := w.snapshot(t)
	if diff := cmp.Diff(item, state.OrderItems["101/po"]["l1"]); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(reserved, state.Reservations["101/po"]["l1"]); diff != "" {
		t.Errorf("reservations (-want +got):\n%s", diff)
	}
	if err := w.client.SetReservations(t.Context(), o.Ref(), "l1", nil); err != nil {
		t.Error(err)
	}
	if err := w.client.DeletePurchaseOrderItem(t.Context(), o.Ref(), "l1"); err != nil {
		t.Error(err)
	}
	if err := w.client.DeletePurchaseOrderItem(t.Context(), o.Ref(), "l1"); err == nil {
		t.Error("deleting a line that is gone = nil, want 404")
	}
	if got := w.snapshot(t).OrderItems["101/po"]; len(got) != 0 {
		t.Errorf("lines = %v, want none", got)
	}
	for _, uid := range []string{"", ".."} {
		item.PurchaseOrderItemUID, o.PurchaseOrderUID = uid, uid
		if _, err := w.client.PutPurchaseOrder(t.Context(), o, false, 0); err == nil {
			t.Errorf("PutPurchaseOrder(%q) = nil, want an error", uid)
		}
		if err := w.client.PutPurchaseOrderItem(t.Context(), testOrder().Ref(), item, false); err == nil {
			t.Errorf("PutPurchaseOrderItem(%q) = nil, want an error", uid)
		}
	}
}
