package queue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
)

// TestFullRedisIsDrained: when Redis refuses to grow, events are refused, but workers go on and so
// make room.
func TestFullRedisIsDrained(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	q := newQueue(t, rdb, queue.Options{Lease: 15 * time.Second})
	ctx := t.Context()
	var entries []queue.Entry
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		entries = append(entries, product("t", id))
	}
	mustEnqueue(t, q, entries...)
	if _, err := q.Bury(ctx, mustClaim(t, q, "t", 1)[0], "reason", "detail"); err != nil {
		t.Fatalf("Bury = %v, want nil", err)
	}
	limit := func(max string) {
		t.Helper()
		if err := rdb.ConfigSet(ctx, "maxmemory", max).Err(); err != nil {
			t.Fatalf("ConfigSet = %v, want nil", err)
		}
	}
	// The clock's mark is older than a second, and so each script would like to move it.
	age := func() {
		t.Helper()
		limit("0")
		clockOf(t, rdb)(2 * time.Second)
		limit("1")
	}
	age()
	refused := product("t", "8")
	refused.Dedupe = "e8"
	if got, err := q.Enqueue(ctx, []queue.Entry{refused}); err == nil || got[0] != "" ||
		!strings.Contains(err.Error(), "OOM") {
		t.Errorf("Enqueue = %v, %v, want an OOM error", got, err)
	}
	age()
	jobs := mustClaim(t, q, "t", 6)
	if len(jobs) != 6 {
		t.Fatalf("Claim = %d jobs, want 6", len(jobs))
	}
	for _, verb := range []struct {
		name string
		call func() error
	}{
		{"extend", func() error { _, err := q.Extend(ctx, "t", jobs); return err }},
		{"ack", func() error { _, err := q.Ack(ctx, jobs[0], 0); return err }},
		{"again", func() error { _, err := q.Ack(ctx, jobs[1], time.Hour); return err }},
		{"retry", func() error { _, err := q.Retry(ctx, jobs[2], time.Hour, false); return err }},
		{"release", func() error { return q.Release(ctx, jobs[3], time.Hour) }},
		{"bury", func() error { _, err := q.Bury(ctx, jobs[4], "reason", "detail"); return err }},
		{"expire", func() error { _, err := q.ExpireDeadLetters(ctx, "t"); return err }},
		{"stats", func() error { _, err := q.Stats(ctx, "t"); return err }},
		{"replay", func() error { return q.Replay(ctx, "t", jobs[4].Key) }},
		{"reap", func() error { _, err := q.Reap(ctx, "t"); return err }},
	} {
		age()
		if err := verb.call(); err != nil {
			t.Errorf("%s in a full Redis = %v, want nil", verb.name, err)
		}
	}
	s, err := q.Stats(ctx, "t")
	s.Oldest = 0
	if want := (queue.Stats{Ready: 2, Delayed: 3, Dead: 1}); err != nil || s != want {
		t.Errorf("Stats = %+v, %v, want %+v", s, err, want)
	}
	limit("0")
	if got := mustEnqueue(t, q, refused); got[0] != queue.Accepted {
		t.Errorf("Enqueue of the refused entry = %v, want %s", got, queue.Accepted)
	}
}

// TestOutage: a dead server is an error for every entry, reported once, and a restarted one knows
// all that was accepted.
func TestOutage(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.FsyncAlways())
	q := newQueue(t, server.Client(), queue.Options{Lease: time.Hour})
	entries := []queue.Entry{product("a", "1"), product("b", "1")}
	for i := range entries {
		entries[i].Dedupe = "e1"
	}
	mustEnqueue(t, q, entries...)
	leased := mustClaim(t, q, "a", 1)[0]

	server.Kill()
	got, err := q.Enqueue(t.Context(), entries)
	if err == nil || got[0] != "" || got[1] != "" {
		t.Errorf("Enqueue without a server = %q, %v, want two empty results and an error", got, err)
	}
	if _, err := q.Claim(t.Context(), "b", 1); err == nil {
		t.Error("Claim without a server = nil, want an error")
	}
	if _, err := q.Ack(t.Context(), leased, 0); err == nil || errors.Is(err, queue.ErrLeaseLost) {
		t.Errorf("Ack without a server = %v, want an error other than %v", err, queue.ErrLeaseLost)
	}

	server.Restart()
	for _, r := range mustEnqueue(t, q, entries...) {
		if r != queue.Duplicate {
			t.Errorf("Enqueue after the restart = %s, want %s", r, queue.Duplicate)
		}
	}
	if jobs := mustClaim(t, q, "b", 1); len(jobs) != 1 {
		t.Errorf("Claim after the restart = %v, want the job", jobs)
	}
	if _, err := q.Ack(t.Context(), leased, 0); err != nil {
		t.Errorf("Ack after the restart = %v, want nil", err)
	}
}
