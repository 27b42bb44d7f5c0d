package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// storeChanges are states of os-lo and its warehouse in which a run that forgets something is found
// out; see changes.
func storeChanges() map[string]change {
	full := func(w *world) { w.putStores(oslo(), vestby()) }
	with := func(edit func(*omnium.Store)) func(*world) {
		return func(w *world) { w.putStores(edited(oslo(), edit), vestby()) }
	}
	renamed := with(func(s *omnium.Store) { s.Name = "Oslo S" })
	fields := with(func(s *omnium.Store) { s.Email, s.Latitude, s.MondayOpeningHours, s.PhoneNumber = "", "", nil, "22" })
	company := with(func(s *omnium.Store) { s.OrganizationalNumber = "111" })
	moved := with(func(s *omnium.Store) { s.AvailableWarehouses[0].Priority = 3 })
	none := with(func(s *omnium.Store) { s.AvailableWarehouses, s.IsWarehouse = nil, false })
	abroad := with(func(s *omnium.Store) { s.AvailableOnMarkets = []string{"SWE"} })
	demoted := with(func(s *omnium.Store) { s.IsPrimaryStore = false })
	warehouse := func(w *world) {
		w.putStores(oslo(), edited(vestby(), func(s *omnium.Store) { s.Name = "Vestby N" }))
	}
	gone := func(w *world) {
		w.putStores(vestby())
		w.omnium.Remove(omniumtest.Stores, "os-lo")
	}
	lost := func(w *world) {
		w.loseStores()
		renamed(w)
	}
	return map[string]change{
		"first push":                     {nil, full, full},
		"first push, then renamed":       {nil, full, renamed},
		"first push, then deleted":       {nil, full, gone},
		"first push, then leaves market": {nil, full, abroad},
		"first push, then no warehouses": {nil, full, none},
		"name and back":                  {full, renamed, full},
		"fields and back":                {full, fields, full},
		"company and back":               {full, company, full},
		"priority and back":              {full, moved, full},
		"no warehouses and back":         {full, none, full},
		"warehouse and back":             {full, warehouse, full},
		"leaves market and back":         {full, abroad, full},
		"demoted and back":               {full, demoted, full},
		"deleted and back":               {full, gone, full},
		"lost by Flow":                   {full, lost, renamed},
	}
}

// TestStoreRunDies ends the process before any of its steps; see TestDiesBetweenAnyTwoSteps.
func TestStoreRunDies(t *testing.T) {
	t.Parallel()
	for name, c := range storeChanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				died = c.storeSurvives(t, at)
			}
		})
	}
}

// TestStoreRunFails makes one request to Flow fail, or lose its reply.
func TestStoreRunFails(t *testing.T) {
	t.Parallel()
	for name, c := range storeChanges() {
		faults := map[string]flowtest.Fault{"lost reply": {LoseReply: true}}
		if c.before == nil { // else it is the same as the end of a process before the request
			faults["500"] = flowtest.Fault{Status: 500}
		}
		for what, fault := range faults {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := 1, true; failed; at++ {
					failed = c.storeCompletes(t, fmt.Sprintf("%s at request %d", what, at), fault, at)
				}
			})
		}
	}
}

// inStores brings a world to the moment before the run that goes wrong.
func (c change) inStores(t *testing.T) *world {
	t.Helper()
	w := newStoreWorld(t)
	w.be(c.before)
	w.drainStores(w.process, "os-lo", "vestby")
	w.be(c.during)
	return w
}

// storeSurvives reports whether the run had a step number at.
func (c change) storeSurvives(t *testing.T, at int) bool {
	t.Helper()
	call := fmt.Sprintf("dies before step %d", at)
	w := c.inStores(t)
	dying := w.startStores()
	dying.dieAt(at)
	o := dying.handle(t, w.storeEvent("os-lo", event.Changed))[0]
	died := dying.steps >= at
	if died && o.Verdict != job.Failed && o.Verdict != job.Done {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.be(c.after)
	w.finishStores(call, w.startStores())
	return died
}

// storeCompletes reports whether the run made a request number at.
func (c change) storeCompletes(t *testing.T, call string, fault flowtest.Fault, at int) bool {
	t.Helper()
	w := c.inStores(t)
	from := w.flow.Requests()
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Seq == from+int64(at) {
			return fault
		}
		return flowtest.Fault{}
	})
	o := w.runStore("os-lo")
	failed := w.flow.Requests() >= from+int64(at)
	if failed && o.Verdict != job.Failed {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.flow.SetFault(nil)
	w.be(c.after)
	w.finishStores(call, w.process)
	return failed
}

// finishStores runs the jobs until they are done and compares; a further run must find nothing to do.
func (w *world) finishStores(call string, p *process) {
	w.Helper()
	last := w.drainStores(p, "os-lo", "vestby")
	if o := last["os-lo"]; o.Verdict != job.Done {
		w.Errorf("%s: next run = %s, want done", call, show(o))
	}
	if err := w.storesDisagree(false); err != nil {
		w.Errorf("%s: Flow is not what Omnium says: %v", call, err)
	}
	before := w.calls()
	w.drainStores(p, "os-lo", "vestby")
	if got := w.ops(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
}
