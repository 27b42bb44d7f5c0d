package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// synchronising starts a full synchronisation, follows it, cancels it, and lets another one end.
func synchronising(t *testing.T, b *browser) {
	const n = 60
	var slow atomic.Bool
	h := newHarness(t, rarely, func(s *settings) {
		s.Prepare = func(oms *omniumtest.Server) {
			oms.PageSize = 5
			oms.Delay = func(r *http.Request) time.Duration {
				if slow.Load() && strings.HasPrefix(r.URL.Path, "/api/Products/Scroll/") {
					return 500 * time.Millisecond
				}
				return 0
			}
			oms.Now = func() time.Time { return time.Now().Add(-time.Hour) }
			for i := range n {
				oms.PutProduct(simple(fmt.Sprintf("cup%d", i), "Kopp"))
			}
			oms.Now = time.Now
		}
	})
	r := h.start()
	r.listedOnce()
	slow.Store(true)

	operator := b.open(t, r, wide())
	operator.signIn(adminToken)
	operator.press("Synchronisations")
	operator.sees("None yet.")
	operator.press("Start…")
	operator.sees("Synchronise fjell_no?")
	operator.press("Start")
	operator.sees("The synchronisation of fjell_no is asked for.")
	operator.is("it goes on", `/[1-9]\d* listed · \d+ worked off/.test(document.querySelector("[data-sync]").innerText)`)
	operator.is("it has a bar", `document.querySelector("[data-sync] progress")`)
	operator.audited("a synchronisation that runs")
	operator.keep("synchronisations")

	viewer := b.open(t, r, wide())
	viewer.signIn(viewerToken)
	viewer.press("Synchronisations")
	viewer.is("the viewer sees it run", `document.querySelector("[data-sync] progress")`)
	for _, action := range []string{"Start", "Cancel"} {
		viewer.hasnt(action)
	}

	operator.tabTo("Cancel the synchronisation of product of fjell_no…")
	operator.key("\r")
	operator.sees("Cancel the synchronisation of fjell_no?")
	operator.press("Cancel it")
	operator.sees("The synchronisation ends.")
	for _, p := range []*tab{operator, viewer} {
		p.is("it is over", `/^cancelled/.test(document.querySelector("[data-sync]").innerText)`)
		p.is("its bar is gone", `!document.querySelector("[data-sync] progress")`)
	}
	if listed := ask[string](operator, `document.querySelector("[data-sync]").innerText`); strings.Contains(listed, fmt.Sprint(n, " listed")) {
		t.Errorf("a synchronisation that was cancelled in the middle = %s", listed)
	}

	slow.Store(false)
	operator.press("Start…")
	operator.sees("Synchronise fjell_no?")
	operator.press("Start")
	operator.is("the other one has ended", fmt.Sprintf(
		`/^done[^]*%[1]d listed · %[1]d of %[1]d worked off · 0 failures/.test(document.querySelector("[data-sync]").innerText)`, n))
	operator.is("both are listed", `document.querySelectorAll("[data-sync]").length === 2`)
	operator.audited("synchronisations that have ended")
	h.eventually("all jobs are done", h.drained)
	for i := range n {
		if _, exists := h.flowProduct(norway, fmt.Sprintf("cup%d", i)); !exists {
			t.Errorf("Flow has no cup%d after a full synchronisation", i)
		}
	}
	r.stop()
}
