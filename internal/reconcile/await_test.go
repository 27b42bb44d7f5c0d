package reconcile_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// waiting returns a shelf with a thing that needs another, and the world around it.
func waiting(t *testing.T) (*world, *shelf) {
	t.Helper()
	w, s := newWorld(t), newShelf()
	s.stock(w, w.process)
	s.things["base"] = reconcile.Thing{Body: reconcile.ThingBody{Name: "base"}}
	s.things["top"] = reconcile.Thing{Body: reconcile.ThingBody{Name: "top"}, Needs: "base"}
	return w, s
}

// awaited returns who waits for a thing.
func (w *world) awaited(uid string) []string {
	w.Helper()
	all, err := w.ledger.Awaited(w.Context(), fjell, reconcile.KindThing, []string{uid})
	if err != nil {
		w.Fatalf("Awaited: %v", err)
	}
	return all[uid]
}

// TestWaitingJobBecomesDue checks the whole way: who needs something asks for it, waits without being
// tried again, and is made due when it has arrived.
func TestWaitingJobBecomesDue(t *testing.T) {
	t.Parallel()
	w, s := waiting(t)
	j := w.due(thing("top"))
	o := w.handle(t, j)[0]
	w.want("run of what needs", o, "done waiting waiting_for_thing")
	if len(w.enqueued) != 1 || w.enqueued[0].Key != thing("base") {
		t.Fatalf("enqueued = %v, want base", w.enqueued)
	}
	if cause := w.enqueued[0].Cause; !cause.Time.IsZero() || cause.EventID != j.Cause.EventID {
		t.Errorf("cause of base = %+v, want the event without its time: base need not have changed then", cause)
	}
	if got := w.awaited("base"); len(got) != 1 || got[0] != "thing/top" {
		t.Errorf("who waits for base = %v, want thing/top", got)
	}
	w.asked()
	w.want("another run of what needs", w.handle(t, w.due(thing("top")))[0], "done waiting waiting_for_thing")
	w.asked()

	w.want("run of what is needed", w.handle(t, of(reconcile.KindThing, w.event("base", event.Deleted)))[0], "done pushed")
	if len(w.enqueued) != 1 || w.enqueued[0].Key != thing("top") {
		t.Fatalf("enqueued = %v, want top", w.enqueued)
	}
	if cause := w.enqueued[0].Cause; !cause.Time.IsZero() || cause.Change != event.Changed {
		t.Errorf("cause of top = %+v, want a change without a time", cause)
	}
	w.want("run of what was waiting", w.handle(t, w.enqueued[0])[0], "done pushed")
	if got := w.awaited("base"); len(got) != 0 {
		t.Errorf("who waits for base = %v, want nobody", got)
	}
	w.asked()
	w.want("run of what was needed", w.handle(t, w.due(thing("base")))[0], "done unchanged")
	if got := w.asked(); len(got) > 0 {
		t.Errorf("enqueued = %v, want nothing: everybody was told", got)
	}
	s.agrees(t)
}

// TestWhatIsNotExportedIsNotAskedFor checks that who needs something that no implementation brings only
// waits, in case it is configured later.
func TestWhatIsNotExportedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w, _ := waiting(t)
	w.opts.Tenant.Resources = nil
	w.want("run", w.handle(t, w.due(thing("top")))[0], "done waiting waiting_for_thing")
	if got := w.asked(); len(got) > 0 {
		t.Errorf("enqueued = %v, want nothing", got)
	}
	if got := w.awaited("base"); len(got) != 1 {
		t.Errorf("who waits for base = %v, want top", got)
	}
}

// TestManyWait checks that all are told, once each, whatever their ids hold.
func TestManyWait(t *testing.T) {
	t.Parallel()
	w, s := waiting(t)
	for i := range 20 {
		s.things[fmt.Sprintf("top/%d:x y", i)] = reconcile.Thing{Needs: "base"}
	}
	for id := range s.things {
		if id != "base" {
			w.handle(t, w.due(thing(id)))
		}
	}
	w.asked()
	w.drainKey(w.process, thing("base"))
	if got := len(s.bodies); got != 22 {
		t.Errorf("things in Flow = %d, want 22", got)
	}
	s.agrees(t)
}

