package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func viewCases() []behaviour {
	return []behaviour{
		{name: "a job is shown in every state", check: jobInEveryState},
		{name: "jobs are listed by state", check: jobsByState},
		{name: "jobs come in pages", check: jobsInPages},
		{name: "pages of jobs survive changes", check: jobPagesSurvive},
		{name: "a cursor of jobs that was not given out", check: badJobCursor},
		{name: "hasten ends a backoff", check: hastenEndsBackoff},
		{name: "hasten needs a job that waits", check: hastenNeedsWaiting},
		{name: "many letters are replayed", check: replayMany},
		{name: "many letters are discarded", check: discardMany},
		{name: "a letter that died anew is not discarded", check: discardAnew},
	}
}

// jobs walks through all pages of a state and returns the ids.
func (f *fixture) jobs(state queue.State, limit int, between func()) []string {
	f.Helper()
	var ids []string
	cursor := ""
	for range 1000 {
		page, next, err := f.q.Jobs(f.ctx(), here, state, cursor, limit)
		f.ok(fmt.Sprintf("Jobs(%q, %q, %d)", state, cursor, limit), err)
		if len(page) > limit {
			f.Fatalf("Jobs(%q, limit %d) = %d jobs", state, limit, len(page))
		}
		for _, v := range page {
			ids = append(ids, v.ID)
		}
		if next == "" {
			return ids
		}
		cursor = next
		between()
	}
	f.Fatalf("Jobs(%q) in pages of %d does not end", state, limit)
	return nil
}

func (f *fixture) job(id string) queue.View {
	f.Helper()
	v, err := f.q.Job(f.ctx(), here, product(id))
	f.ok("Job", err)
	return v
}

func jobInEveryState(f *fixture) {
	_, err := f.q.Job(f.ctx(), here, product("shoe"))
	f.wantError("Job of an unknown key", err, queue.ErrNotFound)

	e := entry("shoe", "e 1")
	e.Lane = job.Bulk
	e.Cause.Time = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	f.send(e)
	want := queue.View{
		Key: product("shoe"), State: queue.Ready, Lane: job.Bulk, Generation: 1, Cause: e.Cause,
	}
	f.wantView(want)
	j := f.takeDue("shoe")
	want.State = queue.Leased
	if v := f.wantView(want); v.Due.Before(v.Enqueued.Add(lease)) {
		f.Errorf("Due of a leased job = %v, want the end of its lease", v.Due)
	}
	f.retry(j, time.Hour, false)
	want.State, want.Attempts = queue.Delayed, 1
	f.wantView(want)
	f.advance(time.Hour)
	f.bury(f.takeDue("shoe"), "reason", "detail of it")
	want.State, want.Attempts, want.Lane = queue.Dead, 2, job.Live
	want.Reason, want.Detail = "reason", "detail of it"
	v := f.wantView(want)
	if !v.Due.Equal(f.letter("shoe").DiedAt) || !v.Enqueued.IsZero() {
		f.Errorf("Job of a dead letter = %+v, want due when it died, and no more", v)
	}
}

// wantView compares all but the times, and the job with its place in the list.
func (f *fixture) wantView(want queue.View) queue.View {
	f.Helper()
	got := f.job(want.ID)
	plain := got
	plain.Due, plain.Enqueued = time.Time{}, time.Time{}
	if plain != want {
		f.Errorf("Job = %+v, want %+v", plain, want)
	}
	if got.Due.IsZero() {
		f.Error("Job has no time")
	}
	for _, state := range []queue.State{"", want.State} {
		page, next, err := f.q.Jobs(f.ctx(), here, state, "", 10)
		f.ok("Jobs", err)
		if len(page) != 1 || page[0] != got || next != "" {
			f.Errorf("Jobs(%q) = %+v, %q, want %+v alone", state, page, next, got)
		}
	}
	return got
}

