package main

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// generation is what was built from one configuration. A reload makes the next one; jobs that run go on
// with theirs, which therefore refers to nothing of the next.
type generation struct {
	cfg     *config.Config
	omnium  *omnium.Client
	routing *topology
	flows   map[tenant.ID]*flow.Client
	tenants []worker.Tenant
	handler http.Handler
	// markets are those that each tenant served when the memberships were read last; only the topology
	// touches them.
	markets map[tenant.ID][]string
	// ended is closed when the next one is in force, or the service begins to stop.
	ended chan struct{}
}

// now is the generation in force. It never blocks.
func (s *service) now() *generation { return s.generation.Load() }

// directory is the routing in force. It never blocks.
func (s *service) directory() *tenant.Directory { return s.now().routing.directory() }

// newGeneration builds everything that cfg says. It begins with what before, which may be nil, knows of
// Omnium. Nothing of it is in force yet.
func (s *service) newGeneration(cfg *config.Config, before *generation) (*generation, error) {
	g := &generation{
		cfg: cfg, flows: map[tenant.ID]*flow.Client{}, markets: map[tenant.ID][]string{}, ended: make(chan struct{}),
	}
	var known tenant.Topology
	var err error
	if before != nil {
		known = *before.routing.known.Load()
	}
	if before != nil && reflect.DeepEqual(before.cfg.Omnium, cfg.Omnium) {
		g.omnium = before.omnium // with its token and its budget
	} else if g.omnium, err = s.newOmnium(cfg.Omnium); err != nil {
		return nil, err
	}
	if g.routing, err = newTopology(cfg, g.omnium, known, s.log); err != nil {
		return nil, err
	}
	g.routing.onRead = func(ctx context.Context, d *tenant.Directory) error { return s.routed(ctx, g, d) }
	for i := range cfg.Tenants {
		t, err := s.newTenant(g, before, &cfg.Tenants[i])
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", cfg.Tenants[i].ID, err)
		}
		g.tenants = append(g.tenants, t)
		if before != nil { // what the file adds is looked after by the reload
			g.markets[t.ID] = g.routing.directory().Markets(t.ID)
		}
	}
	if g.handler, err = s.newHandler(g); err != nil {
		return nil, err
	}
	return g, nil
}

func (s *service) newOmnium(o config.Omnium) (*omnium.Client, error) {
	options := omniumOptions(o)
	options.Patient, options.Observe, options.Trace = mayWait, s.metrics.observeOmnium, s.traceOmnium()
	return omnium.New(options)
}

// omniumOptions are the options of the client, without the hooks.
func omniumOptions(o config.Omnium) omnium.Options {
	return omnium.Options{
		BaseURL:           o.BaseURL,
		ClientID:          o.ClientID,
		ClientSecret:      o.ClientSecret.Reveal(),
		Language:          o.ProductLanguage,
		MaxConcurrent:     o.MaxConcurrent,
		RequestsPerSecond: o.RequestsPerSecond,
	}
}

// newTenant builds the handlers of one tenant, and its client unless the one before will do.
func (s *service) newTenant(g, before *generation, t *tenant.Tenant) (worker.Tenant, error) {
	client := before.flow(g.cfg, t)
	if client == nil {
		var err error
		if client, err = s.newFlow(g.cfg, t); err != nil {
			return worker.Tenant{}, err
		}
	}
	g.flows[t.ID] = client
	handlers, err := newHandlers(t, s.reconcileOptions(g, t), g.omnium, client)
	if err != nil {
		return worker.Tenant{}, err
	}
	return worker.Tenant{
		ID:          t.ID,
		Concurrency: g.cfg.Flow.Concurrency,
		Handlers:    handlers,
		Target:      client,
		Drained:     client.Close, // one that is still in use connects anew
	}, nil
}

// flow returns the client of a tenant when it is what cfg says, too; else nil. Its breaker knows how
// Flow is, and its rate limit what Flow got. g may be nil.
func (g *generation) flow(cfg *config.Config, t *tenant.Tenant) *flow.Client {
	if g == nil || !reflect.DeepEqual(g.cfg.Flow, cfg.Flow) {
		return nil
	}
	was, known := tenantsOf(g.cfg)[t.ID]
	if !known || was.AccessToken != t.AccessToken {
		return nil
	}
	return g.flows[t.ID]
}

func (s *service) newFlow(cfg *config.Config, t *tenant.Tenant) (*flow.Client, error) {
	options, err := flowOptions(cfg, t)
	if err != nil {
		return nil, err
	}
	options.Observe, options.Trace = s.metrics.observeFlow(t.ID), s.traceFlow(t.ID)
	options.Patient = mayWait
	options.PatientCalls = cfg.Flow.Concurrency / 4
	options.OnBreaker = func(from, to string) {
		s.metrics.breakers.WithLabelValues(string(t.ID), to).Inc()
		s.log.Warn().Str("tenant", string(t.ID)).Str("from", from).Str("to", to).
			Msg("circuit breaker moved")
		if served, ok := s.directory().Tenant(t.ID); ok && to == "closed" {
			s.trouble.over(served)
		}
	}
	return flow.New(options)
}

// mayWait says of a call to a vendor that it is for catch-up, which must not hold up what is live.
func mayWait(ctx context.Context) bool { return job.LaneOf(ctx) == job.Bulk }

func (s *service) reconcileOptions(g *generation, t *tenant.Tenant) reconcile.Options {
	return reconcile.Options{
		Tenant: t,
		// Not those of the service: a tenant that the next configuration has no longer would be without
		// markets, and its objects would be taken off sale by the jobs that still run.
		Markets:    func() []string { return g.routing.directory().Markets(t.ID) },
		Omnium:     g.omnium,
		Ledger:     s.ledger,
		MapProduct: s.env.mapProduct,
		Enqueue: func(ctx context.Context, key job.Key, lane job.Lane, cause job.Cause) error {
			entry := queue.Entry{Tenant: t.ID, Key: key, Lane: lane, Cause: cause}
			_, err := s.committer.Enqueue(ctx, []queue.Entry{entry})
			return err
		},
	}
}

// route keeps the routing in force up to date until ctx ends.
func (s *service) route(ctx context.Context) error {
	for ctx.Err() == nil {
		g := s.now()
		running, stop := until(ctx, g.ended)
		err := g.routing.Run(running)
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// until returns a context that ends with the parent, when ended is closed, or when stop is called.
func until(parent context.Context, ended <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(parent)
	go func() {
		select {
		case <-ended:
			stop()
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// stop says that the service begins to stop. Call it once.
func (s *service) stop() {
	close(s.stopping)
	s.reloading.Lock()
	defer s.reloading.Unlock()
	close(s.now().ended)
}
