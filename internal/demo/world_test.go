package demo_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

func open(t *testing.T) *demo.World {
	t.Helper()
	w, err := demo.Open(t.Context())
	if err != nil {
		t.Fatalf("Open() = %v, want no error", err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("Close() = %v, want no error", err)
		}
	})
	return w
}

func configOf(t *testing.T, w *demo.World) *config.Config {
	t.Helper()
	c, err := config.Parse("demo", w.Config(), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("Parse(Config()) = %v, want no error; the file:\n%s", err, w.Config())
	}
	return c
}

func TestConfigHoldsForTheService(t *testing.T) {
	t.Parallel()
	c := configOf(t, open(t))
	if c.Redis.Mode != config.RedisEmbedded {
		t.Errorf("Config() has Redis mode %s, want %s", c.Redis.Mode, config.RedisEmbedded)
	}
	got := map[tenant.ID][]string{}
	for _, t := range c.Tenants {
		got[t.ID] = t.Markets
	}
	want := map[tenant.ID][]string{demo.TenantNO: {"NOR"}, demo.TenantSE: {"SWE"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("markets by tenant differ (-want +got):\n%s", diff)
	}
}

func TestWorldIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first, second := open(t).Omnium.Products(), open(t).Omnium.Products()
	for _, list := range [][]omnium.Product{first, second} {
		for i := range list {
			undate(&list[i])
		}
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two worlds sell different things (-first +second):\n%s", diff)
	}
}

// undate clears the times that hang on when the world was opened.
func undate(p *omnium.Product) {
	p.Modified = omnium.Time{}
	for i := range p.Prices {
		p.Prices[i].ValidFrom, p.Prices[i].ValidUntil = omnium.Time{}, omnium.Time{}
	}
	for i := range p.AssortmentCodes {
		p.AssortmentCodes[i].ValidFrom, p.AssortmentCodes[i].ValidTo = omnium.Time{}, omnium.Time{}
	}
}

func TestShopHasAllKinds(t *testing.T) {
	t.Parallel()
	w := open(t)
	if products, documents := w.Shop(); products < 60 || documents <= products {
		t.Errorf("Shop() = %d products, %d documents, want at least 60 and more documents", products, documents)
	}
	all, now := w.Omnium.Products(), time.Now()
	price := func(holds func(omnium.Price) bool) func(omnium.Product) bool {
		return func(p omnium.Product) bool { return slices.ContainsFunc(p.Prices, holds) }
	}
	kinds := map[string]func(omnium.Product) bool{
		"Swedish":        func(p omnium.Product) bool { return p.Language == "sv" },
		"with variants":  func(p omnium.Product) bool { return len(p.Variants) > 1 },
		"without sku":    func(p omnium.Product) bool { return p.SkuID == "" && len(p.Variants) == 0 },
		"package":        func(p omnium.Product) bool { return p.IsPackage },
		"inactive":       func(p omnium.Product) bool { return !p.IsActive && !p.Deleted() },
		"deleted":        func(p omnium.Product) bool { return p.Deleted() },
		"in one market":  func(p omnium.Product) bool { return len(p.MarketIDs) == 1 },
		"in a group":     func(p omnium.Product) bool { return len(p.MarketGroupIDs) > 0 },
		"without brand":  func(p omnium.Product) bool { return p.Brand == "" },
		"without prices": func(p omnium.Product) bool { return len(p.Prices) == 0 },
		"tax excluded":   price(func(p omnium.Price) bool { return p.IsTaxExcluded }),
		"group price":    price(func(p omnium.Price) bool { return p.MarketGroupID != "" }),
		"future price":   price(func(p omnium.Price) bool { return p.ValidFrom.After(now) }),
		"blocking price": price(func(p omnium.Price) bool { return p.PriceType == "B" }),
	}
	for name, is := range kinds {
		if !slices.ContainsFunc(all, is) {
			t.Errorf("the shop has no product that is %s", name)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := demo.Open(ctx); err == nil {
		t.Error("Open() of an ended context = nil, want an error")
	}
}