// everyState makes jobs in every state and returns their ids by state, in order.
func (f *fixture) everyState(n int) map[queue.State][]string {
	f.Helper()
	ids := map[queue.State][]string{}
	name := func(state queue.State, i int) string {
		id := fmt.Sprintf("%s %03d", state, i)
		ids[state] = append(ids[state], id)
		return id
	}
	for i := range n {
		f.bury(f.take(name(queue.Dead, i)), "reason", "detail")
	}
	// By time and, in the same millisecond, by name: backwards.
	slices.SortFunc(ids[queue.Dead], func(x, y string) int {
		a, b := f.letter(x), f.letter(y)
		return -min(1, max(-1, a.DiedAt.Compare(b.DiedAt)*2+compareKeys(a.Key, b.Key)))
	})
	for i := range n {
		f.retry(f.take(name(queue.Delayed, i)), time.Hour+time.Duration(i)*time.Minute, false)
	}
	for i := range n {
		f.enqueue(name(queue.Leased, i))
	}
	f.claim(n)
	for i := range n {
		e := entry(name(queue.Ready, i), "e")
		e.Lane = job.Lane(2 * i / n) // the second half is bulk
		f.send(e)
	}
	return ids
}

func jobsByState(f *fixture) {
	ids := f.everyState(6)
	for _, state := range queue.States() {
		for _, limit := range []int{1, 3, 6, 100} {
			if got := f.jobs(state, limit, func() {}); !slices.Equal(got, ids[state]) {
				f.Errorf("Jobs(%q) in pages of %d = %v, want %v", state, limit, got, ids[state])
			}
		}
	}
	// What waits is listed by lane, then by time: the delayed ones are in the live lane.
	want := slices.Concat(ids[queue.Ready][:3], ids[queue.Delayed], ids[queue.Ready][3:],
		ids[queue.Leased], ids[queue.Dead])
	if got := f.jobs("", 5, func() {}); !slices.Equal(got, want) {
		f.Errorf("Jobs of any state = %v, want %v", got, want)
	}
	f.advance(24 * time.Hour)
	if got := f.jobs(queue.Delayed, 5, func() {}); len(got) != 0 {
		f.Errorf("Jobs(delayed) = %v when all are due, want none", got)
	}
}

// jobsInPages has more jobs than one script reads, all due in the same millisecond.
func jobsInPages(f *fixture) {
	const n = 3*queue.MaxBatch + 5
	f.enqueue("first")
	f.retry(f.takeDue("first"), 0, false)
	var entries []queue.Entry
	var want []string
	for i := range n {
		id := fmt.Sprintf("%04d \xff", i)
		want = append(want, id)
		entries = append(entries, entry(id, "e"))
	}
	f.send(entries...)
	for _, limit := range []int{1, 7, queue.MaxBatch, queue.MaxBatch + 1, n, n + 1, 10 * n} {
		got := f.jobs(queue.Ready, limit, func() {})
		slices.Sort(got)
		if !slices.Equal(got, append(slices.Clone(want), "first")) {
			f.Errorf("Jobs in pages of %d = %d jobs, want every one of %d once", limit, len(got), n+1)
		}
	}
}

func jobPagesSurvive(f *fixture) {
	var all []string
	for i := range 20 {
		id := fmt.Sprintf("%03d", i)
		all = append(all, id)
		e := entry(id, "e")
		f.send(e)
	}
	n := 0
	got := f.jobs(queue.Ready, 3, func() {
		n++
		f.ack(f.claim(1).Jobs[0], 0) // one that was listed before
		f.enqueue(fmt.Sprint("new ", n))
	})
	for _, id := range all {
		if c := len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != id })); c != 1 {
			f.Errorf("%s was listed %d times, want once", id, c)
		}
	}
}

