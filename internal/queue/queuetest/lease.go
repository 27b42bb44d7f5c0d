package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func leaseCases() []behaviour {
	cases := []behaviour{
		{name: "a lease that runs is not reaped", check: runningLease},
		{name: "a lease that ran out counts a crash", check: crashCounts},
		{name: "extending keeps the lease", check: extendKeeps},
		{name: "extending reports each job", check: extendReports},
		{name: "extending more than one batch", check: extendMany},
		{name: "settling is possible until the lease is reaped", check: settleBeforeReap},
		{
			name: "too many crashes bury as poison", opts: queue.Options{MaxCrashes: 3},
			check: poison,
		},
		{name: "reaping takes one batch", check: reapBatch},
	}
	for _, v := range lateVerbs() {
		cases = append(cases,
			behaviour{name: "late " + v.name + " after reap", check: v.afterReap},
			behaviour{name: "late " + v.name + " after another claim", check: v.afterClaim})
	}
	return cases
}

func runningLease(f *fixture) {
	f.take("shoe")
	f.advance(lease - time.Minute)
	if r := f.reap(); len(r.Returned)+len(r.Buried) != 0 {
		f.Errorf("Reap = %+v, want nothing", r)
	}
	f.wantStats(queue.Stats{Leased: 1})
}

func crashCounts(f *fixture) {
	first := f.take("shoe")
	f.advance(lease)
	r := f.reap()
	if !slices.Equal(r.Returned, []job.Key{product("shoe")}) || len(r.Buried) != 0 {
		f.Errorf("Reap = %+v, want %s returned", r, product("shoe"))
	}
	f.wantStats(queue.Stats{Ready: 1})
	second := f.takeDue("shoe")
	if second.Crashes != 1 || second.Attempts != 0 || second.Token <= first.Token {
		f.Errorf("Claim after a crash = %+v, want 1 crash, 0 attempts, a token above %d",
			second, first.Token)
	}
	if !second.Enqueued.Equal(first.Enqueued) {
		f.Errorf("Enqueued = %v, want %v as before the crash", second.Enqueued, first.Enqueued)
	}
}

func extendKeeps(f *fixture) {
	j := f.take("shoe")
	for range 3 {
		f.advance(lease - time.Minute)
		held, err := f.q.Extend(f.ctx(), here, []job.Job{j})
		f.ok("Extend", err)
		if !slices.Equal(held, []bool{true}) {
			f.Fatalf("Extend = %v, want [true]", held)
		}
	}
	f.advance(lease - time.Minute)
	if r := f.reap(); len(r.Returned) != 0 {
		f.Errorf("Reap = %+v, want nothing", r)
	}
	f.ack(j, 0)
}

func extendReports(f *fixture) {
	held, done, stale := f.take("held"), f.take("done"), f.take("stale")
	f.ack(done, 0)
	stale.Token++
	waiting := job.Job{Tenant: here, Key: product("waiting")}
	f.enqueue("waiting")
	got, err := f.q.Extend(f.ctx(), here, []job.Job{done, held, stale, waiting})
	f.ok("Extend", err)
	if want := []bool{false, true, false, false}; !slices.Equal(got, want) {
		f.Errorf("Extend(done, held, wrong token, waiting) = %v, want %v", got, want)
	}
	if got, err := f.q.Extend(f.ctx(), here, nil); err != nil || len(got) != 0 {
		f.Errorf("Extend of nothing = %v, %v, want nothing, nil", got, err)
	}
}

func extendMany(f *fixture) {
	const n = queue.MaxBatch + 10
	var entries []queue.Entry
	for i := range n {
		entries = append(entries, entry(fmt.Sprint(i), "e"))
	}
	f.send(entries...)
	jobs := append(f.claim(n).Jobs, f.claim(n).Jobs...)
	f.ack(jobs[n-1], 0)
	held, err := f.q.Extend(f.ctx(), here, jobs)
	f.ok("Extend", err)
	if len(held) != n || held[n-1] || slices.Contains(held[:n-1], false) {
		f.Errorf("Extend of %d jobs = %v, want all true but the last", n, held)
	}
}

