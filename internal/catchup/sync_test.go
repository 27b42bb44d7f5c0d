package catchup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// syncs keep in memory what the ledger keeps in Redis, and say how much of the bulk lane is due.
type syncs struct {
	mu    sync.Mutex
	all   map[string]ledger.Sync
	known []string // objects that Flow got, of every resource
	// what the queue has, of every tenant
	bulk, leased, delayed int
}

func (s *syncs) ActiveSyncs(context.Context) ([]ledger.Sync, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var active []ledger.Sync
	for _, one := range s.all {
		if !one.State.Final() {
			active = append(active, one)
		}
	}
	slices.SortFunc(active, func(a, b ledger.Sync) int { return a.Created.Compare(b.Created) })
	return active, nil
}

func (s *syncs) Sync(_ context.Context, _ tenant.ID, id string) (ledger.Sync, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id], nil
}

func (s *syncs) SaveSync(_ context.Context, one ledger.Sync) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.all[one.ID]
	one.Cancel, one.Done, one.Failed = kept.Cancel, kept.Done, kept.Failed
	s.all[one.ID] = one
	return nil
}

func (s *syncs) KnownObjects(
	_ context.Context, _ tenant.ID, _ event.Resource, _ string, visit func([]string) error,
) error {
	return visit(s.known)
}

func (s *syncs) Stats(context.Context, tenant.ID) (queue.Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return queue.Stats{Ready: s.bulk, Bulk: s.bulk, Leased: s.leased, Delayed: s.delayed}, nil
}

func (s *syncs) set(change func(*syncs)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *syncs) ask(t tenant.ID, id string, resources ...event.Resource) {
	s.set(func(s *syncs) {
		s.all[id] = ledger.Sync{
			ID: id, Tenant: t, Resources: resources, State: ledger.SyncWaiting, OrphanLimit: 5,
			Created: time.Now().Add(time.Duration(len(s.all)) * time.Millisecond),
		}
	})
}

func (s *syncs) state(id string) ledger.Sync {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id]
}

// shop fills the source with n products.
func (w *world) shop(n int) {
	var all []omnium.Change
	for i := range n {
		all = append(all, omnium.Change{ID: fmt.Sprintf("p%03d", i), Modified: time.Unix(0, 0)})
	}
	w.source.set(func(s *source) { s.changes[event.Product] = all })
}

// asked counts the jobs that a synchronisation has asked for.
func (w *world) asked(id string) int {
	n := 0
	for _, e := range w.intake.taken() {
		if e.Cause.EventID == "sync:"+id {
			n++
		}
	}
	return n
}

// What an event has joined is never counted; when nothing waits and nothing is worked on, that is no reason
// to wait for it.
func TestSyncEndsWithoutEveryCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shop(10)
		w.syncs.leased = 1
		w.syncs.ask("no", "1", event.Product)
		stop := w.start("a")
		time.Sleep(10 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncDraining || got.Seen != 10 {
			t.Errorf("synchronisation = %+v, want draining with 10 seen", got)
		}
		w.syncs.set(func(s *syncs) { s.leased, s.delayed = 0, 1 })
		time.Sleep(10 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncDraining {
			t.Errorf("synchronisation of which a job has failed and is due later = %+v, want draining", got)
		}
		w.syncs.set(func(s *syncs) { s.delayed = 0 })
		// Looks are five seconds apart: one that sees it and one that believes it, and no third at this instant.
		time.Sleep(12 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncDone {
			t.Errorf("synchronisation of which nothing is left = %+v, want done", got)
		}
		stop()
	})
}

func TestSyncOfTwoTenantsIsOneList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shop(300)
		w.syncs.bulk = 1
		stop := w.start("a")
		time.Sleep(time.Second)
		before := len(w.source.of(event.Product))
		w.syncs.ask("no", "1", event.Price, event.Product)
		w.syncs.ask("se", "2", event.Price, event.Product)
		w.syncs.ask("no", "3", event.Supplier)
		time.Sleep(5 * time.Second)
		lists := w.source.of(event.Product)[before:]
		if len(lists) != 1 || !lists[0].window.Since.IsZero() {
			t.Errorf("lists of products = %+v, want one, of everything", lists)
		}
		if w.asked("1") != 600 || w.asked("2") != 600 {
			t.Errorf("jobs = %d and %d, want 300 products and as many prices for each tenant", w.asked("1"), w.asked("2"))
		}
		if got := w.syncs.state("1"); got.State != ledger.SyncDraining || got.Seen != 600 || got.Started.IsZero() {
			t.Errorf("synchronisation = %+v, want draining with 600 seen", got)
		}
		time.Sleep(time.Minute)
		if got := w.syncs.state("1").State; got != ledger.SyncDraining {
			t.Errorf("state while bulk jobs are due = %s, want draining", got)
		}
		w.syncs.set(func(s *syncs) { s.bulk, s.leased = 0, 1 })
		time.Sleep(10 * time.Second)
		if got := w.syncs.state("1").State; got != ledger.SyncDraining {
			t.Errorf("state ten seconds after the last job was claimed = %s, want draining: it may come back", got)
		}
		time.Sleep(30 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncDone || got.Finished.IsZero() {
			t.Errorf("synchronisation = %+v, want done", got)
		}
		stop()
	})
}