// TestArrivalAtAnyMoment runs one of the two jobs, by another process, before each step of the other:
// whatever comes first, and also when what is needed arrives between the waiter's first look and its
// second, both are in Flow in the end.
func TestArrivalAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, order := range [][2]string{{"top", "base"}, {"base", "top"}} {
		t.Run(order[1]+" during "+order[0], func(t *testing.T) {
			t.Parallel()
			between := map[string]int{}
			for at, reached := 1, true; reached; at++ {
				w, s := waiting(t)
				second := s.stock(w, w.start())
				first := s.stock(w, w.start())
				first.before = func(step int) error {
					if step == at {
						second.handle(t, w.due(thing(order[1])))
					}
					return nil
				}
				o := first.handle(t, w.due(thing(order[0])))[0]
				between[o.Result]++
				reached = first.steps >= at
				var due []job.Key
				for _, j := range w.enqueued {
					due = append(due, j.Key)
				}
				if !reached { // the other did not run
					due = append(due, thing(order[1]))
				}
				w.asked()
				w.drainKey(w.process, due...)
				s.agrees(t)
				if t.Failed() {
					t.Fatalf("%s before step %d of %s: see above", order[1], at, order[0])
				}
			}
			if order[0] == "top" && (between[job.Pushed] == 0 || between[job.Waiting] == 0) {
				t.Errorf("results of the waiter = %v, want some that saw it arrive and some that did not", between)
			}
		})
	}
}

// TestArrivalSurvives puts the job that others wait for through faults: the waiter is told even when
// the process dies between the write and the telling.
func TestArrivalSurvives(t *testing.T) {
	t.Parallel()
	s := newShelf()
	base := func(*world) { s.things["base"] = reconcile.Thing{Body: reconcile.ThingBody{Name: "base"}} }
	faults{
		start: s.stock, job: thing("base"),
		changes: map[string]change{"arrives": {
			func(w *world) {
				*s = *newShelf()
				s.things["top"] = reconcile.Thing{Body: reconcile.ThingBody{Name: "top"}, Needs: "base"}
				w.handle(w, w.due(thing("top")))
				w.asked()
			}, base, base,
		}},
		agrees: func(w *world) { s.agrees(w) },
	}.test(t)
}

// TestUnchangedProductTellsWhoWaits covers a process that died after it had pushed a product and before
// it could tell who waits for it.
func TestUnchangedProductTellsWhoWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("a"))
	w.pushed("a")
	if err := w.ledger.Await(t.Context(), fjell, "product", "a", "purchase_order/PO-1"); err != nil {
		t.Fatal(err)
	}
	w.want("run", w.run("a"), "done unchanged")
	if got := w.asked(); len(got) != 1 || got[0] != "PO-1" {
		t.Errorf("enqueued = %v, want PO-1", got)
	}
}

// TestSupplierThatIsWaitedForIsNotPutOff checks that a job which another object's event asks for reads
// its own object at once, although that has not changed since.
func TestSupplierThatIsWaitedForIsNotPutOff(t *testing.T) {
	t.Parallel()
	w, s := waiting(t)
	w.handle(t, w.due(thing("top")))
	j := w.enqueued[0]
	suppliers(w, w.process)
	w.omnium.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	supplier := skare()
	supplier.ID = "base"
	w.store("supplier", supplier)
	j.Resource = event.Supplier
	w.want("run of the supplier", w.handle(t, j)[0], "done pushed")
	s.took()
}

// TestAwaitWithoutRedis checks that a job that cannot be noted as waiting is tried again.
func TestAwaitWithoutRedis(t *testing.T) {
	t.Parallel()
	w, _ := waiting(t)
	w.redis.SetError("LOADING")
	w.want("run", w.handle(t, w.due(thing("top")))[0], "failed ledger_unavailable")
	w.redis.SetError("")
	failing := w.start(func(o *reconcile.Options) {
		o.Tenant.Resources = []string{reconcile.KindThing}
		o.Enqueue = func(context.Context, job.Key, job.Lane, job.Cause) error { return errDead }
	})
	s := newShelf()
	s.things["top"] = reconcile.Thing{Needs: "base"}
	s.stock(w, failing)
	w.want("run that cannot ask", failing.handle(t, w.due(thing("top")))[0], "failed ledger_unavailable")
}
