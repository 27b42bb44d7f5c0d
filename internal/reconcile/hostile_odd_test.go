package reconcile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// oddIDs are ids that documents could have. Only the first has a uid of its own.
var oddIDs = []string{
	"a/b?c#d%2Fe", "a b-c", "..", ".", "!!!", "東京", "😀", " a", "a\x00b", "a\r\nb", "a\u202eb", "a%00b", "A-1", "a_1", "a:1",
	"Scroll", "GetCategoryTree", strings.Repeat("x", 512), strings.Repeat("🙂", 128), "../../Orders", "null", "0", "-1",
}

// TestOddIDs reads and pushes documents of every kind under odd ids.
func TestOddIDs(t *testing.T) {
	t.Parallel()
	for name, h := range habitats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWild(t, h.properties)
			keys := w.settle(h, "good-1", nil)
			for _, id := range oddIDs {
				keys = append(keys, w.settle(h, id, nil)...)
			}
			w.ended(h, keys)
		})
	}
}

// ended plays jobs and checks that each has ended well enough, and that the good object has arrived.
func (w *wild) ended(h habitat, keys []job.Key) map[job.Key]job.Outcome {
	w.Helper()
	last := w.playOut(keys)
	for key, o := range last {
		if wrong := complaint(o); wrong != "" {
			w.Errorf("job %.80q %s: %.300s", key, wrong, show(o))
		}
	}
	if !h.arrived(w.snapshot(), "good1") {
		w.Errorf("the good %s has not arrived", h.kind)
	}
	return last
}

// TestIDsOnOneUID: of two ids that fall on one uid the first is kept, and no job goes on and on.
func TestIDsOnOneUID(t *testing.T) {
	t.Parallel()
	for name, h := range habitats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWild(t, h.properties)
			var keys []job.Key
			for _, id := range []string{"good-1", "g-ood1", "go.od1", "g o o d 1"} {
				keys = append(keys, w.settle(h, id, nil)...)
			}
			w.ended(h, keys)
		})
	}
}

// TestIDsInACircle: two documents that each say that they are the other one.
func TestIDsInACircle(t *testing.T) {
	t.Parallel()
	for name, h := range habitats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWild(t, h.properties)
			keys := w.settle(h, "good-1", nil)
			for id, other := range map[string]string{"here": "there", "there": "here"} {
				doc := w.good(h.sample, h.base, other)
				keys = append(keys, w.settle(h, id, &specimen{"other id", doc})...)
			}
			w.ended(h, keys)
		})
	}
}

// TestCategoriesInACircle: the categories of a circle are dead letters, those below them too, and others
// are not held up.
func TestCategoriesInACircle(t *testing.T) {
	t.Parallel()
	w := newWild(t, nil)
	h := habitats()["category"]
	keys := w.settle(h, "good-1", nil)
	for id, parent := range map[string]string{"self": "self", "a": "c", "b": "a", "c": "b", "below": "b"} {
		w.file(omniumtest.Categories, omnium.Category{ID: id + "_no", CategoryID: id, ParentID: parent, Language: "no", Name: id})
		keys = append(keys, job.Key{Resource: event.Category, ID: id})
	}
	last := w.ended(h, keys)
	for _, id := range []string{"self", "a", "b", "c", "below"} {
		w.want(id, last[job.Key{Resource: event.Category, ID: id}], "permanent category_cycle")
	}
}

// TestCategoryBelowAMalformedOne follows when that can be read.
func TestCategoryBelowAMalformedOne(t *testing.T) {
	t.Parallel()
	w := newWild(t, nil)
	put := func(parent any) {
		t.Helper()
		w.file(omniumtest.Categories, map[string]any{
			"id": "parent_no", "categoryId": "parent", "parentId": parent, "language": "no", "name": "Parent",
		})
	}
	put(7)
	w.file(omniumtest.Categories, omnium.Category{
		ID: "child_no", CategoryID: "child", ParentID: "parent", Language: "no", Name: "Child",
	})
	parent, child := jobKey("category/parent"), jobKey("category/child")
	last := w.playOut([]job.Key{child, parent})
	w.want("child", last[child], "permanent omnium_unreadable")
	w.want("parent", last[parent], "permanent omnium_unreadable")
	put("klaer")
	last = w.playOut([]job.Key{parent})
	w.want("child when the parent can be read", last[child], "done pushed")
}

