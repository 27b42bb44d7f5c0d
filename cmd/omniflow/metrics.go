package main

import (
	"net/http"
	"strconv"
	"strings"
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
// docs/metrics.md, which a test keeps complete.
type metrics struct {
	registry *prometheus.Registry

	events   *prometheus.CounterVec
	routed   *prometheus.CounterVec
	http     *prometheus.HistogramVec
	jobs     *prometheus.CounterVec
	jobTime  *prometheus.HistogramVec
	latency  *prometheus.HistogramVec
	flow     *prometheus.HistogramVec
	omnium   *prometheus.HistogramVec
	breakers *prometheus.CounterVec
	repairs  *prometheus.CounterVec
	listed   *prometheus.CounterVec
	deltas   *prometheus.CounterVec
}

func newMetrics() *metrics {
	seconds := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		events: counter("omniflow_events_total",
			"Events received, by resource, result (accepted, coalesced, duplicate, ignored, unrouted, rejected) and why.",
			"resource", "result", "reason"),
		routed: counter("omniflow_tenant_events_total",
			"Events that concerned a tenant; one that concerns several counts for each.",
			"tenant", "resource", "result"),
		http: histogram("omniflow_http_request_duration_seconds",
			"Requests answered, by the pattern of the route, method and status.", seconds, "route", "method", "code"),
		jobs: counter("omniflow_job_runs_total",
			"Finished runs of jobs, by verdict, what was found (pushed, unchanged, skipped, waiting, deactivated, rekeyed) and why.",
			"tenant", "resource", "outcome", "result", "reason"),
		jobTime: histogram("omniflow_job_run_duration_seconds",
			"How long runs of jobs lasted.", seconds, "tenant", "resource"),
		latency: histogram("omniflow_event_to_flow_seconds",
			"From the event's timestamp to Flow agreeing, of jobs in the live lane.", seconds, "tenant", "resource"),
		flow: histogram("omniflow_flow_request_duration_seconds",
			"Requests to Flow, by operation and status (0: no answer).", seconds,
			"tenant", "operation", "code"),
		omnium: histogram("omniflow_omnium_request_duration_seconds",
			"Requests to Omnium, by operation and status (0: no answer).", seconds,
			"operation", "code"),
		breakers: counter("omniflow_breaker_changes_total",
			"Changes of a circuit breaker's state.", "tenant", "to"),
		repairs: counter("omniflow_queue_repairs_total",
			"Contradictions in a tenant's queue that were repaired; anything above 0 deserves a look.",
			"tenant", "kind"),
		listed: counter("omniflow_catchup_objects_total",
			"Objects that the leader's lists of changes had (seen), and jobs that came of them (queued).",
			"resource", "result"),
		deltas: counter("omniflow_catchup_runs_total",
			"Lists of changes that this replica has read as leader, by how they ended (ok, failed).",
			"resource", "result"),
	}
	m.registry.MustRegister(m.own()...)
	m.registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// own are the collectors of what this process counts itself.
func (m *metrics) own() []prometheus.Collector {
	return []prometheus.Collector{
		m.events, m.routed, m.http, m.jobs, m.jobTime, m.latency, m.flow, m.omnium, m.breakers, m.repairs,
		m.listed, m.deltas, buildInfo(),
	}
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

// begin shows the counters at 0 whose first step an alert must see: Prometheus takes a series that was
// not there before for one that has not moved.
func (m *metrics) begin(tenants []tenant.Tenant) {
	m.events.WithLabelValues("none", "rejected", "")
	for _, t := range tenants {
		for _, kind := range queue.Repairs() {
			m.repairs.WithLabelValues(string(t.ID), string(kind))
		}
		for _, resource := range t.Resources {
			m.deltas.WithLabelValues(resource, "failed")
		}
	}
}

// observeEvent counts an event once, and once per tenant it was queued for.
func (m *metrics) observeEvent(resource, result, reason string, tenants []tenant.ID) {
	m.events.WithLabelValues(resource, result, reason).Inc()
	for _, t := range tenants {
		m.routed.WithLabelValues(string(t), resource, result).Inc()
	}
}

func (m *metrics) observeRun(r worker.Report) {
	t, resource := string(r.Job.Tenant), string(r.Job.Resource)
	m.jobs.WithLabelValues(t, resource, string(r.Outcome.Verdict), r.Outcome.Result, reasonLabel(r.Outcome)).Inc()
	m.jobTime.WithLabelValues(t, resource).Observe(r.Took.Seconds())
	// What catch-up has found may have been written long ago.
	if r.Outcome.Result == job.Pushed && r.Job.Lane == job.Live && !r.Job.Cause.Time.IsZero() {
		m.latency.WithLabelValues(t, resource).Observe(time.Since(r.Job.Cause.Time).Seconds())
	}
}

// maxReason is longer than every reason that the handlers know.
const maxReason = 48

// reasonLabel is why a run ended as it did. Reasons are a closed set of words except for aliases; what
// is no such word must not become a label.
func reasonLabel(o job.Outcome) string {
	if o.Result == job.Rekeyed {
		return "alias"
	}
	other := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }
	if len(o.Reason) > maxReason || strings.ContainsFunc(o.Reason, other) {
		return "other"
	}
	return o.Reason
}

func (m *metrics) observeDelta(r catchup.Report) {
	resource, result := string(r.Resource), "ok"
	if r.Err != nil {
		result = "failed"
	}
	m.listed.WithLabelValues(resource, "queued").Add(float64(r.Queued))
	m.listed.WithLabelValues(resource, "seen").Add(float64(r.Seen))
	m.deltas.WithLabelValues(resource, result).Inc()
}

func (m *metrics) observeRepair(id tenant.ID, kind queue.Repair, n int) {
	m.repairs.WithLabelValues(string(id), string(kind)).Add(float64(n))
}
