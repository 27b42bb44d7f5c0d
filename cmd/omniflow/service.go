package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/catchup"
	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/tracing"
	"github.com/omniflow/omniflow/internal/worker"
)

// service is everything that serve runs, wired together.
type service struct {
	cfg     *config.Config
	log     zerolog.Logger
	root    context.Context //nolint:containedctx // bounds scrapes, which have no context of their own
	rdb     redis.UniversalClient
	metrics *metrics
	routing *topology

	queue     *queue.Queue
	committer *queue.Committer
	ledger    *ledger.Ledger
	history   *ledger.History
	sampler   *ledger.Sampler
	omnium    *omnium.Client
	flows     map[tenant.ID]*flow.Client
	pool      *worker.Pool
	catchup   *catchup.Catchup // nil when it is turned off
	syncs     *syncCounts
	trouble   *trouble // nil when the catch-up is turned off
	// markets are those that each tenant served when the memberships were read last; only the topology
	// touches them.
	markets map[tenant.ID][]string
	tracing *tracing.Tracer // nil when it is turned off
	// holder names this process among the replicas that may lead the catch-up.
	holder string

	// stopping is closed when the service begins to stop.
	stopping chan struct{}
}

// newService wires a service on rdb. It is straight-line: every part needs some of the ones before.
func newService(
	ctx context.Context, cfg *config.Config, env *environment, rdb redis.UniversalClient,
	log zerolog.Logger,
) (*service, error) {
	s := &service{
		cfg: cfg, log: log, root: context.WithoutCancel(ctx), rdb: rdb, metrics: newMetrics(),
		ledger:  ledger.New(rdb),
		history: ledger.NewHistory(rdb, ledger.HistoryOptions{}),
		flows:   map[tenant.ID]*flow.Client{}, stopping: make(chan struct{}), holder: rand.Text(),
		markets: map[tenant.ID][]string{},
	}
	var err error
	if s.tracing, err = newTracing(ctx, cfg.Tracing, s.holder, log); err != nil {
		return nil, err
	}
	s.omnium, err = omnium.New(omnium.Options{
		BaseURL:           cfg.Omnium.BaseURL,
		ClientID:          cfg.Omnium.ClientID,
		ClientSecret:      cfg.Omnium.ClientSecret.Reveal(),
		Language:          cfg.Omnium.ProductLanguage,
		MaxConcurrent:     cfg.Omnium.MaxConcurrent,
		RequestsPerSecond: cfg.Omnium.RequestsPerSecond,
		Patient:           mayWait,
		Observe:           s.metrics.observeOmnium,
		Trace:             s.traceOmnium(),
	})
	if err != nil {
		return nil, err
	}
	if s.routing, err = newTopology(cfg, s.omnium, log); err != nil {
		return nil, err
	}
	s.routing.onRead = s.routed
	if cfg.Catchup.Enabled {
		s.trouble = newTrouble(s.Want, log)
	}
	s.queue, err = queue.New(rdb, queue.Options{
		DedupeWindow:        cfg.Queue.DedupeWindow,
		Coalesce:            cfg.Queue.Coalesce,
		Lease:               cfg.Queue.Lease,
		DeadLetterRetention: cfg.Queue.DeadLetterRetention,
	})
	if err != nil {
		return nil, err
	}
	s.committer = queue.NewCommitter(s.queue, queue.CommitterOptions{OnCommit: s.wake})
	var tenants []worker.Tenant
	for i := range cfg.Tenants {
		t, err := s.newTenant(&cfg.Tenants[i], env)
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", cfg.Tenants[i].ID, err)
		}
		tenants = append(tenants, t)
	}
	s.pool, err = worker.New(worker.Options{
		Queue:       queue.NewSettler(s.queue, 0),
		Lease:       cfg.Queue.Lease,
		MaxAttempts: cfg.Queue.MaxAttempts,
		Backoff:     worker.Backoff{Min: cfg.Queue.Backoff.Min, Max: cfg.Queue.Backoff.Max},
		Grace:       cfg.Server.ShutdownGrace,
		Hinted:      s.queue.Listening,
		Trace:       s.traceJobs(),
		Observe:     s.observe,
		OnRepair:    s.metrics.observeRepair,
		Log:         log,
	}, tenants)
	if err != nil {
		return nil, err
	}
	s.sampler = ledger.NewSampler(rdb, s.depths)
	s.syncs = &syncCounts{ledger: s.ledger}
	if s.catchup, err = s.newCatchup(s.holder); err != nil {
		return nil, err
	}
	s.metrics.begin(cfg.Tenants)
	s.metrics.registry.MustRegister(scraped{s})
	return s, nil
}

