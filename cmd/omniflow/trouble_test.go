package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestTroubleIsLookedAfter: at once the first time, once a minute when it goes on, and again when Redis
// did not take it.
func TestTroubleIsLookedAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var away error
		wished := map[event.Resource]int{}
		again := 0
		set := func(change func()) { mu.Lock(); defer mu.Unlock(); change() }
		ask := func(_ context.Context, r event.Resource, _ time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			if away == nil {
				wished[r]++
			}
			return away
		}
		tr := newTrouble(ask, func(ctx context.Context, r event.Resource, since time.Time) error {
			set(func() { again++ })
			return ask(ctx, r, since)
		}, zerolog.Nop())
		want := func(when string, n int) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if wished[event.Product] != n || wished[event.Store] != n {
				t.Errorf("%s: wishes = %v, want %d of each resource", when, wished, n)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tr.run(ctx) }()
		shop := &tenant.Tenant{Resources: []string{"product", "store"}}
		tr.over(shop)
		want("at once", 1)
		for range 30 {
			tr.over(shop)
			time.Sleep(time.Second)
		}
		want("after thirty seconds of trouble", 1)
		time.Sleep(time.Minute)
		want("a minute later", 2)
		set(func() { away = errors.New("redis is away") })
		time.Sleep(2 * time.Minute)
		tr.gained(shop)
		tr.over(shop) // which does not make less of it
		time.Sleep(time.Minute)
		set(func() { away, again = nil, 0 })
		time.Sleep(troubleRetry)
		want("when Redis is back", 3)
		cancel()
		if err := <-ended; err != nil || again != 2 {
			t.Errorf("run = %v with %d wishes of what was listed before, want nil with 2", err, again)
		}
		(*trouble)(nil).over(shop) // nobody catches up
	})
}

// TestGainedMarketListsChanges: a tenant that gets a market begins with what has changed in it lately.
func TestGainedMarketListsChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t, rarely, func(s *settings) { s.Overlap = "5m" })
	h.config = h.edited("markets:\n  - market: NOR\n", "marketGroups:\n  - group: nordics\nmarkets:\n")
	h.config = h.edited("    OrganizationUid: fjell_sport\n", "    OrganizationUid: fjell_sport\n    UseMarketGroupFlowTenants: \"true\"\n")
	markets := []omnium.Market{
		{MarketID: "NOR", MarketGroupID: "nordics", Currency: "NOK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
		{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25", ProductContentLanguage: "sv"},
	}
	h.omnium.SetMarkets(markets)
	r := h.start()
	r.listedOnce()
	p := simple("cup", "Kopp")
	p.MarketIDs = []string{"FIN"}
	h.omnium.PutProduct(p) // nobody says so
	h.omnium.SetMarkets(append(markets, omnium.Market{MarketID: "FIN", MarketGroupID: "nordics", Currency: "EUR"}))
	r.deliver(h.omnium.Event(omniumtest.Event{ClassName: "Settings", OperationID: 297104}))
	h.eventually("the product of the market is in Flow", func() error {
		if _, exists := h.flowProduct(norway, "cup"); !exists {
			return errors.New("no such product")
		}
		return nil
	})
}