// TestSyncOfPrices lists the products, on which prices are; those written since are also apart from them.
func TestSyncOfPrices(t *testing.T) {
	t.Parallel()
	for _, since := range []time.Time{{}, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			stop := w.start("a")
			time.Sleep(time.Second)
			w.shop(10)
			w.source.set(func(s *source) { s.changes[event.Price] = []omnium.Change{{ID: "p001"}, {ID: "apart"}} })
			w.syncs.ask("no", "1", event.Price)
			w.syncs.set(func(s *syncs) {
				one := s.all["1"]
				one.Since = since
				s.all["1"] = one
			})
			time.Sleep(10 * time.Second)
			want := 10
			if !since.IsZero() {
				want = 11
			}
			if got := w.syncs.state("1"); w.asked("1") != want || got.Seen != int64(want) {
				t.Errorf("since %v: %d jobs, %+v; want %d prices", since, w.asked("1"), got, want)
			}
			stop()
		})
	}
}

func TestSyncIsResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shop(10)
		w.source.fail = errors.New("connection reset")
		w.syncs.ask("no", "1", event.Store, event.Product)
		stop := w.start("a")
		time.Sleep(5 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncListing || got.Seen != 0 {
			t.Errorf("synchronisation whose list fails = %+v, want listing with nothing seen", got)
		}
		stop() // the leader goes, another one finds what is left
		w.source.set(func(s *source) { s.fail = nil })
		w.syncs.set(func(s *syncs) { s.leased = 1 })
		stop = w.start("b")
		time.Sleep(10 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncDraining || got.Seen != 10 || w.asked("1") != 10 {
			t.Errorf("synchronisation = %+v with %d jobs, want draining with 10", got, w.asked("1"))
		}
		stop()
	})
}

// The configuration may have the tenant no longer: nothing is queued for it, and nobody is held up.
func TestSyncOfATenantThatIsNotServedWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shop(10)
		w.syncs.ask("gone", "1", event.Product)
		w.syncs.ask("no", "2", event.Product)
		stop := w.start("a")
		time.Sleep(10 * time.Second)
		if got := w.syncs.state("1"); got.State != ledger.SyncWaiting || w.asked("1") != 0 || w.asked("2") != 10 {
			t.Errorf("synchronisation = %+v with %d jobs, want it waiting without any, and 10 of the other", got, w.asked("1"))
		}
		stop()
	})
}

func TestSyncIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.shop(10)
		w.source.hold = time.Minute
		w.syncs.ask("no", "1", event.Product)
		stop := w.start("a")
		time.Sleep(10 * time.Second)
		w.syncs.set(func(s *syncs) {
			one := s.all["1"]
			one.Cancel = true
			s.all["1"] = one
		})
		time.Sleep(3 * time.Minute)
		if got := w.syncs.state("1"); got.State != ledger.SyncCancelled {
			t.Errorf("synchronisation = %+v, want cancelled", got)
		}
		stop()
	})
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gone    int
		limit   int
		refused bool
	}{
		"a few":               {5, 5, false},
		"too many":            {6, 5, true},
		"too many, confirmed": {60, 100, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.shop(100)
				w.source.set(func(s *source) {
					for _, c := range s.changes[event.Product] {
						w.syncs.known = append(w.syncs.known, c.ID, c.ID) // an id may come twice
					}
					s.changes[event.Product] = s.changes[event.Product][test.gone:]
				})
				w.syncs.ask("no", "1", event.Product)
				w.syncs.set(func(s *syncs) {
					one := s.all["1"]
					one.OrphanLimit = test.limit
					s.all["1"] = one
				})
				stop := w.start("a")
				time.Sleep(5 * time.Second)
				deleted := 0
				for _, e := range w.intake.taken() {
					if e.Cause.Change == event.Deleted {
						deleted++
					}
				}
				got := w.syncs.state("1")
				want := test.gone
				if test.refused {
					want = 0
				}
				if deleted != want || got.Orphans != int64(test.gone) || (got.Refused > 0) != test.refused {
					t.Errorf("%d orphans queued, synchronisation %+v; want %d queued of %d",
						deleted, got, want, test.gone)
				}
				stop()
			})
		})
	}
}