// newTenant builds the client and the handlers of one tenant.
func (s *service) newTenant(t *tenant.Tenant, env *environment) (worker.Tenant, error) {
	options, err := flowOptions(s.cfg, t)
	if err != nil {
		return worker.Tenant{}, err
	}
	options.Observe, options.Trace = s.metrics.observeFlow(t.ID), s.traceFlow(t.ID)
	options.Patient = mayWait
	options.PatientCalls = s.cfg.Flow.Concurrency / 4
	options.OnBreaker = func(from, to string) {
		s.metrics.breakers.WithLabelValues(string(t.ID), to).Inc()
		s.log.Warn().Str("tenant", string(t.ID)).Str("from", from).Str("to", to).
			Msg("circuit breaker moved")
		if to == "closed" {
			s.trouble.over(t)
		}
	}
	client, err := flow.New(options)
	if err != nil {
		return worker.Tenant{}, err
	}
	s.flows[t.ID] = client
	handlers, err := newHandlers(t, s.reconcileOptions(t, env), s.omnium, client)
	if err != nil {
		return worker.Tenant{}, err
	}
	return worker.Tenant{
		ID:          t.ID,
		Concurrency: s.cfg.Flow.Concurrency,
		Handlers:    handlers,
		Target:      client,
	}, nil
}

// mayWait says of a call to a vendor that it is for catch-up, which must not hold up what is live.
func mayWait(ctx context.Context) bool { return job.LaneOf(ctx) == job.Bulk }

func (s *service) reconcileOptions(t *tenant.Tenant, env *environment) reconcile.Options {
	return reconcile.Options{
		Tenant:     t,
		Markets:    func() []string { return s.routing.directory().Markets(t.ID) },
		Omnium:     s.omnium,
		Ledger:     s.ledger,
		MapProduct: env.mapProduct,
		Enqueue: func(ctx context.Context, key job.Key, lane job.Lane, cause job.Cause) error {
			entry := queue.Entry{Tenant: t.ID, Key: key, Lane: lane, Cause: cause}
			_, err := s.committer.Enqueue(ctx, []queue.Entry{entry})
			return err
		},
	}
}

// wake tells the local loops about new work, so that they need not poll for it.
func (s *service) wake(entries []queue.Entry) {
	for _, e := range entries {
		s.pool.Wake(e.Tenant)
	}
}

// hear tells the local loops about work that other replicas have enqueued.
func (s *service) hear(id tenant.ID) {
	if id == queue.AllTenants {
		s.pool.WakeAll()
		return
	}
	s.pool.Wake(id)
}

func (s *service) observe(r worker.Report) {
	s.metrics.observeRun(r)
	s.syncs.observe(r)
	s.sampler.Count(r.Job.Tenant, r.Outcome, r.Settled == worker.SettledBuried)
	if s.tracing != nil {
		s.tracing.Settled(s.root, r)
	}
	s.history.Outcome(r.Job, r.Outcome, string(r.Settled))
}

// depths counts the jobs of every tenant for the charts.
func (s *service) depths(ctx context.Context) map[tenant.ID]ledger.Depth {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found := map[tenant.ID]ledger.Depth{}
	for _, t := range s.routing.directory().Tenants() {
		if stats, err := s.queue.Stats(ctx, t.ID); err == nil {
			found[t.ID] = ledger.Depth{
				Ready: stats.Ready, Delayed: stats.Delayed, Leased: stats.Leased, Dead: stats.Dead,
				Oldest: stats.Oldest,
			}
		}
	}
	return found
}