func settleBeforeReap(f *fixture) {
	j := f.take("shoe")
	f.advance(2 * lease)
	f.ack(j, 0)
	f.wantStats(queue.Stats{})
	if r := f.reap(); len(r.Returned) != 0 {
		f.Errorf("Reap = %+v, want nothing", r)
	}
}

func poison(f *fixture) {
	f.enqueue("shoe")
	for crashes := range 3 {
		if j := f.takeDue("shoe"); j.Crashes != crashes {
			f.Errorf("Crashes = %d, want %d", j.Crashes, crashes)
		}
		f.advance(lease)
		r := f.reap()
		if last := crashes == 2; last != (len(r.Buried) == 1) || last == (len(r.Returned) == 1) {
			f.Fatalf("Reap after crash %d = %+v, want burial at the third", crashes+1, r)
		}
	}
	f.wantStats(queue.Stats{Dead: 1})
	d := f.letter("shoe")
	if d.Reason != queue.ReasonPoison || d.Detail == "" || d.Attempts != 0 ||
		d.Cause != entry("shoe", "event of shoe").Cause {
		f.Errorf("DeadLetter = %+v, want reason %s, a detail, no attempts, the cause",
			d, queue.ReasonPoison)
	}
}

func reapBatch(f *fixture) {
	const n = queue.MaxBatch + 3
	var entries []queue.Entry
	for i := range n {
		entries = append(entries, entry(fmt.Sprint(i), "e"))
	}
	f.send(entries...)
	f.claim(n)
	f.claim(n)
	f.advance(lease)
	for _, want := range []int{queue.MaxBatch, 3, 0} {
		if got := len(f.reap().Returned); got != want {
			f.Errorf("Reap returned %d jobs, want %d", got, want)
		}
	}
	f.wantStats(queue.Stats{Ready: n})
}

// lateVerb is a verb used with a lease that was lost.
type lateVerb struct {
	name string
	call func(f *fixture, j job.Job) error
}

func lateVerbs() []lateVerb {
	return []lateVerb{
		{"ack", func(f *fixture, j job.Job) error {
			_, err := f.q.Ack(f.ctx(), j, 0)
			return err
		}},
		{"ack with again", func(f *fixture, j job.Job) error {
			_, err := f.q.Ack(f.ctx(), j, time.Hour)
			return err
		}},
		{"retry", func(f *fixture, j job.Job) error {
			_, err := f.q.Retry(f.ctx(), j, time.Hour, true)
			return err
		}},
		{"release", func(f *fixture, j job.Job) error {
			return f.q.Release(f.ctx(), j, time.Hour)
		}},
		{"bury", func(f *fixture, j job.Job) error {
			_, err := f.q.Bury(f.ctx(), j, "reason", "detail")
			return err
		}},
		{"extend", func(f *fixture, j job.Job) error {
			held, err := f.q.Extend(f.ctx(), here, []job.Job{j})
			if err == nil && !held[0] {
				return queue.ErrLeaseLost
			}
			return err
		}},
	}
}

func (v lateVerb) afterReap(f *fixture) {
	late := f.take("shoe")
	f.advance(lease)
	f.reap()
	f.wantError("late "+v.name, v.call(f, late), queue.ErrLeaseLost)
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.takeDue("shoe"); j.Attempts != 0 || j.Crashes != 1 {
		f.Errorf("Claim after late %s = %+v, want 0 attempts, 1 crash", v.name, j)
	}
}

func (v lateVerb) afterClaim(f *fixture) {
	late := f.take("shoe")
	f.advance(lease)
	f.reap()
	holder := f.takeDue("shoe")
	f.advance(lease - time.Minute)
	f.wantError("late "+v.name, v.call(f, late), queue.ErrLeaseLost)
	f.wantStats(queue.Stats{Leased: 1})
	f.advance(time.Minute)
	// A late extension must not have prolonged the holder's lease.
	if got := f.reap().Returned; !slices.Equal(got, []job.Key{holder.Key}) {
		f.Errorf("Reap = %v, want the holder's lease to end in time", got)
	}
}
