package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// fails makes Flow answer the requests that match with a status, from now on.
func (h *harness) fails(status int, match func(flowtest.Request) bool) {
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if match(r) {
			return flowtest.Fault{Status: status}
		}
		return flowtest.Fault{}
	})
}

func about(id tenant.ID) func(flowtest.Request) bool {
	return func(r flowtest.Request) bool { return r.Tenant == string(id) }
}

func TestHungTenantHoldsUpNobody(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Timeout, s.Grace = "1m", "1s" })
	h.hang(about(norway))
	r := h.start()
	const products = 30 // more than the tenant that hangs has slots
	started := time.Now()
	for i := range products {
		id := fmt.Sprintf("p%d", i)
		h.omnium.PutProduct(simple(id, id))
		r.deliver(h.changed(id))
	}
	h.eventually("the tenant that works has everything", func() error {
		if v := r.tenant(sweden); v.Queue.Ready+v.Queue.Delayed+v.Queue.Leased > 0 {
			return fmt.Errorf("tenant = %+v", v)
		}
		return nil
	})
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("events took %v beside a tenant that hangs, want them not to be held up", took)
	}
	for i := range products {
		if _, exists := h.flowProduct(sweden, fmt.Sprintf("p%d", i)); !exists {
			t.Errorf("p%d in %s does not exist, want it there", i, sweden)
		}
	}
	if v := r.tenant(norway); v.Queue.Leased == 0 || v.LastSuccess != nil {
		t.Errorf("tenant that hangs = %+v, want jobs in flight and no success", v)
	}
}

func TestBreakerOpensAndFlowRecovers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.flow.SetDown(string(norway), true)
	r := h.start()
	for i := range 10 {
		id := fmt.Sprintf("p%d", i)
		h.omnium.PutProduct(simple(id, id))
		r.deliver(h.changed(id))
	}
	h.eventually("the breaker opens", func() error { return r.breaker(norway, "open") })
	if err := r.breaker(sweden, "closed"); err != nil {
		t.Error(err)
	}
	if a := r.get("/readyz"); a.status != http.StatusOK {
		t.Errorf("GET /readyz with a breaker open = %d, want 200", a.status)
	}
	h.eventually("the breaker tries again", func() error {
		if r.metric(`omniflow_breaker_changes_total{tenant="fjell_no",to="half-open"}`) == "" {
			return fmt.Errorf("no change to half-open")
		}
		return nil
	})
	h.flow.SetDown(string(norway), false)
	h.settled()
	if err := r.breaker(norway, "closed"); err != nil {
		t.Error(err)
	}
	if dead := r.deadLetters(norway); len(dead) > 0 {
		t.Errorf("dead letters after an outage of Flow = %+v, want none", dead)
	}
}

// breaker compares the state of a tenant's breaker, in the admin API and in the metrics.
func (r *replica) breaker(id tenant.ID, want string) error {
	r.Helper()
	if got := r.tenant(id).Breaker; got != want {
		return fmt.Errorf("breaker of %s in the admin API = %q, want %q", id, got, want)
	}
	series := fmt.Sprintf("omniflow_breaker_state{state=%q,tenant=%q}", want, id)
	if got := r.metric(series); got != "1" {
		return fmt.Errorf("%s = %q, want 1", series, got)
	}
	return nil
}

func TestRefusedCredentialSuspendsTheTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.fails(http.StatusUnauthorized, about(norway))
	h.omnium.PutProduct(simple("cup", "Kopp"))
	first := h.start()
	first.deliver(h.changed("cup"))
	h.eventually("the tenant is suspended", func() error { return first.suspended(norway, true) })
	if reason := first.tenant(norway).SuspendedReason; !strings.Contains(reason, "flow_credential_refused") {
		t.Errorf("suspendedReason = %q, want flow_credential_refused in it", reason)
	}
	h.eventually("the other tenant has the product", func() error {
		if _, exists := h.flowProduct(sweden, "cup"); !exists {
			return fmt.Errorf("cup does not exist in %s", sweden)
		}
		return nil
	})
	if err := first.suspended(sweden, false); err != nil {
		t.Error(err)
	}
	first.stop()

	// A restart alone does not help; one after the token works again lifts the suspension at once.
	probes := h.flow.Calls(string(norway), flow.TenantGet)
	second := h.start()
	h.eventually("the credential is probed", func() error {
		if h.flow.Calls(string(norway), flow.TenantGet) == probes {
			return fmt.Errorf("no probe")
		}
		return nil
	})
	if err := second.suspended(norway, true); err != nil {
		t.Errorf("after a restart with the same token: %v", err)
	}
	second.stop()
	h.heal()
	third := h.start()
	h.settled()
	if err := third.suspended(norway, false); err != nil {
		t.Error(err)
	}
}

