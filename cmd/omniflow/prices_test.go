package main

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// TestPricesReachFlow: one event on a product brings the product, what it costs and its price, and a
// price's event what has changed since.
func TestPricesReachFlow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.config = h.edited("[IProductExporter]", "[IProductExporter, FlowPriceScheduledTask, FlowCostPriceScheduledTask]")
	h.flow.PutPriceList(string(norway), "main")
	h.omnium.PutProduct(omnium.Product{
		ID: "lamp_no", ProductID: "lamp", SkuID: "lamp", Language: "no", Name: "Lamp", IsActive: true,
		Prices: []omnium.Price{{UnitPrice: "199.50", MarketID: "NOR"}},
	})
	cost := map[string]any{"priceKey": "1", "skuId": "lamp", "cost": 80}
	if err := h.omnium.Put(omniumtest.CostPrices, cost); err != nil {
		t.Fatal(err)
	}
	r := h.start()
	product := omniumtest.Event{ClassName: "Product", OperationID: 140105, Market: "NOR", ObjectID: "lamp"}
	if got, want := r.deliver(h.omnium.Event(product)), (tally{Accepted: 1}); got != want {
		t.Errorf("POST of the product event = %+v, want %+v", got, want)
	}
	h.eventually("price and cost", h.lampCosts(19950, 8000))
	cost["cost"] = 90
	if err := h.omnium.Put(omniumtest.CostPrices, cost); err != nil {
		t.Fatal(err)
	}
	h.omnium.PatchProduct("lamp", func(p *omnium.Product) { p.Prices[0].UnitPrice = "149" })
	r.deliver([]byte(`{"id":"price-event","operationId":243108,"className":"PriceList","objectId":"autumn","market":"NOR",` +
		`"properties":[{"key":"ProductIds","value":"lamp"}]}`))
	h.eventually("price and cost after the price list's event", h.lampCosts(14900, 9000))
}

// lampCosts checks the price and the cost of the lamp in norway.
func (h *harness) lampCosts(price, cost int64) func() error {
	return func() error {
		state, err := h.flow.Snapshot(string(norway))
		if err != nil {
			return err
		}
		entry, held := state.Prices["main"]["lamp"], state.Products["lamp"]
		if entry.Price != price || held.PurchasePrice == nil || *held.PurchasePrice != cost || held.RecommendedRetailPrice != nil {
			return fmt.Errorf("Flow holds %+v at the price %+v", held, entry)
		}
		return nil
	}
}
