package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

func TestCollisionOfTwoProducts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	h.omnium.PutProduct(simple("cup-1", "Kopp"))
	r.deliver(h.changed("cup-1"))
	h.settled()
	h.omnium.PutProduct(simple("cup1", "Another"))
	r.deliver(h.changed("cup1"))
	h.eventually("all jobs are done", h.drained)

	letters := r.deadLetters(norway)
	if len(letters) != 1 || letters[0].ID != "cup1" || letters[0].Reason != "uid_collision" ||
		!strings.Contains(letters[0].Detail, "cup-1") || !strings.Contains(letters[0].Detail, "product cup1") {
		t.Errorf("dead letters = %+v, want one that names both products", letters)
	}
	h.rename("cup-1", "Kopp, ny")
	r.deliver(h.changed("cup-1"))
	h.eventually("all jobs are done", h.drained)
	if p, _ := h.flowProduct(norway, "cup1"); p.Name != "Kopp, ny" {
		t.Errorf("product in Flow = %+v, want the first owner's and updated", p)
	}

	// Once the first owner has gone, the other gets the uid by itself.
	h.omnium.HardDelete("cup-1")
	r.deliver(h.removed("cup-1"))
	h.settled()
	if letters := r.deadLetters(norway); len(letters) != 0 {
		t.Errorf("dead letters = %+v, want none", letters)
	}
}

// move removes a sku from one product and gives it to another.
func (h *harness) move(sku, from, to string) {
	h.Helper()
	var moved omnium.Product
	h.omnium.PatchProduct(from, func(p *omnium.Product) {
		at := slices.IndexFunc(p.Variants, func(v omnium.Product) bool { return v.SkuID == sku })
		moved = p.Variants[at]
		p.Variants = slices.Delete(p.Variants, at, at+1)
	})
	h.omnium.PatchProduct(to, func(p *omnium.Product) {
		moved.ProductID, moved.Name = to, "moved to "+to
		p.Variants = append(p.Variants, moved)
	})
}

func TestSkuMovesFromOneProductToAnother(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"from", "to"}, {"to", "from"}, {"to"}} {
		t.Run("events of "+strings.Join(order, " then "), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.omnium.PutProduct(jacket("from"))
			h.omnium.PutProduct(jacket("to"))
			r := h.start()
			r.deliver(h.list(h.changed("from"), h.changed("to")))
			h.settled()
			h.move("from-L", "from", "to")
			for _, id := range order {
				r.deliver(h.changed(id))
			}
			h.settled()
			p, _ := h.flowProduct(norway, "fromL")
			if p.Name != "moved to to" || !p.AllowPurchase || !p.DiscontinuedFrom.At.IsZero() {
				t.Errorf("sku that moved = %+v, want it on sale as its new product has it", p)
			}
			if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
				t.Errorf("overlapping writes = %+v, want none", overlaps)
			}
		})
	}
}

func TestProductsSwapTheirSkus(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.slow(20 * time.Millisecond)
	h.omnium.PutProduct(jacket("a"))
	h.omnium.PutProduct(jacket("b"))
	r := h.start()
	r.deliver(h.list(h.changed("a"), h.changed("b")))
	h.settled()
	for round := range 6 {
		from, to := "a", "b"
		if round%2 == 1 {
			from, to = to, from
		}
		h.move("a-M", from, to)
		h.move("b-M", to, from)
		r.deliver(h.list(h.changed("a"), h.changed("b")))
		h.settled()
	}
	for _, id := range []tenant.ID{norway, sweden} {
		if letters := r.deadLetters(id); len(letters) != 0 {
			t.Errorf("dead letters of %s = %+v, want none", id, letters)
		}
	}
}

// TestUidOfABuriedProductIsGivenUp: of a product that cannot be pushed, because one of its uids is
// somebody else's, the other uids must not stay taken for ever.
func TestUidOfABuriedProductIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.start()
	h.omnium.PutProduct(simple("taken", "first owner"))
	r.deliver(h.changed("taken"))
	h.settled()

	buried := jacket("buried")
	buried.Variants[0].SkuID, buried.Variants[1].SkuID = "wanted", "tak-en"
	h.omnium.PutProduct(buried)
	r.deliver(h.changed("buried"))
	h.eventually("all jobs are done", h.drained)
	if letters := r.deadLetters(norway); len(letters) != 1 || letters[0].Reason != "uid_collision" {
		t.Fatalf("dead letters = %+v, want a collision", letters)
	}

	h.omnium.PatchProduct("buried", func(p *omnium.Product) { p.Variants = jacket("buried").Variants })
	h.omnium.PutProduct(simple("wanted", "second owner"))
	r.deliver(h.list(h.changed("wanted"), h.changed("buried")))
	h.settled()
	if letters := r.deadLetters(norway); len(letters) != 0 {
		t.Errorf("dead letters = %+v, want none", letters)
	}
}
