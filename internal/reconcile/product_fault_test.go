package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// change is what the product looks like when a run goes wrong. Omnium says before when the product
// was pushed for the first time ("" when it never was), during when the run goes wrong, and after
// when the next one comes.
type change struct{ before, during, after func(*world) }

// changes are pairs and triples of states in which a run that forgets something is found out: what
// comes after is often what the ledger remembers from before.
func changes() map[string]change {
	full := func(w *world) { w.put(boot()) }
	patched := func(change func(*omnium.Product)) func(*world) {
		return func(w *world) {
			p := boot()
			change(&p)
			w.put(p)
		}
	}
	renamed := patched(func(p *omnium.Product) { p.Variants[1].Name = "Other" })
	texts := patched(func(p *omnium.Product) {
		p.Properties = []omnium.Property{{Key: "Sole", Value: "Wood"}, {Key: "Lace", Value: "Long"}}
	})
	textless := patched(func(p *omnium.Product) { p.Properties = nil })
	images := patched(func(p *omnium.Product) { p.Assets = append(p.Assets, image("side")) })
	third := patched(func(p *omnium.Product) { p.Variants = append(p.Variants, variant("boot-43", "Boot 43")) })
	branded := patched(func(p *omnium.Product) { p.Brand, p.Cost = "", "12" })
	fewer := patched(func(p *omnium.Product) { p.Variants = p.Variants[:1] })
	soft := patched(func(p *omnium.Product) { p.Status, p.IsActive = omnium.StatusDeleted, false })
	abroad := patched(func(p *omnium.Product) { p.MarketIDs = []string{"SWE"} })
	hard := func(w *world) { w.omnium.HardDelete("boot") }
	return map[string]change{
		"first push":                     {nil, full, full},
		"first push, then hard delete":   {nil, full, hard},
		"first push, then soft delete":   {nil, full, soft},
		"first push, then leaves market": {nil, full, abroad},
		"first push, then fewer":         {nil, full, fewer},
		"first push, then no texts":      {nil, full, textless},
		"name":                           {full, renamed, renamed},
		"name and back":                  {full, renamed, full},
		"texts":                          {full, texts, texts},
		"texts and back":                 {full, texts, full},
		"texts, then none":               {full, texts, textless},
		"texts gone and back":            {full, textless, full},
		"image":                          {full, images, images},
		"third variant":                  {full, third, third},
		"third variant and back":         {full, third, full},
		"fields":                         {full, branded, branded},
		"fields and back":                {full, branded, full},
		"first push, then other fields":  {nil, full, branded},
		"fewer":                          {full, fewer, fewer},
		"fewer and back":                 {full, fewer, full},
		"soft delete":                    {full, soft, soft},
		"soft delete and back":           {full, soft, full},
		"soft delete, then hard delete":  {full, soft, hard},
		"leaves market and back":         {full, abroad, full},
		"hard delete":                    {full, hard, hard},
		"hard delete and back":           {full, hard, full},
		"back from soft delete and gone": {soft, full, soft},
	}
}

func (w *world) be(state func(*world)) {
	if state != nil {
		state(w)
	}
}

// TestDiesBetweenAnyTwoSteps ends the process before any of its steps, which are commands to Redis,
// requests to Flow and jobs that are asked for. Another process then finds Flow and the ledger as
// they are, and makes Flow agree with what Omnium says by then.
func TestDiesBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, c := range changes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				died = c.survives(t, at)
			}
		})
	}
}

// TestFlowFailsAtAnyCall makes one request to Flow fail, or lose its reply. The run fails as one
// that is tried again, and the next run of the same process completes.
func TestFlowFailsAtAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range changes() {
		faults := map[string]flowtest.Fault{"lost reply": {LoseReply: true}}
		if c.before == nil { // else it is the same as the end of a process before the request
			faults["500"] = flowtest.Fault{Status: 500}
		}
		for what, fault := range faults {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := 1, true; failed; at++ {
					failed = c.completes(t, fmt.Sprintf("%s at request %d", what, at), fault, at)
				}
			})
		}
	}
}

// survives reports whether the run had a step number at.
func (c change) survives(t *testing.T, at int) bool {
	t.Helper()
	call := fmt.Sprintf("dies before step %d", at)
	w := newWorld(t)
	w.be(c.before)
	w.drain(w.process, "boot")
	w.be(c.during)
	dying := w.start()
	dying.dieAt(at)
	o := dying.handle(t, w.changed("boot"))[0]
	died := dying.steps >= at
	if died && o.Verdict != job.Failed && o.Verdict != job.Done {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.be(c.after)
	w.finish(call, w.start())
	return died
}

// completes reports whether the run made a request number at.
func (c change) completes(t *testing.T, call string, fault flowtest.Fault, at int) bool {
	t.Helper()
	w := newWorld(t)
	w.be(c.before)
	w.drain(w.process, "boot")
	w.be(c.during)
	from := w.flow.Requests()
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Seq == from+int64(at) {
			return fault
		}
		return flowtest.Fault{}
	})
	o := w.run("boot")
	failed := w.flow.Requests() >= from+int64(at)
	if failed && o.Verdict != job.Failed {
		t.Errorf("%s: run = %s, want failed", call, show(o))
	}
	w.flow.SetFault(nil)
	w.be(c.after)
	w.finish(call, w.process)
	return failed
}

// finish runs the job until it is done and compares; a further run must find nothing to do.
func (w *world) finish(call string, p *process) {
	w.Helper()
	w.asked()
	last := w.drain(p, "boot")
	if o := last["boot"]; o.Verdict != job.Done {
		w.Errorf("%s: next run = %s, want done", call, show(o))
	}
	if err := w.disagreement(); err != nil {
		w.Errorf("%s: Flow is not what Omnium says: %v", call, err)
	}
	before := w.calls()
	w.drain(p, "boot")
	if got := w.ops(before); got != "" {
		w.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
	if got := w.flow.Overlaps(); len(got) > 0 {
		w.Errorf("%s: overlapping writes %v, want none", call, got)
	}
}

// TestRedisAway makes Redis refuse everything.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(boot())
	w.redis.SetError("LOADING Redis is loading the dataset in memory")
	w.want("run without Redis", w.run("boot"), "failed ledger_unavailable")
	w.want("run of an id that is gone", w.handle(t, w.event("gone", "deleted"))[0], "failed ledger_unavailable")
	w.want("run of an alias", w.run("boot-41"), "failed ledger_unavailable")
	if w.calls() != 0 {
		t.Errorf("requests to Flow without Redis = %d, want none", w.calls())
	}
	w.redis.SetError("")
	w.pushed("boot")
	w.agrees()
}
