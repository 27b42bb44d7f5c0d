package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/omniflow/omniflow/internal/catchup"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/worker"
)

// metrics are the series that /metrics shows. Their names are part of the contract with operators:
// README, section Metrics.
type metrics struct {
	registry *prometheus.Registry

	events   *prometheus.CounterVec
	http     *prometheus.HistogramVec
	jobs     *prometheus.CounterVec
	jobTime  *prometheus.HistogramVec
	latency  *prometheus.HistogramVec
	flow     *prometheus.HistogramVec
	omnium   *prometheus.HistogramVec
	breakers *prometheus.CounterVec
	repairs  *prometheus.CounterVec
	deltas   *prometheus.CounterVec
	caughtUp *prometheus.GaugeVec
}

func newMetrics() *metrics {
	seconds := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		events: counter("omniflow_events_total",
			"Events received, by resource and result.", "resource", "result", "reason"),
		http: histogram("omniflow_http_request_duration_seconds",
			"Requests answered, by route, method and status.", seconds, "route", "method", "code"),
		jobs: counter("omniflow_job_runs_total",
			"Finished runs of jobs, by verdict, result and reason.",
			"tenant", "resource", "outcome", "result", "reason"),
		jobTime: histogram("omniflow_job_run_duration_seconds",
			"How long runs of jobs lasted.", seconds, "tenant", "resource"),
		latency: histogram("omniflow_event_to_flow_seconds",
			"From the event's timestamp to Flow agreeing.", seconds, "tenant", "resource"),
		flow: histogram("omniflow_flow_request_duration_seconds",
			"Requests to Flow, by operation and status (0: no answer).", seconds,
			"tenant", "operation", "code"),
		omnium: histogram("omniflow_omnium_request_duration_seconds",
			"Requests to Omnium, by operation and status (0: no answer).", seconds,
			"operation", "code"),
		breakers: counter("omniflow_breaker_changes_total",
			"Changes of a circuit breaker's state.", "tenant", "to"),
		repairs: counter("omniflow_queue_repairs_total",
			"Contradictions in a tenant's queue that were repaired.", "tenant", "kind"),
		deltas: counter("omniflow_catchup_objects_total",
			"Objects that the leader's lists of changes had, by resource and what became of them.",
			"resource", "result"),
		caughtUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "omniflow_catchup_last_success_timestamp_seconds",
			Help: "When the last list of changes of a resource ended well, as this replica led.",
		}, []string{"resource"}),
	}
	m.registry.MustRegister(m.events, m.http, m.jobs, m.jobTime, m.latency, m.flow, m.omnium,
		m.breakers, m.repairs, m.deltas, m.caughtUp, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo())
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(
	name, help string, buckets []float64, labels ...string,
) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

