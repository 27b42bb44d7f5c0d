package demo

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// Books are everything that Omnium has at one moment. They survive a way through JSON.
type Books struct {
	Products   []omnium.Product
	Stores     []omnium.Store
	Suppliers  []omnium.Supplier
	Categories []omnium.Category
	Persons    []omnium.PrivateCustomer
	Companies  []omnium.BusinessCustomer
	Purchases  []omnium.PurchaseOrder
	Deliveries []omnium.Delivery
	Sales      []omnium.Order
	Stock      []omnium.InventoryItem
	Prices     []omnium.SeparatePrice
	Costs      []omnium.CostPrice
}

// books reads what Omnium has now.
func (w *World) books() Books { return BooksOf(w.Omnium) }

// BooksOf reads what an Omnium has now.
func BooksOf(o *omniumtest.Server) Books {
	return Books{
		Products:   o.Products(),
		Stores:     omniumtest.Documents[omnium.Store](o, omniumtest.Stores),
		Suppliers:  omniumtest.Documents[omnium.Supplier](o, omniumtest.Suppliers),
		Categories: omniumtest.Documents[omnium.Category](o, omniumtest.Categories),
		Persons:    omniumtest.Documents[omnium.PrivateCustomer](o, omniumtest.PrivateCustomers),
		Companies:  omniumtest.Documents[omnium.BusinessCustomer](o, omniumtest.BusinessCustomers),
		Purchases:  omniumtest.Documents[omnium.PurchaseOrder](o, omniumtest.PurchaseOrders),
		Deliveries: omniumtest.Documents[omnium.Delivery](o, omniumtest.Deliveries),
		Sales:      omniumtest.Documents[omnium.Order](o, omniumtest.Orders),
		Stock:      omniumtest.Documents[omnium.InventoryItem](o, omniumtest.InventoryItems),
		Prices:     omniumtest.Documents[omnium.SeparatePrice](o, omniumtest.Prices),
		Costs:      omniumtest.Documents[omnium.CostPrice](o, omniumtest.CostPrices),
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
