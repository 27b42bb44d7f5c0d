package main

import (
	"fmt"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// newHandlers builds the handlers of the resources that a tenant's implementations export.
func newHandlers(
	t *tenant.Tenant, o reconcile.Options, source *omnium.Client, client *flow.Client,
) (map[event.Resource]worker.Handler, error) {
	build := map[event.Resource]func() (worker.Handler, error){
		event.Product: func() (worker.Handler, error) { return reconcile.NewProduct(o, client) },
		event.Store:   func() (worker.Handler, error) { return reconcile.NewStore(o, source, client) },
		event.Customer: func() (worker.Handler, error) {
			return reconcile.NewCustomer(o, source, client)
		},
		event.PurchaseOrder: func() (worker.Handler, error) {
			return reconcile.NewPurchaseOrder(o, source, client)
		},
		event.Delivery: func() (worker.Handler, error) { return reconcile.NewDelivery(o, source) },
		event.Inventory: func() (worker.Handler, error) {
			return reconcile.NewInventory(o, source, client)
		},
		event.Price: func() (worker.Handler, error) { return reconcile.NewPrice(o, source, client) },
		event.Supplier: func() (worker.Handler, error) {
			return reconcile.NewSupplier(o, source, client)
		},
		event.Category: func() (worker.Handler, error) {
			return reconcile.NewCategory(o, source, client)
		},
	}
	handlers := make(map[event.Resource]worker.Handler, len(t.Resources))
	for _, name := range t.Resources {
		resource := event.Resource(name)
		if build[resource] == nil {
			continue
		}
		handler, err := build[resource]()
		if err != nil {
			return nil, fmt.Errorf("%s handler: %w", name, err)
		}
		handlers[resource] = handler
	}
	return handlers, nil
}
