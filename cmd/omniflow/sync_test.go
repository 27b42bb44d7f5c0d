package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// rarely has changes listed when a replica begins to lead, and only those that were made since.
func rarely(s *settings) { s.Catchup, s.Overlap = "1h", "0s" }

// synchronise asks for a synchronisation of both tenants, waits for its end and returns norway's.
func (h *harness) synchronise(id string, limit int, resources ...event.Resource) ledger.Sync {
	h.Helper()
	l := ledger.New(h.redis.Client())
	for _, t := range []tenant.ID{norway, sweden} {
		s := ledger.Sync{ID: id, Tenant: t, Resources: resources, OrphanLimit: limit, Created: time.Now()}
		if err := l.CreateSync(h.Context(), s); err != nil {
			h.Fatal(err)
		}
	}
	var ended ledger.Sync
	for _, t := range []tenant.ID{sweden, norway} {
		h.eventually("the synchronisation has ended", func() error {
			var err error
			ended, err = l.Sync(h.Context(), t, id)
			if err == nil && !ended.State.Final() {
				err = fmt.Errorf("it is %+v", ended)
			}
			return err
		})
		if ended.State != ledger.SyncDone {
			h.Fatalf("synchronisation = %+v, want done", ended)
		}
	}
	h.eventually("all jobs are done", h.drained)
	return ended
}

// TestRedisIsWiped: changes whose webhooks were lost together with everything that Redis knew are in
// Flow after a full synchronisation, and what was right there already stays as it is.
func TestRedisIsWiped(t *testing.T) {
	t.Parallel()
	before, after := reference(newHarness(t))
	for _, restarted := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarted=%t", restarted), func(t *testing.T) {
			t.Parallel()
			h := newShop(newHarness(t, rarely))
			r := h.opened()
			first, pushed := h.writes(), h.flow.History(string(norway), "lamp")
			calls := len(h.flow.Log())
			if restarted {
				r.stop()
			}
			if err := h.redis.Client().FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			if restarted {
				h.start()
			}
			h.synchronise("same", 5, event.Resources()...)
			if err := h.agrees(before)(); err != nil {
				t.Errorf("after a synchronisation of what was right already: %v", err)
			}
			for _, w := range h.flow.History(string(norway), "lamp")[len(pushed):] {
				// Only a create names the product in its body.
				if got, want := fields(t, w.Body), fields(t, pushed[len(pushed)-1].Body); !cmp.Equal(got, want) {
					t.Errorf("the lamp was written once more as %s, want %s as before", got, want)
				}
			}
			t.Logf("%d writes brought the shop to Flow; %d wrote it once more", first, h.writes()-first)
			if again := h.writtenTo(calls, learned...); len(again) > 0 {
				t.Errorf("written although Flow says that it is right: %v", again)
			}
			for _, change := range changesOf(h) {
				change()
			}
			if err := h.redis.Client().FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			h.synchronise("changed", 5, event.Resources()...)
			if err := h.agrees(after)(); err != nil {
				t.Errorf("after a synchronisation: %v", err)
			}
			writes := h.writes()
			h.synchronise("unchanged", 5, event.Resources()...)
			if more := h.writes() - writes; more != 0 {
				t.Errorf("%d writes by a synchronisation after which nothing has changed, want none", more)
			}
		})
	}
}

// learned are the writes of what a documented route reads back. The others, which are not among them, say
// once more what they said.
var learned = []string{
	flow.OrganizationCreate, flow.WarehouseCreate, flow.WarehouseUpdate, flow.PriceListCreate, flow.PriceListUpdate,
	flow.CategoryCreate, flow.CategoryUpdate, flow.ProductGroupCreate, flow.ProductGroupUpdate, flow.SupplierCreate,
	flow.SupplierUpdate, flow.CustomerCreate, flow.CustomerUpdate, flow.PurchaseOrderCreate, flow.StockBatch,
	flow.BrandCreate, flow.PropertyCreate, flow.MediaAdd,
}

// writtenTo are the operations among ops that were called since.
func (h *harness) writtenTo(since int, ops ...string) map[string]int {
	written := map[string]int{}
	for _, e := range h.flow.Log()[since:] {
		if slices.Contains(ops, e.Op) {
			written[e.Op]++
		}
	}
	return written
}

// fields are those of a product's body beside its uid.
func fields(t *testing.T, body json.RawMessage) map[string]any {
	t.Helper()
	var f map[string]any
	if err := json.Unmarshal(body, &f); err != nil {
		t.Fatal(err)
	}
	delete(f, "productUid")
	return f
}

// TestSynchronisationFindsWhatIsGone: a hard delete raises no webhook and is in no list of changes.
func TestSynchronisationFindsWhatIsGone(t *testing.T) {
	t.Parallel()
	const n = 100
	// What has changed just now is read one by one, because searches lag behind; these are old.
	h := newHarness(t, rarely, func(s *settings) {
		s.Prepare = func(oms *omniumtest.Server) {
			oms.PageSize = 1000
			oms.Now = func() time.Time { return time.Now().Add(-time.Hour) }
			for i := range n {
				for _, language := range []string{"no", "sv"} {
					p := simple(fmt.Sprintf("cup%d", i), "Kopp")
					p.ID, p.Language = p.ProductID+"_"+language, language
					oms.PutProduct(p)
				}
			}
			oms.Now = time.Now
		}
	})
	h.start()
	if s := h.synchronise("all", 5, event.Product); s.Seen != n || s.Orphans != 0 {
		t.Errorf("synchronisation = %+v, want %d seen", s, n)
	}
	if err := h.disagreement(); err != nil {
		t.Errorf("after the synchronisation: %v", err)
	}
	h.omnium.ResetCalls()
	requests := h.flow.Requests()
	h.synchronise("unchanged", 5, event.Product)
	t.Logf("%d requests to Omnium for %d unchanged products in two languages and two tenants", len(h.omnium.Requests()), n)
	if more := h.flow.Requests() - requests; more != 0 {
		t.Errorf("%d requests to Flow for products that have not changed, want none", more)
	}
	h.omnium.HardDelete("cup7")
	if s := h.synchronise("one", 5, event.Product); s.Orphans != 1 || s.Refused != 0 {
		t.Errorf("synchronisation = %+v, want one product gone", s)
	}
	if err := h.disagreement(); err != nil {
		t.Errorf("after a product was deleted: %v", err)
	}
	for i := range 6 {
		h.omnium.HardDelete(fmt.Sprintf("cup%d", i))
	}
	if s := h.synchronise("many", 5, event.Product); s.Orphans != 6 || s.Refused != 6 {
		t.Errorf("synchronisation = %+v, want six products gone and left alone: they are more than 5 %%", s)
	}
	if p, exists := h.flowProduct(norway, "cup0"); !exists || !p.DiscontinuedFrom.At.IsZero() {
		t.Errorf("Flow holds %+v, want it untouched", p)
	}
	if s := h.synchronise("confirmed", 100, event.Product); s.Orphans != 6 || s.Refused != 0 {
		t.Errorf("synchronisation = %+v, want the six products gone", s)
	}
	if err := h.disagreement(); err != nil {
		t.Errorf("after the deletes were confirmed: %v", err)
	}
}
