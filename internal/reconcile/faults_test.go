package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/job"
)

// faults is what a handler is put through: for every change, and for every step of the run that the
// change causes, the process ends before the step, or the step happens and its reply is lost. Whatever Omnium says by then, further runs make Flow agree, and then find nothing to do.
type faults struct {
	// start makes a process work on the resource.
	start func(*world, *process) *process
	// job is the job that a change makes due.
	job     job.Key
	changes map[string]change
	// agrees fails the test unless Flow is what Omnium says.
	agrees func(*world)
	// quiet, when not nil, returns what was written outside Flow since agrees.
	quiet func() []string
}

func (f faults) test(t *testing.T) {
	t.Helper()
	for name, c := range f.changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				died = f.dies(t, c, at)
			}
			for at, failed := 1, true; failed; at++ {
				failed = f.loses(t, c, at)
			}
		})
	}
}

// begin returns a world in which Flow agrees with what Omnium said before.
func (f faults) begin(t *testing.T, c change) *world {
	t.Helper()
	w := newWorld(t)
	f.start(w, w.process)
	w.be(c.before)
	w.drainKey(w.process, f.job)
	w.be(c.during)
	return w
}

// dies reports whether the run had a step number at.
func (f faults) dies(t *testing.T, c change, at int) bool {
	t.Helper()
	w := f.begin(t, c)
	dying := f.start(w, w.start())
	dying.dieAt(at)
	o := dying.handle(t, w.due(f.job))[0]
	if dying.steps < at {
		return false
	}
	if o.Verdict != job.Failed && o.Verdict != job.Done {
		t.Errorf("dies before step %d: run = %s, want failed", at, show(o))
	}
	w.be(c.after)
	f.finish(w, fmt.Sprintf("dies before step %d", at), f.start(w, w.start()))
	return true
}

// loses reports whether the run had a step number at.
func (f faults) loses(t *testing.T, c change, at int) bool {
	t.Helper()
	w := f.begin(t, c)
	losing := f.start(w, w.start())
	losing.lose = at
	o := losing.handle(t, w.due(f.job))[0]
	if losing.steps < at {
		return false
	}
	if o.Verdict != job.Failed && o.Verdict != job.Done { // what go-redis says to a new connection may be lost
		t.Errorf("loses the reply to step %d: run = %s, want failed", at, show(o))
	}
	w.be(c.after)
	f.finish(w, fmt.Sprintf("loses the reply to step %d", at), losing)
	return true
}

// finish runs the job, and what it asks for, until nothing is due.
func (f faults) finish(w *world, call string, p *process) {
	w.Helper()
	if o := w.drainKey(p, f.job)[f.job]; o.Verdict != job.Done {
		w.Errorf("%s: next run = %s, want done", call, show(o))
	}
	f.agrees(w)
	before := w.calls()
	w.drainKey(p, f.job)
	if got := w.ops(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
	if f.quiet != nil {
		if got := f.quiet(); len(got) > 0 {
			w.Errorf("%s: writes of a further run = %v, want none", call, got)
		}
	}
	if w.Failed() {
		w.Fatalf("%s: see above", call)
	}
}

// due is the job of a key whose event is of now.
func (w *world) due(key job.Key) job.Job { return of(key.Resource, w.changed(key.ID)) }
