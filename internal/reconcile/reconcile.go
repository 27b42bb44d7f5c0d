// Package reconcile makes Flow agree with Omnium for a batch of jobs of one resource: fetch what the
// objects look like now, map them, push what differs from what was pushed last. One file per
// resource; what an error means for a job is decided in disposition.go only.
package reconcile

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Source reads Omnium; omnium.Client documents each method.
type Source interface {
	Product(ctx context.Context, id, lang string, since time.Time) (*omnium.Product, error)
	Products(ctx context.Context, ids []string, lang string) (map[string]omnium.ProductResult, error)
	CostPrices(ctx context.Context, codes []string, since time.Time) ([]omnium.CostPrice, error)
	Markets(ctx context.Context) ([]omnium.Market, error)
	Categories(ctx context.Context, lang string, since time.Time) (map[string]*omnium.Category, error)
}

// ProductTarget writes products to one Flow tenant; flow.Client documents each method.
type ProductTarget interface {
	PutProduct(ctx context.Context, p flow.Product, known bool) (created bool, err error)
	DeactivateProduct(ctx context.Context, uid string, d flow.Deactivation) error
	EnsureBrand(ctx context.Context, b flow.Brand) error
	EnsureProductGroup(ctx context.Context, g flow.ProductGroup) error
	EnsureProperty(ctx context.Context, p flow.Property) error
	SetPropertyText(ctx context.Context, product, property, text string) error
	ListMedia(ctx context.Context, product string) ([]flow.MediaRecord, error)
	AddMedia(ctx context.Context, product string, m flow.Media) error
	LinkSibling(ctx context.Context, product, sibling string) error
}

// MapProduct turns an Omnium product into what Flow shall hold, as mapping.Product does.
type MapProduct func(*omnium.Product, mapping.ProductOptions) (*mapping.MappedProduct, error)

// Options are what every resource's handler needs.
type Options struct {
	Tenant *tenant.Tenant
	// Markets returns the market ids that resolve to the tenant now, groups resolved.
	Markets func() []string
	Omnium  Source
	Ledger  Ledger
	// MapProduct replaces mapping.Product; nil means mapping.Product. Tests break a rule with it.
	MapProduct MapProduct
	// Enqueue asks for another object of the same tenant; it returns when the queue has it.
	Enqueue func(ctx context.Context, key job.Key, lane job.Lane, cause job.Cause) error
}

func (o Options) validate() error {
	if o.Tenant == nil || o.Markets == nil || o.Omnium == nil || o.Ledger == nil || o.Enqueue == nil {
		return errors.New("reconcile: tenant, markets, omnium, ledger and enqueue are required")
	}
	return nil
}

// onceMore remembers for which event an object was read again because the first read looked too old
// (design §7), so that it happens once per event. It is bounded: forgetting costs one more read.
type onceMore struct {
	mu   sync.Mutex
	seen map[job.Key]look
}

// look is the second look at an object for an event.
type look struct {
	event string
	due   time.Time
}

const onceMoreLimit = 4096

// first reports whether the object was not yet read again for this event.
func (m *onceMore) first(j job.Job) bool {
	_, first := m.of(j)
	return first
}

// due returns when the object is to be looked at once more for this event, also to runs that another event has
// asked for in between; zero when that is over.
func (m *onceMore) due(j job.Job) time.Time {
	at, _ := m.of(j)
	if !time.Now().Before(at) {
		return time.Time{}
	}
	return at
}

// of returns when the second look for the event is due, and whether this is the first.
func (m *onceMore) of(j job.Job) (due time.Time, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if was, seen := m.seen[j.Key]; seen && was.event == j.Cause.EventID {
		return was.due, false
	}
	if m.seen == nil || len(m.seen) >= onceMoreLimit {
		m.seen = map[job.Key]look{}
	}
	due = time.Now().Add(staleWait)
	m.seen[j.Key] = look{j.Cause.EventID, due}
	return due, true
}

// ensured remembers for a while what Flow is known to have, so that a brand is looked up once in ten
// minutes and not once per product.
type ensured struct {
	mu    sync.Mutex
	until map[string]time.Time
}

const ensuredFor = 10 * time.Minute

// do calls create unless key was ensured lately. Two callers may both create: creating is idempotent.
func (e *ensured) do(key string, create func() error) (bool, error) {
	e.mu.Lock()
	fresh := time.Now().Before(e.until[key])
	e.mu.Unlock()
	if fresh {
		return false, nil
	}
	if err := create(); err != nil {
		return true, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[string]time.Time{}
	}
	e.until[key] = time.Now().Add(ensuredFor)
	return true, nil
}

// forget drops everything: Flow has refused something that relied on it.
func (e *ensured) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.until = nil
}
