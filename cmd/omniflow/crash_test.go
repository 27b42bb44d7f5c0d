package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// shortLease makes a crash be noticed soon.
func shortLease(s *settings) { s.Lease = "1s" }

// hang makes Flow not answer the requests that match, from now on, and tells of each.
func (h *harness) hang(match func(flowtest.Request) bool) <-chan flowtest.Request {
	caught := make(chan flowtest.Request, 64)
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if !match(r) {
			return flowtest.Fault{}
		}
		caught <- r
		return flowtest.Fault{Hang: true}
	})
	return caught
}

// heal ends all faults of Flow; what hangs already goes on hanging until its client has gone.
func (h *harness) heal() { h.flow.SetFault(nil) }

func TestKilledBetweenClaimAndAck(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	r := h.spawn()
	// The steps of a push, in their order: the process dies with each of them under way.
	for i, op := range []string{flow.BrandCreate, flow.ProductCreate, flow.ProductLink, flow.ProductPropertySet} {
		id := fmt.Sprintf("jacket%d", i)
		p := jacket(id)
		p.Brand = "Brand of " + id
		h.omnium.PutProduct(p)
		caught := h.hang(func(r flowtest.Request) bool { return r.Op == op })
		r.deliver(h.changed(id))
		receive(h, "Flow gets "+op, caught)
		r.kill()
		h.heal()

		s, err := h.jobs.Stats(t.Context(), norway)
		if err != nil || s.Leased+s.Ready != 1 {
			t.Errorf("%s: Stats after the kill = %+v, %v, want the job", op, s, err)
		}
		r = h.spawn()
		h.settled()
		r.wantRuns(1, func(e entry) bool { return e.ObjectID == id && e.Tenant == norway && e.Settled == "acked" })
	}
	for _, t := range []string{string(norway), string(sweden)} {
		if dead := r.metric(fmt.Sprintf("omniflow_queue_jobs{state=%q,tenant=%q}", "dead", t)); dead != "0" {
			h.Errorf("dead letters of %s = %s, want 0", t, dead)
		}
	}
	r.stop()
}

func TestKilledOverAndOverUnderLoad(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: 3 * time.Millisecond} })
	for i := range 40 {
		h.omnium.PutProduct(simple(fmt.Sprintf("p%d", i), "as it was"))
	}
	for round := range 3 {
		r := h.spawn()
		for i := range 40 {
			id := fmt.Sprintf("p%d", i)
			h.rename(id, fmt.Sprintf("round %d", round))
			r.deliver(h.changed(id))
		}
		r.kill()
	}
	r := h.spawn()
	h.settled()
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		t.Errorf("overlapping writes = %+v, want none", overlaps)
	}
	if dead := r.deadLetters(norway); len(dead) > 0 {
		t.Errorf("dead letters = %+v, want none", dead)
	}
}

func TestStopLetsAPushFinish(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	arrived := make(chan flowtest.Request, 8)
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		arrived <- r
		return flowtest.Fault{Delay: 300 * time.Millisecond}
	})
	r := h.spawn()
	r.deliver(h.changed("cup"))
	receive(h, "Flow gets the push", arrived)
	r.stop()
	if err := h.drained(); err != nil {
		t.Errorf("after a stop with time to finish: %v, want no job left", err)
	}
	h.settled()
	if runs := r.log.runs(func(e entry) bool { return e.Settled == "acked" }); len(runs) != 2 {
		t.Errorf("acked runs = %+v, want one per tenant", runs)
	}
}

func TestStopReleasesAPushThatHangs(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Grace = "1s" })
	h.omnium.PutProduct(simple("cup", "Kopp"))
	caught := h.hang(func(r flowtest.Request) bool { return r.Tenant == string(norway) })
	first := h.spawn()
	first.deliver(h.changed("cup"))
	receive(h, "Flow gets the push", caught)
	first.stop()

	h.wantUntouched(norway)
	h.heal()
	second := h.start()
	h.settled()
	runs := second.wantRuns(1, ofTenant(norway))
	if len(runs) != 1 || runs[0].Attempt != 1 || runs[0].Settled != "acked" {
		t.Errorf("runs after the restart = %+v, want the first attempt, acked", runs)
	}
}

func TestFurtherSignalEndsTheProcessAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease, func(s *settings) { s.Grace, s.Timeout = "1m", "1m" })
	h.omnium.PutProduct(simple("cup", "Kopp"))
	caught := h.hang(about(norway))
	first := h.spawn()
	first.deliver(h.changed("cup"))
	receive(h, "Flow gets the push", caught)
	first.ask()
	h.eventually("the process takes no more requests", func() error {
		if a := first.get("/healthz"); a.err == nil {
			return fmt.Errorf("GET /healthz = %d", a.status)
		}
		return nil
	})
	// One that comes within the same instant is taken for the first.
	h.eventually("the process ends at a further signal", func() error {
		first.ask()
		select {
		case <-first.ended:
			return nil
		default:
			return fmt.Errorf("it runs on")
		}
	})
	h.heal()
	h.start()
	h.settled()
}

// wantUntouched wants one job, due now, of which nothing is held against it.
func (h *harness) wantUntouched(id tenant.ID) {
	h.Helper()
	c, err := h.jobs.Claim(h.Context(), id, 10)
	if err != nil || len(c.Jobs) != 1 || c.Jobs[0].Crashes != 0 || c.Jobs[0].Attempts != 0 {
		h.Fatalf("Claim(%s) = %+v, %v, want one job without a crash or an attempt", id, c, err)
	}
	if err := h.jobs.Release(h.Context(), c.Jobs[0], 0); err != nil {
		h.Fatal(err)
	}
}