func buildInfo() prometheus.Collector {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "omniflow_build_info", Help: "Always 1; the version is the label.",
	}, []string{"version"})
	g.WithLabelValues(version()).Set(1)
	return g
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *metrics) observeHTTP(route, method string, status int, took time.Duration) {
	m.http.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) observeOmnium(op string, status int, took time.Duration) {
	m.omnium.WithLabelValues(op, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) observeFlow(id tenant.ID) func(op string, status int, took time.Duration) {
	return func(op string, status int, took time.Duration) {
		m.flow.WithLabelValues(string(id), op, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

func (m *metrics) observeRun(r worker.Report) {
	t, resource := string(r.Job.Tenant), string(r.Job.Resource)
	// Reasons are a closed set except for aliases, whose names must not become labels.
	reason := r.Outcome.Reason
	if r.Outcome.Result == job.Rekeyed {
		reason = "alias"
	}
	m.jobs.WithLabelValues(t, resource, string(r.Outcome.Verdict), r.Outcome.Result, reason).Inc()
	m.jobTime.WithLabelValues(t, resource).Observe(r.Took.Seconds())
	// What catch-up has found may have been written long ago.
	if r.Outcome.Result == job.Pushed && r.Job.Lane == job.Live && !r.Job.Cause.Time.IsZero() {
		m.latency.WithLabelValues(t, resource).Observe(time.Since(r.Job.Cause.Time).Seconds())
	}
}

func (m *metrics) observeDelta(r catchup.Report) {
	resource := string(r.Resource)
	m.deltas.WithLabelValues(resource, "queued").Add(float64(r.Queued))
	m.deltas.WithLabelValues(resource, "seen").Add(float64(r.Seen))
	if r.Err == nil {
		m.caughtUp.WithLabelValues(resource).SetToCurrentTime()
	}
}

func (m *metrics) observeRepair(id tenant.ID, kind queue.Repair, n int) {
	m.repairs.WithLabelValues(string(id), string(kind)).Add(float64(n))
}

// scraped shows what is only known when asked: the depth of the queues and the breakers' states.
type scraped struct {
	service *service
}

var (
	queueJobs = prometheus.NewDesc("omniflow_queue_jobs",
		"Jobs in a tenant's queue, by state.", []string{"tenant", "state"}, nil)
	queueBulk = prometheus.NewDesc("omniflow_queue_bulk_jobs",
		"Waiting jobs of a tenant that are in the bulk lane.", []string{"tenant"}, nil)
	queueOldest = prometheus.NewDesc("omniflow_queue_oldest_seconds",
		"For how long the job that has been due longest has waited.", []string{"tenant"}, nil)
	queueBlocked = prometheus.NewDesc("omniflow_tenant_blocked",
		"1 when a tenant hands out no jobs, by why.", []string{"tenant", "why"}, nil)
	breakerState = prometheus.NewDesc("omniflow_breaker_state",
		"1 for the state a tenant's circuit breaker is in.", []string{"tenant", "state"}, nil)
	parkedEvents = prometheus.NewDesc("omniflow_parked_events",
		"Events kept because no tenant takes them now.", nil, nil)
	historyDropped = prometheus.NewDesc("omniflow_history_dropped_total",
		"History entries lost because Redis could not take them.", nil, nil)
	redisUp = prometheus.NewDesc("omniflow_redis_up",
		"1 when Redis answered the scrape.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s scraped) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		queueJobs, queueBulk, queueOldest, queueBlocked, breakerState, parkedEvents, historyDropped, redisUp,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. What Redis does not answer in time is left out.
func (s scraped) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(s.service.root, 2*time.Second)
	defer cancel()
	up := 1.0
	for _, t := range s.service.cfg.Tenants {
		s.collectBreaker(ch, t.ID)
		stats, err := s.service.queue.Stats(ctx, t.ID)
		if err != nil {
			up = 0
			continue
		}
		id := string(t.ID)
		for state, n := range map[string]int{
			"ready": stats.Ready, "delayed": stats.Delayed, "leased": stats.Leased, "dead": stats.Dead,
		} {
			gauge(ch, queueJobs, float64(n), id, state)
		}
		gauge(ch, queueBulk, float64(stats.Bulk), id)
		gauge(ch, queueOldest, stats.Oldest.Seconds(), id)
		gauge(ch, queueBlocked, truth(stats.Paused), id, "paused")
		gauge(ch, queueBlocked, truth(stats.Suspended != ""), id, "suspended")
	}
	if parked, err := s.service.queue.ParkedCount(ctx); err == nil {
		gauge(ch, parkedEvents, float64(parked))
	} else {
		up = 0
	}
	gauge(ch, redisUp, up)
	ch <- prometheus.MustNewConstMetric(historyDropped, prometheus.CounterValue,
		float64(s.service.history.Dropped()))
}

func (s scraped) collectBreaker(ch chan<- prometheus.Metric, id tenant.ID) {
	now := s.service.Breaker(id)
	for _, state := range []string{"closed", "half-open", "open"} {
		gauge(ch, breakerState, truth(state == now), string(id), state)
	}
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
