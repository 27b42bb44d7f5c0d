package omnium

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opMarkets = "market.list"
	opStores  = "store.list"
	// marketsFor is how long markets are kept (design §4).
	marketsFor = time.Hour
)

// markets caches the markets of the Omnium tenant.
type markets struct {
	reads *calls[struct{}, []Market]

	mu        sync.Mutex // guards the fields below
	list      []Market
	readAt    time.Time // when the read of list began; zero when there is none
	forgotten time.Time // reads that began before do not count
}

func newMarkets() *markets {
	return &markets{reads: newCalls[struct{}, []Market](0, 0)}
}

// Markets returns the markets of the Omnium tenant (reference omnium-api.md §11). They are read at
// most once an hour unless they are forgotten; concurrent callers share one read. When the read
// fails, the last known list, if any, comes with the error: for most callers it is good enough. The
// result must not be modified.
func (c *Client) Markets(ctx context.Context) ([]Market, error) {
	last, since, ok := c.markets.cached()
	if ok {
		return last, nil
	}
	list, err := c.markets.reads.do(ctx, struct{}{}, since, c.readMarkets)
	if err != nil {
		return last, err
	}
	return list, nil
}

// ForgetMarkets makes the next call of Markets read them again. Call it when an event says that
// tenant settings have changed.
func (c *Client) ForgetMarkets() {
	c.markets.mu.Lock()
	defer c.markets.mu.Unlock()
	c.markets.forgotten = time.Now()
	c.markets.readAt = time.Time{}
}

func (c *Client) readMarkets(ctx context.Context) ([]Market, error) {
	started := time.Now()
	var list []Market
	if err := c.list(ctx, opMarkets, "/api/Markets", &list); err != nil {
		return nil, err
	}
	c.markets.store(list, started)
	return list, nil
}

// cached also returns since when a read counts.
func (m *markets) cached() ([]Market, time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := !m.readAt.IsZero() && time.Since(m.readAt) < marketsFor
	return m.list, m.forgotten, fresh
}

func (m *markets) store(list []Market, started time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if started.Before(m.forgotten) || started.Before(m.readAt) {
		return
	}
	m.list, m.readAt = list, started
}

// Stores reads all stores (reference omnium-api.md §6). It keeps nothing.
func (c *Client) Stores(ctx context.Context) ([]Store, error) {
	var list []Store
	if err := c.list(ctx, opStores, "/api/Stores", &list); err != nil {
		return nil, err
	}
	return list, nil
}

func (c *Client) list(ctx context.Context, op, path string, out any) error {
	raw, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: path, Label: op})
	if err != nil {
		return err
	}
	return decode(op, raw, out)
}
