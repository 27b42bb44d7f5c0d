package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/catchup"
	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/tracing"
	"github.com/omniflow/omniflow/internal/worker"
)

// service is everything that serve runs, wired together.
type service struct {
	// boot is the configuration that the service was started with: what cannot change at run time.
	boot    *config.Config
	env     *environment
	log     zerolog.Logger
	level   *logLevel
	root    context.Context //nolint:containedctx // bounds scrapes, which have no context of their own
	rdb     redis.UniversalClient
	metrics *metrics

	queue     *queue.Queue
	committer *queue.Committer
	ledger    *ledger.Ledger
	history   *ledger.History
	sampler   *ledger.Sampler
	pool      *worker.Pool
	catchup   *catchup.Catchup // nil when it is turned off
	syncs     *syncCounts
	trouble   *trouble        // nil when the catch-up is turned off
	tracing   *tracing.Tracer // nil when it is turned off
	// holder names this process among the replicas that may lead the catch-up.
	holder string

	// generation is what was built from the configuration in force; reloading guards its replacement.
	generation atomic.Pointer[generation]
	reloading  sync.Mutex
	signals    <-chan os.Signal // SIGHUP

	// stopping is closed when the service begins to stop.
	stopping chan struct{}
}

// newService wires a service on rdb. It is straight-line: every part needs some of the ones before.
func newService(
	ctx context.Context, cfg *config.Config, env *environment, rdb redis.UniversalClient,
	log zerolog.Logger,
) (*service, error) {
	s := &service{
		boot: cfg, env: env, log: log, root: context.WithoutCancel(ctx), rdb: rdb, metrics: newMetrics(),
		ledger:   ledger.New(rdb),
		history:  ledger.NewHistory(rdb, ledger.HistoryOptions{}),
		stopping: make(chan struct{}), holder: rand.Text(),
	}
	var err error
	if s.tracing, err = newTracing(ctx, cfg.Tracing, s.holder, log); err != nil {
		return nil, err
	}
	if cfg.Catchup.Enabled {
		s.trouble = newTrouble(s.Want, s.wantAfresh, log)
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
	first, err := s.newGeneration(cfg, nil)
	if err != nil {
		return nil, err
	}
	s.generation.Store(first)
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
	}, first.tenants)
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
	for _, t := range s.directory().Tenants() {
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
		s.now().routing.storesChanged()
	}
}

// Rejected implements api.Recorder.
func (s *service) Rejected(body []byte, reason string) {
	s.metrics.observeEvent("none", "rejected", "", nil)
	s.history.Rejected(body, reason)
}

// Breaker implements api.TenantHealth.
func (s *service) Breaker(id tenant.ID) string {
	if client, ok := s.now().flows[id]; ok {
		return client.Breaker()
	}
	return "closed" // of a tenant that has just been removed
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

// handler serves with the generation in force.
func (s *service) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.now().handler.ServeHTTP(w, r)
	})
}

// newHandler is the API as a generation's configuration has it.
func (s *service) newHandler(g *generation) (http.Handler, error) {
	handler, err := api.New(api.Options{
		Credentials:  credentials(g.cfg.Webhook),
		AdminTokens:  adminTokens(g.cfg.Server.AdminTokens),
		MaxBodyBytes: g.cfg.Server.MaxBodyBytes,
		Directory:    s.directory,
		Intake:       s.committer,
		Wishes:       s.wishes(),
		EchoUsers:    g.cfg.Omnium.IgnoreUserIDs,
		Recorder:     s,
		OnSettings:   func() { s.now().routing.refresh() },
		Jobs:         s.queue,
		Archive:      s.ledger,
		Syncs:        s.ledger,
		CatchupOff:   !s.boot.Catchup.Enabled,
		Settings:     func() api.Settings { return settingsOf(g.cfg, s.boot) },
		Reload:       s.reload,
		Preview:      s.preview,
		Stopping:     g.ended,
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
