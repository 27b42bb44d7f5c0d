package main

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// scraped shows what is only known when asked. All replicas read most of it in the same Redis: whoever
// adds it up over replicas takes the maximum.
type scraped struct {
	service *service
}

var (
	queueJobs = prometheus.NewDesc("omniflow_queue_jobs",
		"Jobs in a tenant's queue, by state (ready, delayed, leased, dead).", []string{"tenant", "state"}, nil)
	queueLanes = prometheus.NewDesc("omniflow_queue_lane_jobs",
		"Waiting jobs of a tenant, by lane (live, bulk) and state (ready, delayed).",
		[]string{"tenant", "lane", "state"}, nil)
	queueOldest = prometheus.NewDesc("omniflow_queue_oldest_seconds",
		"For how long the job of a lane that has been due longest has waited.", []string{"tenant", "lane"}, nil)
	queueBlocked = prometheus.NewDesc("omniflow_tenant_blocked",
		"1 when a tenant hands out no jobs, by why (paused, suspended).", []string{"tenant", "why"}, nil)
	waitingObjects = prometheus.NewDesc("omniflow_waiting_objects",
		"Objects that are not in Flow because something they refer to is not there.", []string{"tenant"}, nil)
	waitingOldest = prometheus.NewDesc("omniflow_waiting_oldest_seconds",
		"For how long the first of the waiting objects has waited.", []string{"tenant"}, nil)
	breakerState = prometheus.NewDesc("omniflow_breaker_state",
		"1 for the state (closed, half-open, open) that a tenant's circuit breaker is in, in this replica.",
		[]string{"tenant", "state"}, nil)
	catchupLag = prometheus.NewDesc("omniflow_catchup_lag_seconds",
		"Time since the moment until which the changes of a resource have been handed over.",
		[]string{"tenant", "resource"}, nil)
	catchupInterval = prometheus.NewDesc("omniflow_catchup_interval_seconds",
		"How often the changes of a resource are to be listed.", []string{"resource"}, nil)
	catchupLeader = prometheus.NewDesc("omniflow_catchup_leader",
		"1 when this replica leads the catch-up; absent when the catch-up is turned off.", nil, nil)
	parkedEvents = prometheus.NewDesc("omniflow_parked_events",
		"Events kept because no tenant takes them now (unrouted).", nil, nil)
	historyDropped = prometheus.NewDesc("omniflow_history_dropped_total",
		"History entries lost because Redis could not take them.", nil, nil)
	redisUp = prometheus.NewDesc("omniflow_redis_up",
		"1 when Redis answered everything that the scrape asked.", nil, nil)
)

func scrapedDescs() []*prometheus.Desc {
	return []*prometheus.Desc{
		queueJobs, queueLanes, queueOldest, queueBlocked, waitingObjects, waitingOldest, breakerState,
		catchupLag, catchupInterval, catchupLeader, parkedEvents, historyDropped, redisUp,
	}
}

// Describe implements prometheus.Collector.
func (s scraped) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range scrapedDescs() {
		ch <- d
	}
}

// scrapeTimeout bounds what Redis is given to answer a scrape.
const scrapeTimeout = 2 * time.Second

// Collect implements prometheus.Collector. What Redis does not answer in time is left out.
func (s scraped) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(s.service.root, scrapeTimeout)
	defer cancel()
	var failed error
	note := func(err error) {
		if err != nil {
			failed = err
		}
	}
	tenants := s.service.now().cfg.Tenants
	for i := range tenants {
		t := &tenants[i]
		s.collectBreaker(ch, t.ID)
		note(s.collectQueue(ctx, ch, t.ID))
		note(s.collectWaiting(ctx, ch, t.ID))
		note(s.collectLag(ctx, ch, t))
	}
	note(s.collectLeader(ctx, ch))
	parked, err := s.service.queue.ParkedCount(ctx)
	if note(err); err == nil {
		gauge(ch, parkedEvents, float64(parked))
	}
	gauge(ch, redisUp, truth(failed == nil))
	ch <- prometheus.MustNewConstMetric(historyDropped, prometheus.CounterValue,
		float64(s.service.history.Dropped()))
}

func (s scraped) collectBreaker(ch chan<- prometheus.Metric, id tenant.ID) {
	now := s.service.Breaker(id)
	for _, state := range []string{"closed", "half-open", "open"} {
		gauge(ch, breakerState, truth(state == now), string(id), state)
	}
}

func (s scraped) collectQueue(ctx context.Context, ch chan<- prometheus.Metric, t tenant.ID) error {
	depth, err := s.service.queue.Depth(ctx, t)
	if err != nil {
		return err
	}
	id := string(t)
	gauge(ch, queueJobs, float64(depth.Ready), id, string(queue.Ready))
	gauge(ch, queueJobs, float64(depth.Delayed), id, string(queue.Delayed))
	gauge(ch, queueJobs, float64(depth.Leased), id, string(queue.Leased))
	gauge(ch, queueJobs, float64(depth.Dead), id, string(queue.Dead))
	for _, lane := range []job.Lane{job.Live, job.Bulk} {
		of := depth.Lanes[lane]
		gauge(ch, queueLanes, float64(of.Ready), id, lane.String(), string(queue.Ready))
		gauge(ch, queueLanes, float64(of.Delayed), id, lane.String(), string(queue.Delayed))
		gauge(ch, queueOldest, of.Oldest.Seconds(), id, lane.String())
	}
	gauge(ch, queueBlocked, truth(depth.Paused), id, "paused")
	gauge(ch, queueBlocked, truth(depth.Suspended != ""), id, "suspended")
	return nil
}

func (s scraped) collectWaiting(ctx context.Context, ch chan<- prometheus.Metric, t tenant.ID) error {
	n, since, err := s.service.ledger.Waiting(ctx, t)
	if err != nil {
		return err
	}
	gauge(ch, waitingObjects, float64(n), string(t))
	gauge(ch, waitingOldest, age(since), string(t))
	return nil
}

// collectLag shows the lag of what the tenant exports and the catch-up lists.
func (s scraped) collectLag(ctx context.Context, ch chan<- prometheus.Metric, t *tenant.Tenant) error {
	if s.service.catchup == nil {
		return nil
	}
	checkpoints, err := s.service.ledger.Checkpoints(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, resource := range t.Resources {
		if at, known := checkpoints[event.Resource(resource)]; known {
			gauge(ch, catchupLag, age(at), string(t.ID), resource)
		}
	}
	return nil
}

func (s scraped) collectLeader(ctx context.Context, ch chan<- prometheus.Metric) error {
	if s.service.catchup == nil {
		return nil
	}
	for resource, every := range intervals(s.service.boot.Catchup.Intervals) {
		if s.service.exports(resource) {
			gauge(ch, catchupInterval, every.Seconds(), string(resource))
		}
	}
	leader, err := s.service.ledger.Leader(ctx)
	if err != nil {
		return err
	}
	gauge(ch, catchupLeader, truth(leader == s.service.holder))
	return nil
}

// exports reports whether any tenant exports a resource.
func (s *service) exports(r event.Resource) bool {
	return slices.ContainsFunc(s.now().cfg.Tenants, func(t tenant.Tenant) bool {
		return slices.Contains(t.Resources, string(r))
	})
}

// age is how long ago a moment was, 0 when it is none or lies ahead by another machine's clock.
func age(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(time.Since(at).Seconds(), 0)
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
