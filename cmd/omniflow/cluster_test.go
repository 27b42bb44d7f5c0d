package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// useRedis makes replicas that start from now on use another Redis, seen from outside through rdb.
func (h *harness) useRedis(url string, rdb redis.UniversalClient) {
	h.Helper()
	h.config = h.edited(h.redis.URL(), url)
	var err error
	if h.jobs, err = queue.New(rdb, queue.Options{}); err != nil {
		h.Fatal(err)
	}
}

// metricIs is content when a series has a value.
func (r *replica) metricIs(series, want string) func() error {
	return func() error {
		if got := r.metric(series); got != want {
			return fmt.Errorf("%s = %q, want %s", series, got, want)
		}
		return nil
	}
}

// wantOrderly wants all jobs done, every accepted product in Flow, no two writes of one product to
// have overlapped and nothing to have died.
func (r *replica) wantOrderly(logs ...*intakeLog) {
	r.Helper()
	r.eventually("all jobs are done", r.drained)
	for _, log := range logs {
		for _, id := range log.accepted {
			for _, t := range []tenant.ID{norway, sweden} {
				if _, exists := r.flowProduct(t, id); !exists {
					r.Errorf("product %s, which was accepted, in %s: none, want it there", id, t)
				}
			}
		}
	}
	if overlaps := r.flow.Overlaps(); len(overlaps) > 0 {
		r.Errorf("overlapping writes: %d, the first %+v, want none", len(overlaps), overlaps[0])
	}
	for _, t := range []tenant.ID{norway, sweden} {
		if dead := r.deadLetters(t); len(dead) > 0 {
			r.Errorf("dead letters of %s = %+v, want none", t, dead)
		}
	}
}

// TestServeOnACluster takes one node away under load and gives it back: what was accepted arrives,
// and what could not be kept was refused.
func TestServeOnACluster(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	c := redistest.StartCluster(t, redistest.FsyncAlways())
	h.useRedis(c.URL(), c.Client())
	h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: time.Millisecond} })
	r := h.start()
	h.omnium.PutProduct(jacket("ff-1041"))
	r.deliver(h.changed("ff-1041"))
	h.settled()

	one := h.edited(c.URL(), c.Nodes[0].URL())
	_, _, err := h.command("serve", "-c", one)
	if err == nil || !strings.Contains(err.Error(), "give the addresses of several of its nodes") {
		t.Errorf("serve with one address = %v, want an error that asks for several", err)
	}

	done := make(chan struct{})
	var log *intakeLog
	var pouring sync.WaitGroup
	pouring.Go(func() { log = r.pour("p", done) })
	h.eventually("Flow gets products", h.growth())
	node := c.NodeOf("omniflow:{" + string(norway) + "}:jobs")
	node.Kill()
	h.eventually("the node is missed", r.metricIs("omniflow_redis_up", "0"))
	node.Restart()
	c.WaitServing()
	h.eventually("all nodes are used", r.metricIs("omniflow_redis_up", "1"))
	h.eventually("Flow gets products", h.growth())
	close(done)
	pouring.Wait()
	if len(log.accepted) == 0 || log.refused == 0 {
		t.Errorf("answers = %d accepted, %d refused, want some of both", len(log.accepted), log.refused)
	}
	r.wantOrderly(log)
	r.stop()
}
