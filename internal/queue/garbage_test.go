package queue_test

import (
	"context"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestUnreadableRecordHoldsUpNobody: a record edited by hand, or of another version, is looked at
// anew, and neither the jobs beside it nor the reaper notice.
func TestUnreadableRecordHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const here tenant.ID = "here"
	_, rdb := startMini(t)
	q := newQueue(t, rdb, queue.Options{})
	names := queue.NamesOf(here)
	mustEnqueue(t, q, product(here, "well"))
	for field, set := range map[string]string{"product:due": names.Due, "product:leased": names.Leased} {
		if err := rdb.HSet(t.Context(), names.Jobs, field, "what is this").Err(); err != nil {
			t.Fatal(err)
		}
		if err := rdb.ZAdd(t.Context(), set, redis.Z{Member: field}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if reaped, err := q.Reap(t.Context(), here); err != nil || len(reaped.Returned) != 1 {
		t.Errorf("Reap() = %+v, %v; want the unreadable lease returned", reaped, err)
	}
	mustEnqueue(t, q, product(here, "due"), product(here, "leased"), product(here, "new"))
	claimed, err := q.Claim(t.Context(), here, 10)
	if err != nil || len(claimed.Jobs) != 4 {
		t.Fatalf("Claim() = %+v, %v; want all five", claimed, err)
	}
	for _, j := range claimed.Jobs {
		if _, err := q.Ack(t.Context(), j, 0); err != nil {
			t.Errorf("Ack(%s) = %v, want nil", j.Key, err)
		}
	}
}

// TestUnreadableDeadLetterHoldsUpNobody: a dead letter edited by hand, or of another version, is
// listed beside the others as what it is, and a newer event or an operator makes it a job again.
func TestUnreadableDeadLetterHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const here tenant.ID = "here"
	_, rdb := startMini(t)
	q := newQueue(t, rdb, queue.Options{})
	names := queue.NamesOf(here)
	mustEnqueue(t, q, product(here, "well"))
	if _, err := q.Bury(t.Context(), mustClaim(t, q, here, 1)[0], "reason", "detail"); err != nil {
		t.Fatalf("Bury = %v, want nil", err)
	}
	broken := map[string]string{
		"revived": "what is this", "replayed": "", "discarded": "1 1 1 9 9 x", "swept": "x",
	}
	for id, record := range broken {
		if err := rdb.HSet(t.Context(), names.Dead, "product:"+id, record).Err(); err != nil {
			t.Fatal(err)
		}
		if err := rdb.ZAdd(t.Context(), names.Died, redis.Z{Member: "product:" + id}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	letters, _, err := q.DeadLetters(t.Context(), here, "", 10)
	if err != nil || len(letters) != 5 {
		t.Fatalf("DeadLetters() = %+v, %v; want all five", letters, err)
	}
	for _, l := range letters {
		want := queue.ReasonUnreadable
		if l.ID == "well" {
			want = "reason"
		}
		if l.Reason != want || l.ID != "well" && l.Detail != broken[l.ID] {
			t.Errorf("DeadLetters() has %+v, want reason %q and what is kept", l, want)
		}
	}
	views, _, err := q.Jobs(t.Context(), here, queue.Dead, "", 10)
	if err != nil || len(views) != 5 {
		t.Errorf("Jobs() = %+v, %v; want all five", views, err)
	}
	swept, err := q.DeadLetter(t.Context(), here, product(here, "swept").Key)
	if err != nil {
		t.Fatalf("DeadLetter() = %v, want nil", err)
	}
	for want, again := range []queue.DeadLetter{swept, swept} {
		if n, err := q.DiscardAll(t.Context(), here, []queue.DeadLetter{again}); n != 1-want || err != nil {
			t.Errorf("DiscardAll() = %d, %v; want %d", n, err, 1-want)
		}
	}
	got := mustEnqueue(t, q, product(here, "revived"), product(here, "new"))
	if want := []queue.Result{queue.Accepted, queue.Accepted}; !slices.Equal(got, want) {
		t.Errorf("Enqueue() = %v, want %v", got, want)
	}
	for id, verb := range map[string]func(context.Context, tenant.ID, job.Key) error{
		"replayed": q.Replay, "discarded": q.Discard,
	} {
		if err := verb(t.Context(), here, product(here, id).Key); err != nil {
			t.Errorf("verb for %s = %v, want nil", id, err)
		}
	}
	if jobs := mustClaim(t, q, here, 10); len(jobs) != 3 {
		t.Errorf("Claim() = %v, want the three jobs", jobs)
	}
	if s, err := q.Stats(t.Context(), here); err != nil || s.Dead != 1 {
		t.Errorf("Stats() = %+v, %v; want one dead letter left", s, err)
	}
}

// TestJobInBothLanesIsHandedOutOnce: a place that is a mistake gives no second lease.
func TestJobInBothLanesIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	const here tenant.ID = "here"
	_, rdb := startMini(t)
	q := newQueue(t, rdb, queue.Options{})
	names := queue.NamesOf(here)
	mustEnqueue(t, q, product(here, "twice"))
	if err := rdb.ZAdd(t.Context(), names.Bulk, redis.Z{Member: "product:twice"}).Err(); err != nil {
		t.Fatal(err)
	}
	if jobs := mustClaim(t, q, here, 10); len(jobs) != 1 {
		t.Errorf("Claim() = %v, want the job once", jobs)
	}
	if s, err := q.Stats(t.Context(), here); err != nil || s != (queue.Stats{Leased: 1}) {
		t.Errorf("Stats() = %+v, %v; want one leased job and nothing else", s, err)
	}
}
