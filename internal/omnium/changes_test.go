package omnium_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// listed returns the ids that a list has found, sorted, each once.
func listed(t *testing.T, s *omniumtest.Server, r event.Resource, w omnium.Window) []string {
	t.Helper()
	var ids []string
	err := newClient(t, s).Changes(t.Context(), r, w, func(page []omnium.Change) error {
		for _, c := range page {
			ids = append(ids, c.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Changes(%s): %v", r, err)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestProductChanges(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hour := func(n int) omnium.Time { return omnium.Time{Time: now.Add(time.Duration(n) * time.Hour)} }
	s := newServer()
	s.PageSize = 2
	s.Now = func() time.Time { return now.Add(-48 * time.Hour) }
	old := func(id string, change func(*omnium.Product)) {
		p := omnium.Product{ID: id + "_no", ProductID: id, Language: "no", IsActive: true}
		change(&p)
		s.PutProduct(p)
	}
	old("old", func(*omnium.Product) {})
	old("price-opened", func(p *omnium.Product) {
		p.Prices = []omnium.Price{{UnitPrice: "1", ValidFrom: hour(-1)}}
	})
	old("price-ended", func(p *omnium.Product) {
		p.Variants = []omnium.Product{{SkuID: "v", Prices: []omnium.Price{{UnitPrice: "1", ValidUntil: hour(-1)}}}}
	})
	old("price-in-future", func(p *omnium.Product) {
		p.Prices = []omnium.Price{{UnitPrice: "1", ValidFrom: hour(5)}}
	})
	old("soft-deleted-now", func(*omnium.Product) {})
	old("soft-deleted-before", func(p *omnium.Product) { p.Status = omnium.StatusDeleted })
	old("gone", func(*omnium.Product) {})
	s.Now = func() time.Time { return now }
	old("new", func(*omnium.Product) {})
	s.PutProduct(omnium.Product{ID: "new_sv", ProductID: "new", Language: "sv", IsActive: true})
	s.SoftDelete("soft-deleted-now")
	s.HardDelete("gone")

	window := omnium.Window{Since: now.Add(-2 * time.Hour), Until: now}
	if got, want := listed(t, s, event.Product, window),
		[]string{"new", "price-ended", "price-opened", "soft-deleted-now"}; !slices.Equal(got, want) {
		t.Errorf("Changes since two hours = %v, want %v", got, want)
	}
	if got := listed(t, s, event.Product, omnium.Window{}); len(got) != 7 {
		t.Errorf("Changes without a window = %v, want every product but the one that is gone", got)
	}
	if n := s.OpenScrolls(); n != 0 {
		t.Errorf("%d scrolls are left open", n)
	}
}

func TestChangesEndWithVisit(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PutProduct(omnium.Product{ID: "a", Language: "no"})
	stop := errors.New("stop")
	c := newClient(t, s)
	err := c.Changes(t.Context(), event.Product, omnium.Window{}, func([]omnium.Change) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("Changes = %v, want the error of visit", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Changes(ctx, event.Product, omnium.Window{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Changes with a context that has ended = %v, want context.Canceled", err)
	}
	if err := c.Changes(t.Context(), "nonsense", omnium.Window{}, nil); err == nil {
		t.Error("Changes of an unknown resource: no error")
	}
}
