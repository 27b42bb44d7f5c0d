package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

func catchingUp(s *settings) { s.Catchup = "1s" }

// TestLostWebhooks changes products without a single webhook: one list of changes makes Flow right.
func TestLostWebhooks(t *testing.T) {
	t.Parallel()
	h := newHarness(t, catchingUp)
	r := h.start()
	h.eventually("the first lists have ended", func() error {
		if r.metric(`omniflow_catchup_last_success_timestamp_seconds{resource="product"}`) == "" {
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
	r.listedAll(time.Now())
	h.eventually("the changes are in Flow", h.agrees(after))
	h.eventually("all jobs are done", h.drained)
	writes := h.writes()
	r.listedAll(time.Now())
	h.eventually("all jobs are done", h.drained)
	if more := h.writes() - writes; more != 0 {
		t.Errorf("%d writes by lists in which nothing had changed, want none", more)
	}
}
