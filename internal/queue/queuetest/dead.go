package queuetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func deadCases() []behaviour {
	return append([]behaviour{
		{name: "bury keeps every field", check: buryKeeps},
		{name: "bury cuts a long detail", check: buryCuts},
		{name: "bury after a new event makes it due at once", check: buryChanged},
		{name: "an event revives with a clean slate", check: eventRevives},
		{name: "a duplicate does not revive", check: duplicateDoesNotRevive},
		{name: "replay starts anew", check: replay},
		{name: "discard forgets", check: discard},
		{name: "what is not dead is not found", check: notFound},
		{
			name: "retention", opts: queue.Options{DeadLetterRetention: 24 * time.Hour},
			check: retention,
		},
	}, pageCases()...)
}

func buryKeeps(f *fixture) {
	allBytes := make([]byte, 256)
	for i := range allBytes {
		allBytes[i] = byte(i)
	}
	for i, text := range []string{
		"", " ", "plain", "two\nlines\n", "nul\x00nul", "æøå 漢字", "12 34 5 ", "%d %s", string(allBytes),
	} {
		id := fmt.Sprint(i)
		sent := entry(id, "event "+text)
		sent.Cause.Change = event.Deleted
		sent.Cause.Time = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
		f.send(sent)
		f.retry(f.takeDue(id), 0, false)
		before := time.Now()
		if f.bury(f.takeDue(id), "reason"+text, text) {
			f.Error("Bury = true, want false: no event came meanwhile")
		}
		got := f.letter(id)
		f.wantAbout("DiedAt after the burial", got.DiedAt.Sub(before), 0)
		want := queue.DeadLetter{
			Key: product(id), Reason: "reason" + text, Detail: text, Attempts: 2,
			DiedAt: got.DiedAt, Cause: sent.Cause,
		}
		if got != want {
			f.Errorf("DeadLetter = %+q, want %+q", got, want)
		}
		if i == 0 {
			f.wantStats(queue.Stats{Dead: 1})
		}
	}
}

func buryCuts(f *fixture) {
	detail := strings.Repeat("0123456789", 1000)
	f.bury(f.take("shoe"), "reason", detail)
	if got := f.letter("shoe").Detail; got != detail[:4096] {
		f.Errorf("Detail has %d bytes, want the first 4096", len(got))
	}
}

func buryChanged(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	j := f.takeDue("shoe")
	f.enqueue("shoe")
	if !f.bury(j, "reason", "detail") {
		f.Error("Bury = false, want true: an event came meanwhile")
	}
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.takeDue("shoe"); j.Attempts != 0 || j.Generation != 2 {
		f.Errorf("Claim = %+v, want no attempts, generation 2", j)
	}
}

func eventRevives(f *fixture) {
	dead := f.take("shoe")
	f.bury(dead, "reason", "detail")
	newer := entry("shoe", "newer")
	f.wantResult(newer, queue.Accepted)
	f.wantStats(queue.Stats{Ready: 1})
	j := f.takeDue("shoe")
	if j.Attempts != 0 || j.Crashes != 0 || j.Generation <= dead.Generation || j.Cause != newer.Cause {
		f.Errorf("Claim = %+v, want nothing counted, a generation above %d, cause %+v",
			j, dead.Generation, newer.Cause)
	}
	_, err := f.q.DeadLetter(f.ctx(), here, product("shoe"))
	f.wantError("DeadLetter of a revived job", err, queue.ErrNotFound)
}

func duplicateDoesNotRevive(f *fixture) {
	f.wantResult(identified("shoe", "e1"), queue.Accepted)
	f.bury(f.takeDue("shoe"), "reason", "detail")
	f.wantResult(identified("shoe", "e1"), queue.Duplicate)
	f.wantStats(queue.Stats{Dead: 1})
}

func replay(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	dead := f.takeDue("shoe")
	f.bury(dead, "reason", "detail with\nlines")
	f.ok("Replay", f.q.Replay(f.ctx(), here, dead.Key))
	f.wantStats(queue.Stats{Ready: 1})
	f.wantError("second Replay", f.q.Replay(f.ctx(), here, dead.Key), queue.ErrNotFound)
	j := f.takeDue("shoe")
	if j.Attempts != 0 || j.Crashes != 0 || j.Generation <= dead.Generation || j.Cause != dead.Cause {
		f.Errorf("Claim = %+v, want nothing counted, a generation above %d, cause %+v",
			j, dead.Generation, dead.Cause)
	}
	f.ack(j, 0)
	f.wantStats(queue.Stats{})
}

func discard(f *fixture) {
	f.bury(f.take("shoe"), "reason", "detail")
	f.bury(f.take("boot"), "reason", "detail")
	f.ok("Discard", f.q.Discard(f.ctx(), here, product("shoe")))
	f.wantStats(queue.Stats{Dead: 1})
	f.wantError("second Discard", f.q.Discard(f.ctx(), here, product("shoe")), queue.ErrNotFound)
	f.wantNothingDue()
	f.wantResult(entry("shoe", "newer"), queue.Accepted)
}

func notFound(f *fixture) {
	f.enqueue("waiting")
	for _, key := range []job.Key{product("waiting"), product("unknown"), {}} {
		_, err := f.q.DeadLetter(f.ctx(), here, key)
		f.wantError(fmt.Sprintf("DeadLetter(%s)", key), err, queue.ErrNotFound)
		f.wantError(fmt.Sprintf("Replay(%s)", key), f.q.Replay(f.ctx(), here, key), queue.ErrNotFound)
		f.wantError(fmt.Sprintf("Discard(%s)", key), f.q.Discard(f.ctx(), here, key), queue.ErrNotFound)
	}
	f.wantStats(queue.Stats{Ready: 1})
}

func retention(f *fixture) {
	for _, id := range []string{"oldest", "old", "young"} {
		f.bury(f.take(id), "reason", "detail")
		f.advance(12 * time.Hour)
	}
	for _, want := range []int{2, 0} {
		got, err := f.q.ExpireDeadLetters(f.ctx(), here)
		f.ok("ExpireDeadLetters", err)
		if got != want {
			f.Errorf("ExpireDeadLetters = %d, want %d", got, want)
		}
	}
	letters, _ := f.page("", 10)
	if !slices.Equal(letters, []string{"young"}) {
		f.Errorf("DeadLetters = %v, want [young]", letters)
	}
}
