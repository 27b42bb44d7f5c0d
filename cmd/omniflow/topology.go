package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	// topologyEvery is how often memberships are read again without an event (design §4).
	topologyEvery = time.Hour
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
	known   tenant.Topology // what was read last; only Run touches it
	changed chan struct{}   // buffered: settings have changed
}

// newTopology starts with what the file says; Run asks Omnium.
func newTopology(cfg *config.Config, client *omnium.Client, log zerolog.Logger) (*topology, error) {
	t := &topology{cfg: cfg, omnium: client, log: log, changed: make(chan struct{}, 1)}
	directory, err := tenant.NewDirectory(cfg.Tenants, tenant.Topology{}.WithGroups(cfg.GroupMarkets))
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
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// Run reads the memberships now, hourly, and when settings have changed, until ctx ends.
func (t *topology) Run(ctx context.Context) error {
	for {
		wait := topologyEvery
		if err := t.read(ctx); err != nil && ctx.Err() == nil {
			t.log.Warn().Err(err).Msg("memberships not read; the last known ones stay in force")
			wait = topologyRetry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
			t.omnium.ForgetMarkets()
		case <-t.changed:
		}
		timer.Stop()
	}
}

// read replaces the routing by what Omnium says now. Of a part that cannot be read, the last known
// state stays in force.
func (t *topology) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, topologyTimeout)
	defer cancel()
	markets, errMarkets := t.omnium.Markets(ctx)
	if errMarkets == nil {
		t.known.GroupMarkets = groupsOf(markets)
	}
	stores, errStores := t.omnium.Stores(ctx)
	if errStores == nil {
		t.known.StoreMarkets = marketsOf(stores)
	}
	directory, err := tenant.NewDirectory(t.cfg.Tenants, t.known.WithGroups(t.cfg.GroupMarkets))
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
