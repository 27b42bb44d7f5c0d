package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// bergen is a primary store of one market that is its own warehouse.
func bergen(market string) omnium.Store {
	return omnium.Store{
		ID: "bergen", Name: "Bergen", IsPrimaryStore: true, IsWarehouse: true, AvailableOnMarkets: []string{market},
		OrganizationalNumber: "999888777",
	}
}

// TestStoreMovesToAnotherMarket: the tenant that it comes to gets it and the one that it leaves closes
// it, although the routing knew the store under its old market.
func TestStoreMovesToAnotherMarket(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.config = h.edited("[IProductExporter]", "[IProductExporter, IStoreExporter]")
	r := h.start()
	move := func(market string) {
		t.Helper()
		if err := h.omnium.Put(omniumtest.Stores, bergen(market)); err != nil {
			t.Fatal(err)
		}
		e := omniumtest.Event{ClassName: "Store", OperationID: 370107, ObjectID: "bergen", StoreID: "bergen"}
		if got, want := r.deliver(h.omnium.Event(e)), (tally{Accepted: 1}); got != want {
			t.Errorf("POST of the store event = %+v, want %+v", got, want)
		}
	}
	move("NOR")
	h.eventually("the store is open in norway", func() error { return h.wantOpen(norway, true) })
	move("SWE")
	h.eventually("the store is open in sweden", func() error { return h.wantOpen(sweden, true) })
	h.eventually("the store is closed in norway", func() error { return h.wantOpen(norway, false) })
}

// wantOpen says how the store in Flow differs from bergen being open or closed.
func (h *harness) wantOpen(id tenant.ID, open bool) error {
	state, err := h.flow.Snapshot(string(id))
	if err != nil {
		return err
	}
	want := flow.Warehouse{WarehouseUID: "bergen", Name: "Bergen", ExternalID: "bergen"}
	s, held := state.Stores["bergen"], state.Warehouses["bergen"]["bergen"]
	if s.IsActive != open || s.DefaultWarehouseUID != "bergen" || held != want {
		return fmt.Errorf("Flow holds %+v with the warehouse %+v", s, held)
	}
	return nil
}

// TestRoutingFollowsStores: what is told about stores changes where their events go.
func TestRoutingFollowsStores(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	cfg, err := config.Load(h.config, h.getenv)
	if err != nil {
		t.Fatal(err)
	}
	client, err := omnium.New(omnium.Options{
		BaseURL: cfg.Omnium.BaseURL, ClientID: "client", ClientSecret: omniumSecret, Transport: h.omnium.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	routing, err := newTopology(cfg, client, tenant.Topology{}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	routing.onRead = func(context.Context, *tenant.Directory) error { return nil }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- routing.Run(ctx) }()
	for market, want := range map[string]tenant.ID{"NOR": norway, "SWE": sweden} {
		h.omnium.SetStores([]omnium.Store{bergen(market)})
		routing.storesChanged()
		h.eventually("events of a store in "+market, func() error {
			route := routing.directory().Resolve("product", "", "bergen")
			if len(route.Tenants) != 1 || route.Tenants[0] != want {
				return fmt.Errorf("go to %v, want %s", route.Tenants, want)
			}
			return nil
		})
	}
	cancel()
	if err := receive(h, "the end of Run", ended); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
