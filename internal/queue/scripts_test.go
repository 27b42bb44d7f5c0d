package queue_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

func product(t tenant.ID, id string) queue.Entry {
	return queue.Entry{
		Tenant: t, Key: job.Key{Resource: event.Product, ID: id},
		Cause: job.Cause{EventID: "event of " + id, Change: event.Changed},
	}
}

func mustEnqueue(t *testing.T, q *queue.Queue, entries ...queue.Entry) []queue.Result {
	t.Helper()
	results, err := q.Enqueue(t.Context(), entries)
	if err != nil {
		t.Fatalf("Enqueue = %v, want nil", err)
	}
	return results
}

func mustClaim(t *testing.T, q *queue.Queue, tn tenant.ID, n int) []job.Job {
	t.Helper()
	c, err := q.Claim(t.Context(), tn, n)
	if err != nil {
		t.Fatalf("Claim(%s, %d) = %v, want nil", tn, n, err)
	}
	return c.Jobs
}

// TestScriptHeaders: who reads a script sees its contract first.
func TestScriptHeaders(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("lua/*.lua")
	if err != nil || len(files) < 10 {
		t.Fatalf("Glob = %v, %v, want the scripts", files, err)
	}
	for _, file := range files {
		if filepath.Base(file) == "prelude.lua" {
			continue
		}
		source, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatalf("ReadFile = %v, want nil", err)
		}
		header, _, _ := strings.Cut(string(source), "\n\n")
		lines := strings.Split(header, "\n")
		for _, line := range lines {
			if !strings.HasPrefix(line, "--") {
				t.Errorf("%s: the header holds %q, want comments alone", file, line)
			}
		}
		if !strings.HasSuffix(lines[0], ".") && !strings.HasSuffix(lines[0], ",") &&
			!strings.Contains(header, ".\n--\n") {
			t.Errorf("%s: the header begins with %q, want a sentence", file, lines[0])
		}
		for _, part := range []string{"-- KEYS ", "-- ARGV ", "-- Returns "} {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, part) }) {
				t.Errorf("%s: the header lacks a line that begins with %q", file, part)
			}
		}
	}
}

// TestScriptsAreLoadedAgain forgets the scripts before every verb, as a restart or a failover does.
func TestScriptsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	q := newQueue(t, rdb, queue.Options{MaxCrashes: 1, Lease: time.Minute})
	ctx := t.Context()
	forget := func() {
		t.Helper()
		if err := rdb.ScriptFlush(ctx).Err(); err != nil {
			t.Fatalf("ScriptFlush = %v, want nil", err)
		}
	}

	forget()
	var entries []queue.Entry
	for _, tn := range []tenant.ID{"a", "b", "c"} {
		for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
			entries = append(entries, product(tn, id))
		}
	}
	for i, r := range mustEnqueue(t, q, entries...) {
		if r != queue.Accepted {
			t.Errorf("result %d without scripts = %s, want %s", i, r, queue.Accepted)
		}
	}
	forget()
	jobs := mustClaim(t, q, "a", 6)
	if len(jobs) != 6 {
		t.Fatalf("Claim without scripts = %d jobs, want 6", len(jobs))
	}
	verbs := []func() error{
		func() error { _, err := q.Extend(ctx, "a", jobs); return err },
		func() error { _, err := q.Ack(ctx, jobs[0], 0); return err },
		func() error { _, err := q.Retry(ctx, jobs[1], 0, false); return err },
		func() error { return q.Release(ctx, jobs[2], 0) },
		func() error { _, err := q.Bury(ctx, jobs[3], "reason", "detail"); return err },
		func() error { _, err := q.Bury(ctx, jobs[4], "reason", "detail"); return err },
		func() error { return q.Hasten(ctx, "a", jobs[1].Key) },
		func() error { _, err := q.Job(ctx, "a", jobs[1].Key); return err },
		func() error { _, _, err := q.Jobs(ctx, "a", "", "", 3); return err },
		func() error { return q.Replay(ctx, "a", jobs[3].Key) },
		func() error { return q.Discard(ctx, "a", jobs[4].Key) },
		func() error { _, err := q.ExpireDeadLetters(ctx, "a"); return err },
		func() error { clockOf(t, rdb)(time.Hour); _, err := q.Reap(ctx, "a"); return err },
	}
	for i, verb := range verbs {
		forget()
		if err := verb(); err != nil {
			t.Errorf("verb %d without scripts = %v, want nil", i, err)
		}
	}
	forget()
	s, err := q.Stats(ctx, "a")
	s.Oldest = 0
	if want := (queue.Stats{Ready: 3, Dead: 1}); err != nil || s != want {
		t.Errorf("Stats = %+v, %v, want %+v", s, err, want)
	}
}
