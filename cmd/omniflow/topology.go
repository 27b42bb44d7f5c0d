package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// topologyEvery is how often memberships are looked at without an event. Markets are read hourly then
	// (design §4) and stores every time, because an event about one of them reaches one replica only.
	topologyEvery = 5 * time.Minute
	// topologyPause is the least time between two reads: a storm of events costs a few.
	topologyPause = 2 * time.Second
	// topologyRetry is how soon a failed read is repeated.
	topologyRetry = 30 * time.Second
	// topologyTimeout bounds one read.
	topologyTimeout = 20 * time.Second
)

// topology keeps the routing up to date with the markets, groups and stores that Omnium knows.
type topology struct {
	cfg    *config.Config
	omnium *omnium.Client
	log    zerolog.Logger
	// onRead is called with the routing after every successful read.
	onRead  func(context.Context, *tenant.Directory) error
	current atomic.Pointer[tenant.Directory]
	known   atomic.Pointer[tenant.Topology] // what was read last; only Run replaces it
	changed chan struct{}                   // buffered: settings or stores have changed
}

// newTopology starts with what the file says and what is known; Run asks Omnium.
func newTopology(
	cfg *config.Config, client *omnium.Client, known tenant.Topology, log zerolog.Logger,
) (*topology, error) {
	t := &topology{cfg: cfg, omnium: client, log: log, changed: make(chan struct{}, 1)}
	t.known.Store(&known)
	directory, err := tenant.NewDirectory(cfg.Tenants, known.WithGroups(cfg.GroupMarkets))
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	t.current.Store(directory)
	return t, nil
}

// directory returns the routing in force. It never blocks.
func (t *topology) directory() *tenant.Directory { return t.current.Load() }

// refresh asks Run to read again. It never blocks.
func (t *topology) refresh() {
	t.omnium.ForgetMarkets()
	t.wake()
}

// storesChanged asks Run to read the stores again. It never blocks.
func (t *topology) storesChanged() {
	t.omnium.ForgetStores()
	t.wake()
}

func (t *topology) wake() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// Run reads the memberships now, every few minutes, and when settings or stores have changed, until ctx
// ends.
func (t *topology) Run(ctx context.Context) error {
	pace := rate.NewLimiter(rate.Every(topologyPause), 2)
	for pace.Wait(ctx) == nil {
		wait := topologyEvery
		if err := t.read(ctx); err != nil && ctx.Err() == nil {
			t.log.Warn().Err(err).Msg("memberships not read; the last known ones stay in force")
			wait = topologyRetry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-t.changed:
		}
		timer.Stop()
	}
	return nil
}

// read replaces the routing by what Omnium says now. Of a part that cannot be read, the last known
// state stays in force.
func (t *topology) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, topologyTimeout)
	defer cancel()
	known := *t.known.Load()
	markets, errMarkets := t.omnium.Markets(ctx)
	for _, m := range markets {
		errMarkets = errors.Join(errMarkets, m.Err) // its group is not known
	}
	if errMarkets == nil {
		known.GroupMarkets = groupsOf(markets)
	}
	stores, errStores := t.omnium.StoreDirectory(ctx, time.Time{})
	if errStores == nil {
		known.StoreMarkets = marketsOf(stores.All())
	}
	t.known.Store(&known)
	directory, err := tenant.NewDirectory(t.cfg.Tenants, known.WithGroups(t.cfg.GroupMarkets))
	if err != nil {
		return fmt.Errorf("memberships contradict the configuration: %w", err)
	}
	t.current.Store(directory)
	return errors.Join(errMarkets, errStores, t.onRead(ctx, directory))
}

func groupsOf(markets []omnium.Market) map[string][]string {
	groups := map[string][]string{}
	for _, m := range markets {
		if m.MarketGroupID != "" {
			groups[m.MarketGroupID] = append(groups[m.MarketGroupID], m.MarketID)
		}
	}
	return groups
}

func marketsOf(stores []omnium.Store) map[string][]string {
	markets := map[string][]string{}
	for _, s := range stores {
		markets[s.ID] = s.AvailableOnMarkets
	}
	return markets
}