// TestOddMarkets: a market that cannot be read holds up the tenants that it belongs to, until it can be
// read, and nobody else.
func TestOddMarkets(t *testing.T) {
	t.Parallel()
	for market, want := range map[string]string{"SWE": "done pushed", "NOR": "permanent attempts_exhausted omnium_unreadable"} {
		t.Run(market, func(t *testing.T) {
			t.Parallel()
			w := newWild(t, nil)
			var markets []map[string]any
			w.decode("markets", &markets)
			for _, m := range markets {
				if m["marketId"] == market {
					m["productContentLanguage"] = []any{1}
				}
			}
			markets = append(markets, nil, map[string]any{"marketId": 7})
			w.masks.marketList = markets
			w.oms.ForgetMarkets()
			last := w.playOut(w.settle(habitats()["product"], "good-1", nil))
			for _, key := range slices.SortedFunc(maps.Keys(last), func(a, b job.Key) int { return strings.Compare(a.String(), b.String()) }) {
				w.want(key.String(), last[key], want)
			}
		})
	}
}

// TestAWaitThatCannotEnd: an order for a supplier or a product that Omnium does not have is skipped, never a
// dead letter, and follows when that comes.
func TestAWaitThatCannotEnd(t *testing.T) {
	t.Parallel()
	w := newWild(t, nil)
	h := habitats()["purchase order"]
	doc := w.good(h.sample, h.base, "order-1").(map[string]any)
	doc["supplierId"] = "SUP-late"
	w.file(omniumtest.PurchaseOrders, doc)
	lines := w.good(h.sample, h.base, "order-2").(map[string]any)
	line := lines["purchaseOrderForm"].(map[string]any)["lineItems"].([]any)[0].(map[string]any)
	line["code"] = "late"
	w.file(omniumtest.PurchaseOrders, lines)
	one, two := jobKey("purchase_order/order-1"), jobKey("purchase_order/order-2")

	last := w.playOut([]job.Key{one, two})
	w.want("order of an unknown supplier", last[one], "done skipped refers_to_unknown")
	w.want("order of an unknown product", last[two], "done skipped refers_to_unknown")
	if n := len(w.snapshot().OrderItems["101/order2"]); n != 1 {
		t.Errorf("Flow has %d lines of the order with an unknown product, want the other one", n)
	}

	w.file(omniumtest.Suppliers, w.good(sampleOf[omnium.Supplier]("supplier"), "SUP-77", "SUP-late"))
	w.file(products, w.good(sampleOf[omnium.Product]("product_single_sku"), "ff-2070", "late"))
	last = w.playOut([]job.Key{jobKey("supplier/SUP-late"), jobKey("product/late")})
	w.want("order when its supplier has come", last[one], "done pushed")
	w.want("order when its product has come", last[two], "done pushed")
}

// TestAnswersThatAreNoDocuments: what is not even JSON, or nested without end, says nothing about the
// object, and ends with the worker giving up.
func TestAnswersThatAreNoDocuments(t *testing.T) {
	t.Parallel()
	deep := json.RawMessage(strings.Repeat("[", 9000) + strings.Repeat("]", 9000))
	w := newWild(t, nil)
	h := habitats()["supplier"]
	keys := w.settle(h, "good-1", nil)
	for i, doc := range []any{deep, strings.Repeat("x", 1<<20), json.RawMessage(`{"id":"a","id":"b"}`)} {
		keys = append(keys, w.settle(h, fmt.Sprint("odd-", i), &specimen{"odd", doc})...)
	}
	w.ended(h, keys)
}
