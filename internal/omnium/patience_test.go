package omnium_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

type patientKey struct{}

// patiently marks calls that may wait for others.
func patiently(ctx context.Context) context.Context {
	return context.WithValue(ctx, patientKey{}, true)
}

func withPatience(o *omnium.Options) {
	o.Patient = func(ctx context.Context) bool { return ctx.Value(patientKey{}) != nil }
}

// inScrolls returns a server on which every request of a scroll takes 100 ms, and the most of those that
// were under way at once.
func inScrolls(s *omniumtest.Server) *atomic.Int64 {
	var now, peak atomic.Int64
	s.Delay = func(r *http.Request) time.Duration {
		if !strings.Contains(r.URL.Path, "/Scroll") {
			return 0
		}
		peak.Store(max(peak.Load(), now.Add(1)))
		time.AfterFunc(99*time.Millisecond, func() { now.Add(-1) })
		return 100 * time.Millisecond
	}
	return &peak
}

// TestScrollsDoNotWaitForLists starts reads of each kind in the middle of a long list.
func TestScrollsDoNotWaitForLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.PageSize = 1
		for i := range 100 {
			s.PutProduct(product(fmt.Sprintf("b%03d", i), "no"))
		}
		peak := inScrolls(s)
		c := newClient(t, s, withPatience)
		var all sync.WaitGroup
		all.Go(func() {
			err := c.Changes(t.Context(), event.Product, omnium.Window{}, func([]omnium.Change) error { return nil })
			if err != nil {
				t.Errorf("Changes: %v", err)
			}
		})
		read := func(ctx context.Context, what string, atMost time.Duration) {
			all.Go(func() {
				started := time.Now()
				_, err := c.Products(ctx, []string{"b001"}, "no") // two pages
				if took := time.Since(started); err != nil || took > atMost {
					t.Errorf("%s read beside a list = %v after %v, want success within %v", what, err, took, atMost)
				}
			})
		}
		time.Sleep(time.Second + 50*time.Millisecond)
		read(t.Context(), "a live", 300*time.Millisecond)
		time.Sleep(time.Second)
		read(patiently(t.Context()), "a patient", 400*time.Millisecond)
		time.Sleep(time.Second)
		// One page of each of the others is the most that a live one waits for.
		read(patiently(t.Context()), "another patient", time.Second)
		read(t.Context(), "another live", 500*time.Millisecond)
		all.Wait()
		if peak.Load() != 1 {
			t.Errorf("requests of scrolls under way at once = %d, want 1", peak.Load())
		}
		if s.OpenScrolls() != 0 {
			t.Errorf("open scrolls = %d, want 0", s.OpenScrolls())
		}
	})
}

// TestListEndsWithItsContext checks that a list that waits for its turn can be given up.
func TestListEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		inScrolls(s)
		c := newClient(t, s)
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.Products(t.Context(), []string{"p"}, "no"); err != nil {
				t.Errorf("Products: %v", err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := c.Changes(ctx, event.Product, omnium.Window{}, func([]omnium.Change) error { return nil })
		if err == nil || ctx.Err() == nil {
			t.Errorf("Changes = %v, want the end of its context", err)
		}
		all.Wait()
	})
}

// TestPatientReadsLeaveRoom has many patient reads wait for the rate when another one comes.
func TestPatientReadsLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		c := newClient(t, s, withPatience, func(o *omnium.Options) {
			o.MaxConcurrent, o.RequestsPerSecond = 8, 10
		})
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				_, _ = c.Product(patiently(t.Context()), fmt.Sprintf("none%d", i), "no", time.Now())
			})
		}
		time.Sleep(time.Second)
		started := time.Now()
		read(t, c, "p", "no") // two requests
		if took := time.Since(started); took > time.Second {
			t.Errorf("a read beside 50 patient ones took %v, want at most 1s: two requests behind two others", took)
		}
		all.Wait()
	})
}

func TestRefusedPageSizeIsLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.RefuseTake = true
		c := newClient(t, s)
		for range 2 {
			if got := mustProducts(t, c, "no", "p"); got["p"].Product == nil {
				t.Errorf("Products = %v, want p", got)
			}
		}
		wantCalls(t, s, omniumtest.OpScroll, 3)
		s.Fail = func(r *http.Request) (int, http.Header, bool) {
			return http.StatusBadRequest, nil, strings.HasSuffix(r.URL.Path, "/Scroll")
		}
		_, err := c.Products(t.Context(), []string{"p"}, "no")
		wantStatus(t, err, http.StatusBadRequest)
	})
}
