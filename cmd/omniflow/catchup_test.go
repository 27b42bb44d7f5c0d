package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/queue"
)

func catchingUp(s *settings) { s.Catchup = "1s" }

// TestLostWebhooks changes products without a single webhook: one list of changes makes Flow right.
func TestLostWebhooks(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp)
	r := h.start()
	h.eventually("the first lists have ended", func() error {
		if r.metric(`omniflow_catchup_runs_total{resource="product",result="ok"}`) == "" {
			return errors.New("no list of products yet")
		}
		return nil
	})
	for i := range 50 {
		h.omnium.PutProduct(simple(fmt.Sprintf("cup%d", i), "Kopp"))
	}
	h.eventually("the products are in Flow", func() error { return h.disagreement() })
	h.omnium.PatchProduct("cup7", func(p *omnium.Product) { p.Name = "Mugge" })
	h.omnium.SoftDelete("cup8")
	h.eventually("the changes are in Flow", func() error { return h.disagreement() })
}

// TestLostWebhooksOfEveryResource drops every webhook of a run over all resources: what each of them
// changes is in Flow after one round of lists, as if they had arrived.
func TestLostWebhooksOfEveryResource(t *testing.T) {
	t.Parallel()
	before, after := reference(newHarness(t))
	h := newShop(newHarness(t, catchingUp))
	r := h.start()
	h.eventually("the shop is in Flow", h.agrees(before))
	for resource, change := range changesOf(h) {
		t.Log("changed:", resource)
		change()
	}
	r.listedAgain()
	h.eventually("the changes are in Flow", h.agrees(after))
	h.eventually("all jobs are done", h.drained)
	writes := h.writes()
	r.listedAgain()
	h.eventually("all jobs are done", h.drained)
	if more := h.writes() - writes; more != 0 {
		t.Errorf("%d writes by lists in which nothing had changed, want none", more)
	}
}

// TestLeaderIsKilled ends the leader's process in the middle of a scroll. The other replica takes over and
// makes Flow right within half a minute, the patience of the harness; it did not lead before.
func TestLeaderIsKilled(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	h := newHarness(t, catchingUp, func(s *settings) {
		s.Prepare = func(oms *omniumtest.Server) {
			oms.PageSize = 5
			oms.Delay = func(r *http.Request) time.Duration {
				if slow.Load() && strings.HasPrefix(r.URL.Path, "/api/Products/Scroll/") {
					return 300 * time.Millisecond
				}
				return 0
			}
		}
	})
	first := h.spawn()
	first.listedOnce()
	second := h.spawn()
	slow.Store(true)
	h.omnium.ResetCalls()
	for i := range 60 {
		h.omnium.PutProduct(simple(fmt.Sprintf("cup%d", i), "Kopp"))
	}
	h.eventually("a scroll is under way", func() error {
		if n := h.omnium.Calls(omniumtest.OpScrollNext); n < 4 {
			return fmt.Errorf("%d pages", n)
		}
		return nil
	})
	if leads := second.log.find(leading); len(leads) > 0 {
		t.Errorf("two replicas lead: %+v", leads)
	}
	first.kill()
	killed := time.Now()
	slow.Store(false)
	h.eventually("the other replica makes Flow right", func() error { return h.disagreement() })
	t.Logf("Flow agrees %v after the kill", time.Since(killed).Round(100*time.Millisecond))
	if leads := second.log.find(leading); len(leads) != 1 {
		t.Errorf("terms of the other replica = %+v, want one", leads)
	}
	h.eventually("all jobs are done", h.drained)
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		t.Errorf("overlapping writes = %+v, want none", overlaps)
	}
}

func leading(e entry) bool { return e.Message == "this replica leads the catch-up" }

// TestEventsWithoutObjects: with catch-up, an event that names nothing brings what has changed, also when it
// came while nobody caught up.
func TestEventsWithoutObjects(t *testing.T) {
	t.Parallel()
	for _, parked := range []bool{false, true} {
		t.Run(fmt.Sprintf("parked=%t", parked), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, rarely)
			batch := h.without(h.omnium.Event(omniumtest.Event{OperationID: 510102, Category: "BatchUpdate"}), "objectId")
			if parked {
				catchUp := h.config
				h.config = h.edited("catchup:\n", "catchup:\n  enabled: false\n")
				r := h.start()
				if got, want := r.deliver(batch), (tally{Unrouted: 1}); got != want {
					t.Errorf("POST without catch-up = %+v, want %+v", got, want)
				}
				r.stop()
				h.config = catchUp
			}
			h.omnium.PutProduct(simple("cup", "Kopp"))
			r := h.start()
			if !parked {
				r.listedOnce()
				h.rename("cup", "Mugge")
				if got, want := r.deliver(batch), (tally{Accepted: 1}); got != want {
					t.Errorf("POST = %+v, want %+v", got, want)
				}
			}
			h.eventually("the product is in Flow", func() error { return h.disagreement() })
			h.eventually("nothing is parked or wished for", func() error {
				wishes, err := ledger.New(h.redis.Client()).Wishes(t.Context())
				if err != nil || len(wishes) > 0 {
					return fmt.Errorf("wishes %v, %w", wishes, err)
				}
				n := 0
				err = h.jobs.ParkedEvents(t.Context(), func(queue.Parked) bool { n++; return true })
				if err == nil && n > 0 {
					err = fmt.Errorf("%d events are parked", n)
				}
				return err
			})
		})
	}
}

// TestClosedBreakerListsChanges: what may have been lost while a tenant was away is looked for at once.
func TestClosedBreakerListsChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t, rarely)
	r := h.start()
	r.listedOnce()
	h.omnium.PutProduct(simple("cup", "Kopp"))
	h.omnium.PutProduct(simple("lost", "Tapt")) // nobody says so
	h.flow.SetDown(string(norway), true)
	r.deliver(h.changed("cup"))
	h.eventually("the breaker opens", func() error {
		if state := r.tenant(norway).Breaker; state != "open" {
			return errors.New(state)
		}
		return nil
	})
	h.flow.SetDown(string(norway), false)
	h.eventually("both products are in Flow", func() error { return h.disagreement() })
}