// Received implements api.Recorder.
func (s *service) Received(n omnium.Notice, tenants []tenant.ID, result string) {
	resource := string(n.Event.Resource)
	if resource == "" {
		resource = "none"
	}
	s.metrics.observeEvent(resource, result, n.Ignored, tenants)
	s.history.Event(n.Event, tenants, result, n.Ignored)
	if n.Event.Resource == event.Store {
		s.routing.storesChanged()
	}
}

// Rejected implements api.Recorder.
func (s *service) Rejected(body []byte, reason string) {
	s.metrics.observeEvent("none", "rejected", "", nil)
	s.history.Rejected(body, reason)
}

// Breaker implements api.TenantHealth.
func (s *service) Breaker(id tenant.ID) string {
	if client, ok := s.flows[id]; ok {
		return client.Breaker()
	}
	return ""
}

// LastSuccess implements api.TenantHealth.
func (s *service) LastSuccess(ctx context.Context, id tenant.ID) (time.Time, error) {
	return s.ledger.LastSuccess(ctx, id)
}

var errStopping = errors.New("the service is stopping")

// ready says whether a load balancer should send requests: an open breaker or a dead Flow is no
// reason not to, because the intake is exactly what must go on then.
func (s *service) ready(ctx context.Context) error {
	select {
	case <-s.stopping:
		return errStopping
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := s.rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

func (s *service) handler() (http.Handler, error) {
	handler, err := api.New(api.Options{
		Credentials:  credentials(s.cfg.Webhook),
		AdminTokens:  adminTokens(s.cfg.Server.AdminTokens),
		MaxBodyBytes: s.cfg.Server.MaxBodyBytes,
		Directory:    s.routing.directory,
		Intake:       s.committer,
		Wishes:       s.wishes(),
		EchoUsers:    s.cfg.Omnium.IgnoreUserIDs,
		Recorder:     s,
		OnSettings:   s.routing.refresh,
		Jobs:         s.queue,
		Archive:      s.ledger,
		Syncs:        s.ledger,
		CatchupOff:   s.catchup == nil,
		Settings:     func() api.Settings { return settingsOf(s.cfg) },
		Stopping:     s.stopping,
		Health:       s,
		Ready:        s.ready,
		Metrics:      s.metrics.handler(),
		Observe:      s.metrics.observeHTTP,
		Trace:        s.traceOf(),
		Log:          s.log,
		Version:      version(),
	})
	if err != nil || s.tracing == nil {
		return handler, err
	}
	return s.tracing.Webhook("/webhooks/omnium", handler), nil
}

func credentials(w config.Webhook) api.Credentials {
	c := api.Credentials{Bearer: w.Bearer, AllowAnonymous: w.AllowAnonymous}
	for _, b := range w.Basic {
		c.Basic = append(c.Basic, api.Basic{Username: b.Username, Password: b.Password})
	}
	for _, h := range w.Headers {
		c.Headers = append(c.Headers, api.Header{Name: h.Name, Value: h.Value})
	}
	return c
}

func adminTokens(tokens []config.AdminToken) []api.AdminToken {
	list := make([]api.AdminToken, 0, len(tokens))
	for _, t := range tokens {
		list = append(list, api.AdminToken{Name: t.Name, Role: api.Role(t.Role), Token: t.Token})
	}
	return list
}

// newServer bounds what a slow or hostile client can hold. The handler bounds bodies itself.
func newServer(handler http.Handler, maxConnections int, log zerolog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ConnState:         newConnections(maxConnections, log).watch,
		ErrorLog:          stdlog.New(warnings{log}, "", 0),
		ReadHeaderTimeout: 5 * time.Second,
		// Bodies that nobody reads, because the credential is wrong, are drained within this.
		ReadTimeout:    20 * time.Second,
		WriteTimeout:   30 * time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
}

// listen opens the port, so that one that is taken fails at once.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("server.listen: %w", err)
	}
	return l, nil
}
