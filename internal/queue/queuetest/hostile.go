package queuetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// hostileTexts are ids that would break a careless encoding.
func hostileTexts() []string {
	return []string{
		"{}", "{x}", "}{", ":", "::", "a:b", " ", "a b", "+", "%7B", "*", "?", "\n", "\x00", "a\x00b",
		"../", "..", "æøå", "漢字", "\xff\xfe", "'; DROP TABLE", "\r\nPING\r\n", "meta", "here}:jobs",
		strings.Repeat("x", 512), strings.Repeat("ø:", 128),
	}
}

func hostileCases() []behaviour {
	return []behaviour{
		{name: "object ids round-trip exactly", check: hostileIDs},
		{name: "tenant ids round-trip exactly", check: hostileTenants},
		{name: "event ids and identities round-trip exactly", check: hostileEvents},
	}
}

// hostileIDs sends every id through every state, all at once, so that two that are mixed up show.
func hostileIDs(f *fixture) {
	for _, id := range hostileTexts() {
		f.wantResult(entry(id, "e"), queue.Accepted)
	}
	n := len(hostileTexts())
	f.wantStats(queue.Stats{Ready: n})
	for _, j := range f.claimHostile(n) {
		held, err := f.q.Extend(f.ctx(), here, []job.Job{j})
		f.ok("Extend", err)
		if !held[0] {
			f.Errorf("Extend(%q) = false, want true", j.ID)
		}
		f.retry(j, 0, false)
	}
	for _, j := range f.claimHostile(n) {
		f.bury(j, "reason "+j.ID, "detail "+j.ID)
	}
	for _, id := range hostileTexts() {
		if d := f.letter(id); d.ID != id || d.Reason != "reason "+id || d.Detail != "detail "+id {
			f.Errorf("DeadLetter(%q) = %+q, want its own id, reason and detail", id, d)
		}
	}
	// Every id is the cursor of a page once.
	if got := f.pages(1, func() {}); len(got) != n {
		f.Errorf("DeadLetters in pages of 1 = %d letters, want %d", len(got), n)
	}
	for _, id := range hostileTexts() {
		f.ok("Replay", f.q.Replay(f.ctx(), here, product(id)))
	}
	for _, j := range f.claimHostile(n) {
		f.ack(j, 0)
	}
	f.wantStats(queue.Stats{})
}

func (f *fixture) claimHostile(n int) []job.Job {
	f.Helper()
	jobs := f.claim(queue.MaxBatch).Jobs
	claimed := map[job.Key]bool{}
	for _, j := range jobs {
		claimed[j.Key] = true
	}
	for _, id := range hostileTexts() {
		if !claimed[product(id)] {
			f.Errorf("Claim lacks %q", id)
		}
	}
	if len(jobs) != n {
		f.Fatalf("Claim = %d jobs, want %d", len(jobs), n)
	}
	return jobs
}

func hostileTenants(f *fixture) {
	var entries []queue.Entry
	for i, id := range hostileTexts() {
		e := entry(fmt.Sprint(i), "e")
		e.Tenant = tenant.ID(id)
		entries = append(entries, e)
	}
	f.send(entries...)
	for i, id := range hostileTexts() {
		t := tenant.ID(id)
		c, err := f.q.Claim(f.ctx(), t, 10)
		f.ok("Claim", err)
		if len(c.Jobs) != 1 || c.Jobs[0].Key != product(fmt.Sprint(i)) || c.Jobs[0].Tenant != t {
			f.Errorf("Claim for tenant %q = %v, want its own job %d", id, keysOf(c.Jobs), i)
			continue
		}
		f.ok("Pause", f.q.Pause(f.ctx(), t))
		f.ack(c.Jobs[0], 0)
	}
	f.wantStats(queue.Stats{})
	f.take("shoe")
}

func hostileEvents(f *fixture) {
	for i, text := range hostileTexts() {
		id := fmt.Sprint(i)
		e := identified(id, text)
		e.Cause = job.Cause{
			EventID: text, Change: event.Batch, Time: time.UnixMilli(-1).UTC(), // before 1970
		}
		f.wantResult(e, queue.Accepted)
		f.wantResult(e, queue.Duplicate)
		j := f.takeDue(id)
		if j.Cause != e.Cause {
			f.Errorf("Cause = %+q, want %+q", j.Cause, e.Cause)
		}
		f.ack(j, 0)
	}
}
