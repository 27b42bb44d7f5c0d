package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func (d *Day) newProduct(ctx context.Context) (string, error) {
	a := article{"FF-1099", "Nyskapt", "klaer-jakker", sizes, 1999, "Hybridjakke", "Hybridjacka"}
	d.stock(a, 3)
	return "3 variants, a new brand", d.announce(ctx, added(a.id))
}

// stock puts an article on the shelf.
func (d *Day) stock(a article, i int) {
	for _, document := range a.documents(i, time.Now()) {
		d.world.Omnium.PutProduct(document)
	}
}

func added(id string) omniumtest.Event {
	return omniumtest.Event{ObjectID: id, OperationID: opAdded, Category: "Created"}
}

func removed(id string) omniumtest.Event {
	return omniumtest.Event{ObjectID: id, OperationID: opDeleted, Category: "Deleted"}
}

// variantRemoved takes the first variant, which the others are linked to.
func (d *Day) variantRemoved(ctx context.Context) (string, error) {
	return "one size off sale", d.change(ctx, "FF-1001", func(p *omnium.Product) { p.Variants = p.Variants[1:] })
}

// skuMoves makes a variant one of another product. The new owner is announced first: it must wait
// until the old one has let go.
func (d *Day) skuMoves(ctx context.Context) (string, error) {
	const from, to = "ST-1302", "ST-1301"
	var moved omnium.Product
	err := d.edit(from, func(p *omnium.Product) { moved, p.Variants = p.Variants[3], p.Variants[:3] })
	if err != nil {
		return "", err
	}
	if err := d.edit(to, func(p *omnium.Product) { p.Variants = append(p.Variants, moved) }); err != nil {
		return "", err
	}
	return "one Flow product, no second one", errors.Join(
		d.announce(ctx, omniumtest.Event{ObjectID: to}),
		d.announce(ctx, omniumtest.Event{ObjectID: from}),
	)
}

func (d *Day) leavesMarket(ctx context.Context) (string, error) {
	err := errors.Join(
		d.change(ctx, "UV-1101", func(p *omnium.Product) { p.MarketIDs = []string{marketNO} }),
		d.change(ctx, "GL-2204", func(p *omnium.Product) { p.MarketIDs = []string{marketSE} }),
	)
	return "off sale in the one tenant only", err
}

// deletions deletes two products as an API does, which leaves nothing to be read, and two as people
// do, which leaves a mark. One of these Flow has never seen.
func (d *Day) deletions(ctx context.Context) (string, error) {
	shop := d.world.Omnium
	if !shop.HardDelete("NA-2103") || !shop.HardDelete("NA-2104") ||
		!shop.SoftDelete("BE-1704") || !shop.SoftDelete(oddNeverSold) {
		return "", errors.New("the shop misses a product")
	}
	return "off sale, with a date", errors.Join(
		d.announce(ctx, removed("NA-2103")),
		d.announce(ctx, removed("NA-2104")),
		d.announce(ctx, omniumtest.Event{ObjectID: "BE-1704", OperationID: opStatus}),
		d.announce(ctx, omniumtest.Event{ObjectID: oddNeverSold, OperationID: opStatus}),
	)
}

// returns brings back one product of each kind.
func (d *Day) returns(ctx context.Context) (string, error) {
	const number = 46
	back := catalogue()[number]
	d.stock(back, number)
	return "on sale again, no date", errors.Join(
		d.announce(ctx, added(back.id)),
		d.change(ctx, "BE-1704", func(p *omnium.Product) { p.Status, p.IsActive = "", true }),
		d.change(ctx, "UV-1101", func(p *omnium.Product) { p.MarketIDs = nil }),
	)
}

// outage makes Flow fail for one tenant until the circuit breaker opens. The other tenant must not
// notice.
func (d *Day) outage(ctx context.Context) (string, error) {
	d.world.Flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Tenant != TenantSE {
			return flowtest.Fault{}
		}
		return flowtest.Fault{Status: http.StatusBadGateway}
	})
	defer d.world.Flow.SetFault(nil)
	if err := d.recost(ctx, catalogue()[16:32], 51); err != nil {
		return "", err
	}
	d.progress.Note("until the breaker opens")
	err := d.until(ctx, func(s map[string]state) (bool, error) { return s[TenantSE].Breaker == "open", nil })
	if err != nil {
		return "", fmt.Errorf("wait for the breaker to open: %w", err)
	}
	if err := d.norwayAgrees(ctx); err != nil {
		return "", err
	}
	d.world.Flow.SetFault(nil)
	d.progress.Note("until the breaker closes")
	err = d.until(ctx, func(s map[string]state) (bool, error) { return s[TenantSE].Breaker == "closed", nil })
	if err != nil {
		return "", fmt.Errorf("wait for the breaker to close: %w", err)
	}
	return "breaker opened and closed", nil
}

// norwayAgrees waits for the healthy tenant and compares it alone.
func (d *Day) norwayAgrees(ctx context.Context) error {
	norway, b := d.oracles[0], d.world.books()
	if err := d.settled(ctx, b, norway); err != nil {
		return fmt.Errorf("wait for the healthy tenant: %w", err)
	}
	t, err := d.compare(ctx, norway.tenant, norway.expect(b, time.Now()))
	if err == nil && t.Differ > 0 {
		err = &DisagreementError{Report{Tenants: []TenantReport{t}, Differences: t.differences}}
	}
	return err
}

// lostAnswers makes Flow do what it is asked, but lose every seventh answer.
func (d *Day) lostAnswers(ctx context.Context) (string, error) {
	var lost atomic.Int64
	d.world.Flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Seq%7 != 0 {
			return flowtest.Fault{}
		}
		lost.Add(1)
		return flowtest.Fault{LoseReply: true}
	})
	defer d.world.Flow.SetFault(nil)
	err := d.recost(ctx, catalogue()[32:58], 52)
	if err == nil {
		err = d.Settled(ctx)
	}
	return fmt.Sprintf("%d answers lost", lost.Load()), err
}

// throttled makes Omnium refuse everything until the service has noticed.
func (d *Day) throttled(ctx context.Context) (string, error) {
	before := d.world.refusals.Load()
	d.world.throttled.Store(true)
	defer d.world.throttled.Store(false)
	if err := d.recost(ctx, catalogue()[:6], 53); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, settleTimeout, errBusy)
	defer cancel()
	err := poll(ctx, pollEvery, func() (bool, error) { return d.world.refusals.Load() > before, nil })
	if err != nil {
		return "", fmt.Errorf("wait for a read: %w", err)
	}
	return fmt.Sprintf("reads refused: %d, then it waited", d.world.refusals.Load()-before), nil
}

// recost changes the cost of products, as far as they are still there, one event each.
func (d *Day) recost(ctx context.Context, articles []article, percent int) error {
	for _, a := range articles {
		cost := share(a.kroner, percent)
		if !d.world.Omnium.PatchProduct(a.id, func(p *omnium.Product) { p.Cost = cost }) {
			continue
		}
		if err := d.announce(ctx, omniumtest.Event{ObjectID: a.id}); err != nil {
			return err
		}
	}
	return nil
}
