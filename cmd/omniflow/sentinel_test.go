package main

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestServeSurvivesAFailover kills the master while jobs run. Replication is asynchronous, so that
// the test waits until the replica has what was accepted; what comes after that is accepted by the
// new master or refused.
func TestServeSurvivesAFailover(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	f := redistest.StartSentinel(t)
	h.useRedis(f.URL(), f.Client())
	h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: 20 * time.Millisecond} })
	r := h.start()
	pour := func(first string, until func()) *intakeLog {
		done := make(chan struct{})
		var log *intakeLog
		var pouring sync.WaitGroup
		pouring.Go(func() { log = r.pour(first, done) })
		until()
		close(done)
		pouring.Wait()
		return log
	}
	before := pour("before", func() { h.eventually("Flow gets products", h.growth()) })
	if before.refused > 0 {
		t.Errorf("refused before the failover = %d, want none", before.refused)
	}
	f.WaitInSync()
	f.Master.Kill()
	during := pour("during", func() {
		h.eventually("the service misses Redis", r.ready(http.StatusServiceUnavailable))
		h.eventually("the service is ready again", r.ready(http.StatusOK))
		h.eventually("Flow gets products", h.growth())
	})
	if len(during.accepted) == 0 || during.refused == 0 {
		t.Errorf("answers = %d accepted, %d refused, want some of both", len(during.accepted), during.refused)
	}
	f.Master.Restart() // thinks that it is the master until the sentinels tell it otherwise
	after := pour("after", func() { h.eventually("Flow gets products", h.growth()) })
	if after.refused > 0 {
		t.Errorf("refused after the failover = %d, want none", after.refused)
	}
	r.wantOrderly(before, during, after)
	r.stop()
}
