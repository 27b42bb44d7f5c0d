package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
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