func badJobCursor(f *fixture) {
	f.enqueue("shoe")
	for _, cursor := range []string{
		" ", "x", "12", "due x", "due 5", "due (5 a", "nowhere 5 a", "due now ", "99 5 a", "-1 5 a",
	} {
		_, _, err := f.q.Jobs(f.ctx(), here, queue.Ready, cursor, 10)
		f.wantError(fmt.Sprintf("Jobs(cursor %q)", cursor), err, queue.ErrCursor)
	}
	for _, limit := range []int{0, -1} {
		if page, next, err := f.q.Jobs(f.ctx(), here, "", "", limit); len(page) > 0 || next != "" || err != nil {
			f.Errorf("Jobs(limit %d) = %v, %q, %v, want nothing", limit, page, next, err)
		}
	}
}

func hastenEndsBackoff(f *fixture) {
	f.retry(f.take("shoe"), time.Hour, false)
	f.wantNothingDue()
	f.ok("Hasten", f.q.Hasten(f.ctx(), here, product("shoe")))
	f.wantStats(queue.Stats{Ready: 1})
	j := f.takeDue("shoe")
	if j.Attempts != 1 || j.Generation != 1 {
		f.Errorf("Claim = %+v, want the attempt still counted and the generation as it was", j)
	}
	f.retry(j, 0, false)
	f.ok("Hasten of what is due", f.q.Hasten(f.ctx(), here, product("shoe")))
	f.wantStats(queue.Stats{Ready: 1})
}

func hastenNeedsWaiting(f *fixture) {
	hasten := func(what string) {
		f.Helper()
		f.wantError("Hasten of "+what, f.q.Hasten(f.ctx(), here, product("shoe")), queue.ErrNotFound)
	}
	hasten("an unknown job")
	j := f.take("shoe")
	hasten("a leased job")
	f.bury(j, "reason", "detail")
	hasten("a dead letter")
	f.wantStats(queue.Stats{Dead: 1})
}

// letters are all dead letters.
func (f *fixture) letters() []queue.DeadLetter {
	f.Helper()
	all, next, err := f.q.DeadLetters(f.ctx(), here, "", 1000)
	f.ok("DeadLetters", err)
	if next != "" {
		f.Fatalf("DeadLetters has a next page, %q, want all in one", next)
	}
	return all
}

func replayMany(f *fixture) {
	for i := range 5 {
		f.bury(f.take(fmt.Sprint(i)), "reason", "detail")
	}
	all := f.letters()
	f.ok("Discard", f.q.Discard(f.ctx(), here, all[0].Key))
	for _, want := range []int{4, 0} {
		if n, err := f.q.ReplayAll(f.ctx(), here, all); n != want || err != nil {
			f.Errorf("ReplayAll = %d, %v, want %d", n, err, want)
		}
	}
	f.wantStats(queue.Stats{Ready: 4})
	if n, err := f.q.ReplayAll(f.ctx(), here, nil); n != 0 || err != nil {
		f.Errorf("ReplayAll of none = %d, %v, want 0", n, err)
	}
}

func discardMany(f *fixture) {
	for i := range 5 {
		f.bury(f.take(fmt.Sprint(i)), "reason", "detail")
	}
	all := f.letters()
	f.ok("Replay", f.q.Replay(f.ctx(), here, all[0].Key))
	for _, want := range []int{4, 0} {
		if n, err := f.q.DiscardAll(f.ctx(), here, all); n != want || err != nil {
			f.Errorf("DiscardAll = %d, %v, want %d", n, err, want)
		}
	}
	f.wantStats(queue.Stats{Ready: 1})
}

func discardAnew(f *fixture) {
	f.bury(f.take("shoe"), "reason", "detail")
	old := f.letters()
	f.ok("Replay", f.q.Replay(f.ctx(), here, product("shoe")))
	f.advance(time.Second)
	f.bury(f.takeDue("shoe"), "another reason", "detail")
	if n, err := f.q.DiscardAll(f.ctx(), here, old); n != 0 || err != nil {
		f.Errorf("DiscardAll of a letter that died anew = %d, %v, want 0", n, err)
	}
	f.wantStats(queue.Stats{Dead: 1})
}
