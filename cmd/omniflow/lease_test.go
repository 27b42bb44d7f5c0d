package main

import (
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func TestPushThatOutlastsItsLeaseKeepsIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Op == flow.ProductCreate {
			return flowtest.Fault{Delay: 2500 * time.Millisecond}
		}
		return flowtest.Fault{}
	})
	a, b := h.start(), h.start()
	a.deliver(h.changed("cup"))
	h.settled()
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		t.Errorf("overlapping writes = %+v, want none", overlaps)
	}
	for _, r := range []*replica{a, b} {
		if lost := r.log.find(func(e entry) bool { return e.Message == leaseRanOut }); len(lost) > 0 {
			t.Errorf("leases that ran out = %+v, want none", lost)
		}
	}
}

// leaseRanOut is what a replica logs that takes a job back.
const leaseRanOut = "lease ran out, job is due again"

// TestFrozenProcessSettlesNothing: a process that was stopped while it had a job, as a virtual
// machine may be, must find on waking up that the job is somebody else's.
func TestFrozenProcessSettlesNothing(t *testing.T) {
	t.Parallel()
	reads := make(chan struct{}, 1)
	var first atomic.Bool
	delay := func(r *http.Request) time.Duration {
		if r.URL.Path == "/api/Products/cup" && first.CompareAndSwap(false, true) {
			reads <- struct{}{}
			return 300 * time.Millisecond // time to freeze who asks
		}
		return 0
	}
	h := newHarness(t, shortLease, func(s *settings) {
		s.Prepare = func(omnium *omniumtest.Server) { omnium.Delay = delay }
	})
	h.omnium.PutProduct(simple("cup", "Kopp"))
	frozen := h.spawn()
	frozen.deliver(h.changed("cup"))
	receive(h, "Omnium is asked for the product", reads)
	frozen.signal(syscall.SIGSTOP)

	other := h.start()
	h.eventually("the job is taken over and done", h.drained)
	arrived := make(chan flowtest.Request, 8)
	h.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		arrived <- r
		return flowtest.Fault{Delay: 700 * time.Millisecond}
	})
	h.rename("cup", "Kopp, ny")
	other.deliver(h.changed("cup"))
	receive(h, "Flow gets the newer push", arrived)
	frozen.signal(syscall.SIGCONT)
	frozen.wantRuns(1, func(e entry) bool { return e.ObjectID == "cup" && e.Settled == "lost" })
	h.settled()
	if overlaps := h.flow.Overlaps(); len(overlaps) > 0 {
		t.Errorf("overlapping writes = %+v, want none", overlaps)
	}
	frozen.stop()
}

func (r *replica) signal(s syscall.Signal) {
	r.Helper()
	if err := r.process.Signal(s); err != nil {
		r.Fatalf("signal %v: %v", s, err)
	}
}
