package queue_test

import (
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// beside is a tenant that nothing is done to.
const beside = "somebody_else"

// FuzzArguments takes texts of any bytes through every script and back: what comes out is what went in, and
// neither another job nor another tenant is touched. It needs a real Redis, whose Lua packs the records.
func FuzzArguments(f *testing.F) {
	f.Add("fjell_no", "cup", "event-1", "flow_refused_400", "it said no", int64(1795435200), false)
	f.Add("a}b{", "x:y", "\x00", "\xff\xfe", "", int64(-62135596800), true)
	f.Add("{}", "*", "1 2 3", "nil", "{\"a\":1}", int64(1<<40), false)
	f.Add("\n", "product:cup", "9007199254740993", "-0", "\r\n", int64(0), true)
	f.Add("", "KEYS[1]", "ARGV[1]", "%s", "~ \\", int64(-1), false)
	rdb := redistest.Start(f).Client()
	q := newQueue(f, rdb, queue.Options{})
	f.Fuzz(func(t *testing.T, tenantID, object, id, reason, detail string, at int64, bulk bool) {
		if object == "" || len(object) > 512 {
			return // refused before
		}
		if err := rdb.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		here := tenant.ID(tenantID)
		entry := queue.Entry{
			Tenant: here, Key: job.Key{Resource: event.Product, ID: object}, Dedupe: id,
			Cause: job.Cause{EventID: id, Change: event.Changed, Time: time.Unix(at%(1<<36), 0).UTC()},
		}
		if bulk {
			entry.Lane = job.Bulk
		}
		another := queue.Entry{Tenant: beside, Key: entry.Key}
		want := []queue.Result{queue.Accepted, queue.Accepted, queue.Duplicate}
		if id == "" {
			want[2] = queue.Coalesced
		}
		if tenantID == beside {
			want[1] = queue.Coalesced
		}
		got, err := q.Enqueue(t.Context(), []queue.Entry{entry, another, entry})
		if err != nil || len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Fatalf("Enqueue(%+v) = %v, %v, want %v", entry, got, err, want)
		}
		j := checkClaimed(t, q, entry)
		if again, err := q.Bury(t.Context(), j, reason, detail); err != nil || again {
			t.Fatalf("Bury(%q, %q) = %t, %v, want false", reason, detail, again, err)
		}
		checkLetter(t, q, entry, reason, detail)
		if tenantID != beside {
			if s, err := q.Stats(t.Context(), beside); err != nil || s.Ready != 1 || s.Dead != 0 {
				t.Errorf("Stats of the tenant beside = %+v, %v, want its one job", s, err)
			}
		}
	})
}

// checkClaimed claims the job of an entry, which must be as it was put in.
func checkClaimed(t *testing.T, q *queue.Queue, entry queue.Entry) job.Job {
	t.Helper()
	claimed, err := q.Claim(t.Context(), entry.Tenant, 10)
	if err != nil || len(claimed.Jobs) != 1 {
		t.Fatalf("Claim(%q) = %+v, %v, want one job", entry.Tenant, claimed, err)
	}
	j := claimed.Jobs[0]
	if j.Key != entry.Key || j.Tenant != entry.Tenant {
		t.Errorf("claimed %q of %q, want %q of %q", j.Key, j.Tenant, entry.Key, entry.Tenant)
	}
	if entry.Tenant != beside && (j.Cause.EventID != entry.Cause.EventID || j.Cause.Change != entry.Cause.Change) {
		t.Errorf("claimed %+v, want the cause %+v", j.Cause, entry.Cause)
	}
	return j
}

// checkLetter reads the dead letter of an entry, and brings it back.
func checkLetter(t *testing.T, q *queue.Queue, entry queue.Entry, reason, detail string) {
	t.Helper()
	l, err := q.DeadLetter(t.Context(), entry.Tenant, entry.Key)
	if err != nil {
		t.Fatalf("DeadLetter(%q) = %v", entry.Key, err)
	}
	if l.Key != entry.Key || l.Reason != reason || l.Detail != detail[:min(len(detail), 4<<10)] {
		t.Errorf("DeadLetter = %+v, want reason %q and detail %q", l, reason, detail)
	}
	listed, next, err := q.DeadLetters(t.Context(), entry.Tenant, "", 10)
	if err != nil || len(listed) != 1 || next != "" || listed[0].Key != entry.Key {
		t.Errorf("DeadLetters = %+v, %q, %v, want the one", listed, next, err)
	}
	if err := q.Replay(t.Context(), entry.Tenant, entry.Key); err != nil {
		t.Fatalf("Replay(%q) = %v", entry.Key, err)
	}
	j := checkClaimed(t, q, entry)
	if _, err := q.Ack(t.Context(), j, 0); err != nil {
		t.Errorf("Ack(%q) = %v", entry.Key, err)
	}
	if s, err := q.Stats(t.Context(), entry.Tenant); err != nil || s.Ready+s.Delayed+s.Leased+s.Dead != 0 {
		t.Errorf("Stats after the end = %+v, %v, want nothing left", s, err)
	}
}
