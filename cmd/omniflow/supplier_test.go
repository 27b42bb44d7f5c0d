package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestSupplierReachesEveryTenant sends the events of a supplier that comes and goes.
func TestSupplierReachesEveryTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.config = h.edited("[IProductExporter]", "[IProductExporter, IPurchaseOrderSynchronousExporter]")
	h.config = h.edited("OrganizationUid: fjell_sport\n", "OrganizationUid: fjell_sport\n    PurchaseNumberSeriesUid: purchases\n")
	if err := h.omnium.Put(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Skare"}); err != nil {
		t.Fatal(err)
	}
	r := h.start()
	want := flow.Supplier{SupplierUID: "SUP77", Name: "Skare", ExternalID: "SUP-77", Active: true}
	for _, operation := range []int{353100, 353101} {
		if want.Active = operation == 353100; !want.Active {
			h.omnium.Remove(omniumtest.Suppliers, "SUP-77")
		}
		r.deliver(h.omnium.Event(omniumtest.Event{ObjectID: "SUP-77", OperationID: operation, ClassName: "Supplier"}))
		h.eventually("all jobs are done", h.drained)
		for _, id := range []string{string(norway), string(sweden)} {
			state, err := h.flow.Snapshot(id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, state.Suppliers["SUP77"]); diff != "" {
				t.Errorf("supplier in %s after event %d (-want +got):\n%s", id, operation, diff)
			}
		}
	}
}
