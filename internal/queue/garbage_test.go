package queue_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

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
		t.Fatalf("Claim() = %+v, %v; want all four", claimed, err)
	}
	for _, j := range claimed.Jobs {
		if _, err := q.Ack(t.Context(), j, 0); err != nil {
			t.Errorf("Ack(%s) = %v, want nil", j.Key, err)
		}
	}
}