func (r *replica) suspended(id tenant.ID, want bool) error {
	r.Helper()
	if got := r.tenant(id).Suspended; got != want {
		return fmt.Errorf("suspended of %s in the admin API = %t, want %t", id, got, want)
	}
	series := fmt.Sprintf("omniflow_tenant_blocked{tenant=%q,why=%q}", id, "suspended")
	if got := r.metric(series); (got == "1") != want {
		return fmt.Errorf("%s = %q, want %t", series, got, want)
	}
	return nil
}

func TestRefusedProductBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var cured atomic.Bool
	h.fails(http.StatusBadRequest, func(r flowtest.Request) bool {
		return r.Tenant == string(norway) && r.ProductUID == "sick" && !cured.Load()
	})
	r := h.start()
	for _, id := range []string{"before", "sick", "after"} {
		h.omnium.PutProduct(simple(id, id))
		r.deliver(h.changed(id))
	}
	h.settled("sick")

	letters := r.deadLetters(norway)
	if len(letters) != 1 || letters[0].ID != "sick" || letters[0].Reason != "flow_refused_400" ||
		letters[0].Attempts != 1 || !strings.Contains(letters[0].Detail, "injected fault") {
		t.Errorf("dead letters = %+v, want one of sick with what Flow answered", letters)
	}
	if got := r.tenant(norway).Queue.Dead; got != 1 {
		t.Errorf("queue.dead = %d, want 1", got)
	}
	cured.Store(true)
	h.rename("sick", "healthy") // without an event: the replay alone must do it
	if got := r.replay(norway, "sick"); got != 1 {
		t.Errorf("replayed = %d, want 1", got)
	}
	h.eventually("all jobs are done", h.drained)
	if p, _ := h.flowProduct(norway, "sick"); p.Name != "healthy" {
		t.Errorf("product after the replay = %+v, want the name healthy", p)
	}
	if letters := r.deadLetters(norway); len(letters) != 0 {
		t.Errorf("dead letters after the replay = %+v, want none", letters)
	}
}

func TestDeadLetterIsRevivedByANewerEvent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := simple("cup", "Kopp")
	p.Cost = "a lot"
	h.omnium.PutProduct(p)
	r := h.start()
	r.deliver(h.changed("cup"))
	h.eventually("all jobs are done", h.drained)
	letters := r.deadLetters(norway)
	if len(letters) != 1 || letters[0].Reason != "bad_number" || !strings.Contains(letters[0].Detail, "cost") {
		t.Errorf("dead letters = %+v, want one that names the field", letters)
	}
	h.omnium.PatchProduct("cup", func(p *omnium.Product) { p.Cost = "12" })
	r.deliver(h.changed("cup"))
	h.settled()
	if letters := r.deadLetters(norway); len(letters) != 0 {
		t.Errorf("dead letters = %+v, want none", letters)
	}
}

// TestLostRepliesAreHarmless lets every kind of write take effect and its answer be lost, once.
func TestLostRepliesAreHarmless(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(jacket("ff-1041"))
	var lost [9]atomic.Bool
	ops := []string{
		flow.BrandCreate, flow.ProductGroupCreate, flow.ProductCreate, flow.ProductLink, flow.MediaAdd,
		flow.PropertyCreate, flow.ProductPropertySet, flow.ProductUpdate, flow.BrandList,
	}
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		for i, op := range ops {
			if r.Op == op && r.Tenant == string(norway) && lost[i].CompareAndSwap(false, true) {
				return flowtest.Fault{LoseReply: true}
			}
		}
		return flowtest.Fault{}
	})
	r := h.start()
	r.deliver(h.changed("ff-1041"))
	h.settled()
	h.rename("ff-1041", "Skare skalljakke")
	r.deliver(h.changed("ff-1041"))
	h.settled()
	for i, op := range ops[:len(ops)-2] {
		if !lost[i].Load() {
			t.Errorf("no reply of %s was lost, want one", op)
		}
	}
	if state, err := h.flow.Snapshot(string(norway)); err != nil || len(state.Media["ff1041M"]) != 2 {
		t.Errorf("images = %v, %v, want two", state.Media["ff1041M"], err)
	}
}

func TestOmniumFailsAndRecovers(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{
		"unavailable": http.StatusServiceUnavailable, "throttled": http.StatusTooManyRequests,
		"broken": http.StatusInternalServerError, "token refused once": http.StatusUnauthorized,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed atomic.Bool
			fail := func(r *http.Request) (int, http.Header, bool) {
				first := strings.HasPrefix(r.URL.Path, "/api/Products") && failed.CompareAndSwap(false, true)
				return status, http.Header{"Retry-After": {"1"}}, first
			}
			h := newHarness(t, func(s *settings) {
				s.Prepare = func(omnium *omniumtest.Server) { omnium.Fail = fail }
			})
			h.omnium.PutProduct(jacket("ff-1041"))
			r := h.start()
			r.deliver(h.changed("ff-1041"))
			h.settled()
			if !failed.Load() {
				t.Error("no read of Omnium failed, want one")
			}
			if letters := r.deadLetters(norway); len(letters) != 0 {
				t.Errorf("dead letters = %+v, want none", letters)
			}
		})
	}
}
