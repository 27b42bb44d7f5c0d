package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// slow makes Flow take up to d for every write, so that events arrive while their object is pushed.
func (h *harness) slow(d time.Duration) {
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.ProductUID == "" {
			return flowtest.Fault{}
		}
		return flowtest.Fault{Delay: rand.N(d)}
	})
}

// versioned is the name of a product at a version, and back.
const versioned = "version %06d"

// storm changes each of the products and tells of it, many times, from one goroutine per product;
// the events go to the replicas in turn. The versions go on from the one given.
func (h *harness) storm(products, from, versions int, replicas ...*replica) {
	h.Helper()
	var storms sync.WaitGroup
	for i := range products {
		id := fmt.Sprintf("p%d", i)
		h.omnium.PutProduct(simple(id, fmt.Sprintf(versioned, from)))
		storms.Go(func() {
			for v := range versions {
				h.rename(id, fmt.Sprintf(versioned, from+v+1))
				r := replicas[(i+v)%len(replicas)]
				if a := r.post(h.changed(id)); a.status != 202 {
					h.Errorf("POST = %d %s %v, want 202", a.status, a.body, a.err)
				}
			}
		})
	}
	storms.Wait()
}

// wantNoStaleness wants all jobs done, Flow to agree with the newest state, no two writes of one
// product to have overlapped, and no write to have brought an older state than the one before it.
func (h *harness) wantNoStaleness(products int) {
	h.Helper()
	h.settled()
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		h.Errorf("overlapping writes: %d, the first %+v, want none", len(overlaps), overlaps[0])
	}
	for _, t := range []tenant.ID{norway, sweden} {
		for i := range products {
			uid := fmt.Sprintf("p%d", i)
			history := h.versions(t, uid)
			for n := 1; n < len(history); n++ {
				if history[n] < history[n-1] {
					h.Errorf("versions of %s in %s = %v, want none to be older than the one before", uid, t, history)
					break
				}
			}
		}
	}
}

// versions are those that were written to a product, in order.
func (h *harness) versions(t tenant.ID, uid string) []int {
	h.Helper()
	var list []int
	for _, w := range h.flow.History(string(t), uid) {
		var p flow.Product
		var v int
		if err := json.Unmarshal(w.Body, &p); err != nil {
			h.Fatal(err)
		}
		if _, err := fmt.Sscanf(p.Name, versioned, &v); err != nil {
			h.Fatalf("name %q: %v", p.Name, err)
		}
		list = append(list, v)
	}
	return list
}

func TestUpdatesDuringPushesAreNotLost(t *testing.T) {
	t.Parallel()
	const products = 6
	h := newHarness(t)
	h.slow(15 * time.Millisecond)
	r := h.start()
	h.storm(products, 0, 60, r)
	h.wantNoStaleness(products)
}

func TestUpdatesAreNotLostToAnIndexThatLags(t *testing.T) {
	t.Parallel()
	const products = 12 // enough to be worth reading in bulk
	const lag = time.Second
	h := newHarness(t, func(s *settings) {
		s.Prepare = func(omnium *omniumtest.Server) { omnium.IndexLag = lag }
	})
	tell := func(r *replica, version int) {
		var events [][]byte
		for i := range products {
			id := fmt.Sprintf("p%d", i)
			h.omnium.PutProduct(simple(id, fmt.Sprintf(versioned, version)))
			events = append(events, h.changed(id))
		}
		r.deliver(h.list(events...))
	}
	r := h.start()
	tell(r, 1)
	h.settled()
	indexed := time.Now().Add(lag)
	h.eventually("the index has the first version", func() error {
		if left := time.Until(indexed); left > 0 {
			return fmt.Errorf("%v left", left)
		}
		return nil
	})
	tell(r, 2)
	h.wantNoStaleness(products)
}

func TestReplicasShareOneQueue(t *testing.T) {
	t.Parallel()
	const products = 4
	h := newHarness(t)
	h.slow(15 * time.Millisecond)
	a, b := h.start(), h.start()
	h.storm(products, 0, 50, a, b)
	h.wantNoStaleness(products)
	for name, r := range map[string]*replica{"first": a, "second": b} {
		pushed := r.log.runs(func(e entry) bool { return e.Result == "pushed" })
		if len(pushed) == 0 {
			t.Errorf("pushes of the %s replica = 0, want both to take part", name)
		}
	}
}

func TestReplicaThatStopsHandsItsWorkOver(t *testing.T) {
	t.Parallel()
	const products = 4
	h := newHarness(t)
	h.slow(15 * time.Millisecond)
	stays := h.start()
	for round := range 3 {
		leaves := h.start()
		h.storm(products, 10*round, 10, leaves)
		leaves.stop()
	}
	h.wantNoStaleness(products)
	lost := stays.log.find(func(e entry) bool { return e.Message == leaseRanOut })
	if len(lost) > 0 {
		t.Errorf("leases that ran out = %+v, want none: a stop gives jobs back", lost)
	}
}
