package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/omnium"
)

// TestRedisForgetsWhatFlowGot: everything is changed and pushed, Redis loses the memory of that with its
// power, and everything is changed back. What Redis remembers is then what Omnium says, and not what Flow has.
func TestRedisForgetsWhatFlowGot(t *testing.T) {
	t.Parallel()
	h := newShop(newHarness(t))
	h.category("tur", "utstyr", "Tur") // changesOf adds it, which cannot be taken back
	r := h.opened()
	before, disk := h.states(), h.redis.Disk()

	for _, change := range changesOf(h) {
		change()
	}
	h.omnium.PatchProduct("cup", func(p *omnium.Product) { p.IsActive, p.Status = false, "Inactive" })
	h.omnium.PatchProduct("skare", func(p *omnium.Product) {
		p.MarketIDs, p.Properties = []string{"NOR"}, []omnium.Property{{Key: "Materiale", Value: "Bomull"}}
	})
	r.deliver(h.announcements())
	h.eventually("all jobs are done", h.drained)
	if diff := cmp.Diff(before, h.states()); diff == "" {
		t.Fatal("the changes have not reached Flow")
	}

	h.redis.LosePower(disk)
	h.furnish()
	h.eventually("the replica is ready again", r.ready(http.StatusOK))
	r.deliver(h.announcements())
	h.eventually("all jobs are done", h.drained)
	if err := h.agrees(before)(); err != nil {
		t.Errorf("after everything is as it was: %v", err)
	}
	writes := h.writes()
	r.deliver(h.announcements())
	h.eventually("all jobs are done", h.drained)
	if more := h.writes() - writes; more != 0 {
		t.Errorf("%d writes when nothing has changed since, want none", more)
	}
}
