package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestInventoryEvents takes the ways in which an event may name stock from the webhook to Flow. The event
// comes before the product's, so that stock waits for the product.
func TestInventoryEvents(t *testing.T) {
	t.Parallel()
	for _, objectID := range []string{"cup", "cup_oslo", "cup_lager"} {
		t.Run(objectID, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(s *settings) {
				s.Also = []string{"IInventoryExporter"}
				s.Prepare = func(oms *omniumtest.Server) {
					oms.SetStores([]omnium.Store{
						{ID: "oslo", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{"NOR"}},
						{ID: "lager", IsWarehouse: true},
					})
				}
			})
			h.openOslo()
			h.omnium.PutProduct(simple("cup", "Kopp"))
			item := omnium.InventoryItem{SKU: "cup", WarehouseCode: "oslo", Inventory: "2.5"}
			if err := h.omnium.Put(omniumtest.InventoryItems, item); err != nil {
				t.Fatal(err)
			}
			r := h.start()
			r.deliver(h.omnium.Event(omniumtest.Event{
				OperationID: 350002, ClassName: "Inventory", Category: "BatchUpdate", ObjectID: objectID, Market: "NOR",
			}))
			h.eventually("the stock is in Flow", func() error {
				state, err := h.flow.Snapshot(string(norway))
				if got := state.Stock["oslo"]["oslo/cup"].QuantityStock; err == nil && got != 250 {
					err = fmt.Errorf("stock of cup in oslo is %d, want 250", got)
				}
				return err
			})
		})
	}
}

// openOslo creates the store oslo and its warehouse in Flow, as somebody has who does not export stores.
func (h *harness) openOslo() {
	h.Helper()
	client, err := flow.New(flow.Options{
		Tenant: string(norway), BaseURL: "http://flow.test" + flowtest.BasePath,
		AccessToken: func() string { return norwayToken }, Transport: flowtest.Transport(h.flow),
	})
	if err != nil {
		h.Fatal(err)
	}
	defer client.Close()
	ctx := h.Context()
	noCompany := client.EnsureOrganization(ctx, flow.Organization{OrganizationUID: "fjell_sport", Name: "Fjell Sport"})
	store := flow.Store{StoreUID: "oslo", Name: "Oslo", OrganizationUID: "fjell_sport"}
	_, noStore := client.CreateStore(ctx, store, flow.StoreCreation{})
	_, noWarehouse := client.PutWarehouse(ctx, "oslo", flow.Warehouse{WarehouseUID: "oslo", Name: "Oslo"}, false, 0)
	if err := errors.Join(noCompany, noStore, noWarehouse); err != nil {
		h.Fatal(err)
	}
}
