package demo

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// books are everything that Omnium has at one moment.
type books struct {
	products   []omnium.Product
	stores     []omnium.Store
	suppliers  []omnium.Supplier
	categories []omnium.Category
	persons    []omnium.PrivateCustomer
	companies  []omnium.BusinessCustomer
	purchases  []omnium.PurchaseOrder
	deliveries []omnium.Delivery
	sales      []omnium.Order
	stock      []omnium.InventoryItem
	prices     []omnium.SeparatePrice
	costs      []omnium.CostPrice
}

// books reads what Omnium has now.
func (w *World) books() books {
	return books{
		products:   w.Omnium.Products(),
		stores:     omniumtest.Documents[omnium.Store](w.Omnium, omniumtest.Stores),
		suppliers:  omniumtest.Documents[omnium.Supplier](w.Omnium, omniumtest.Suppliers),
		categories: omniumtest.Documents[omnium.Category](w.Omnium, omniumtest.Categories),
		persons:    omniumtest.Documents[omnium.PrivateCustomer](w.Omnium, omniumtest.PrivateCustomers),
		companies:  omniumtest.Documents[omnium.BusinessCustomer](w.Omnium, omniumtest.BusinessCustomers),
		purchases:  omniumtest.Documents[omnium.PurchaseOrder](w.Omnium, omniumtest.PurchaseOrders),
		deliveries: omniumtest.Documents[omnium.Delivery](w.Omnium, omniumtest.Deliveries),
		sales:      omniumtest.Documents[omnium.Order](w.Omnium, omniumtest.Orders),
		stock:      omniumtest.Documents[omnium.InventoryItem](w.Omnium, omniumtest.InventoryItems),
		prices:     omniumtest.Documents[omnium.SeparatePrice](w.Omnium, omniumtest.Prices),
		costs:      omniumtest.Documents[omnium.CostPrice](w.Omnium, omniumtest.CostPrices),
	}
}

// put writes documents into Omnium. The demo makes them itself, so that one that Omnium cannot take is
// a mistake in it.
func put[T any](w *World, kind omniumtest.Kind, documents ...T) {
	for _, d := range documents {
		if err := w.Omnium.Put(kind, d); err != nil {
			panic("demo: " + err.Error())
		}
	}
}

// amend changes a document in Omnium by its key.
func amend[T any](w *World, kind omniumtest.Kind, key string, change func(*T)) error {
	var failed error
	found := w.Omnium.Patch(kind, key, func(document map[string]any) {
		failed = amended(document, change)
	})
	if !found {
		return fmt.Errorf("the shop has no %s %s", kind, key)
	}
	return failed
}

// amended changes a document as a T; fields that T does not know stay.
func amended[T any](document map[string]any, change func(*T)) error {
	var v T
	raw, err := json.Marshal(document)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	change(&v)
	changed := map[string]any{}
	if raw, err = json.Marshal(v); err == nil {
		err = json.Unmarshal(raw, &changed)
	}
	if err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	maps.Copy(document, changed)
	return nil
}
