package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/catchup"
	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// newCatchup returns the catch-up of this replica; nil when the configuration turns it off.
func (s *service) newCatchup(holder string) (*catchup.Catchup, error) {
	if !s.boot.Catchup.Enabled {
		return nil, nil //nolint:nilnil // nothing is wrong, and there is nothing to run
	}
	return catchup.New(catchup.Options{
		Holder:    holder,
		Directory: s.directory,
		Source:    source{s},
		Intake:    s.committer,
		Records:   s.ledger,
		Syncs:     s.ledger,
		Depths:    s.queue,
		Intervals: intervals(s.boot.Catchup.Intervals),
		Overlap:   s.boot.Catchup.Overlap,
		Observe:   s.listed,
		Log:       s.log,
	})
}

// source lists with the client in force.
type source struct{ *service }

// Changes implements catchup.Source.
func (s source) Changes(
	ctx context.Context, r event.Resource, w omnium.Window, visit func([]omnium.Change) error,
) error {
	return s.now().omnium.Changes(ctx, r, w, visit)
}

func intervals(i config.Intervals) map[event.Resource]time.Duration {
	return map[event.Resource]time.Duration{
		event.Product: i.Products, event.Price: i.Prices, event.Inventory: i.Inventory,
		event.Customer: i.Customers, event.PurchaseOrder: i.PurchaseOrders,
		event.Delivery: i.Deliveries, event.Supplier: i.Suppliers, event.Store: i.Stores,
		event.Category: i.Categories,
	}
}

// Want implements api.Wishes.
func (s *service) Want(ctx context.Context, r event.Resource, since time.Time) error {
	return s.wantWith(ctx, s.ledger.Want, r, since)
}

// wantAfresh is Want for somebody who was not concerned when the changes were listed before.
func (s *service) wantAfresh(ctx context.Context, r event.Resource, since time.Time) error {
	return s.wantWith(ctx, s.ledger.WantAfresh, r, since)
}

func (s *service) wantWith(
	ctx context.Context, want func(context.Context, event.Resource, time.Time) error, r event.Resource, since time.Time,
) error {
	if since.IsZero() {
		since = time.Now()
	}
	since = since.Add(-s.boot.Catchup.Overlap)
	for _, listed := range listedFor(r) {
		if err := want(ctx, listed, since); err != nil {
			return err
		}
	}
	return nil
}

// listedFor is what is listed for events about r that name no object. A price list's prices may be kept on
// the products or apart from them, so that both are looked for.
func listedFor(r event.Resource) []event.Resource {
	if r == event.Price {
		return []event.Resource{event.Product, event.Price}
	}
	return []event.Resource{r}
}

// wishes is who takes events that name no object; nil without catch-up.
func (s *service) wishes() api.Wishes {
	if !s.boot.Catchup.Enabled {
		return nil
	}
	return s
}

// listed tells those who keep what a delta has found to be old.
func (s *service) listed(r catchup.Report) {
	s.metrics.observeDelta(r)
	if r.Resource == event.Store && r.Queued > 0 {
		s.now().routing.storesChanged()
	}
}

// syncCounts adds up what the workers have made of synchronisations, so that Redis is told once a
// second and not once per job. It is safe for concurrent use.
type syncCounts struct {
	ledger *ledger.Ledger

	mu     sync.Mutex
	counts map[syncOf]*[2]int64 // done, failed
}

type syncOf struct {
	tenant tenant.ID
	id     string
}

// observe counts a run whose job a synchronisation has asked for, once the job is settled for good.
func (c *syncCounts) observe(r worker.Report) {
	id, ok := strings.CutPrefix(r.Job.Cause.EventID, catchup.SyncEvent)
	if !ok {
		return
	}
	var which int
	switch {
	case r.Settled == worker.SettledBuried:
		which = 1
	case r.Outcome.Verdict == job.Done && r.Settled == worker.SettledAcked:
		which = 0
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	of := syncOf{r.Job.Tenant, id}
	if c.counts == nil {
		c.counts = map[syncOf]*[2]int64{}
	}
	if c.counts[of] == nil {
		c.counts[of] = new([2]int64)
	}
	c.counts[of][which]++
}

// run tells Redis until ctx ends, and once more then.
func (c *syncCounts) run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		c.flush(context.WithoutCancel(ctx))
	}
	return nil
}

// flush keeps what Redis does not take for the next time.
func (c *syncCounts) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c.mu.Lock()
	counts := c.counts
	c.counts = nil
	c.mu.Unlock()
	for of, n := range counts {
		if c.ledger.CountSync(ctx, of.tenant, of.id, n[0], n[1]) == nil {
			continue
		}
		c.mu.Lock()
		if c.counts == nil {
			c.counts = map[syncOf]*[2]int64{}
		}
		if kept := c.counts[of]; kept != nil {
			n[0], n[1] = n[0]+kept[0], n[1]+kept[1]
		}
		c.counts[of] = n
		c.mu.Unlock()
	}
}
