package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// TestWaiting checks what begins the wait of an object and what ends it.
func TestWaiting(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	l, h := ledger.New(rdb), ledger.NewHistory(rdb, ledger.HistoryOptions{})
	waits := job.Outcome{Verdict: job.Done, Result: job.Waiting, Reason: "waiting_for_product"}
	fails := job.Fail("flow_failed", errors.New("500"))
	began := time.Now().Add(-time.Second)
	for _, step := range []struct {
		id      string
		outcome job.Outcome
		settled string
		want    int
	}{
		{"a", fails, "retried", 0},
		{"a", waits, "acked", 1},
		{"a", waits, "acked", 1},
		{"b", waits, "acked", 2},
		{"a", fails, "retried", 2},
		{"a", fails, "buried", 1},
		{"b", job.Outcome{Verdict: job.Done, Result: job.Pushed}, "acked", 0},
		{"c", waits, "lost", 0},
	} {
		h.Outcome(lampJob(step.id), step.outcome, step.settled)
		flush(t, h)
		n, since, err := l.Waiting(t.Context(), fjell)
		if n != step.want || err != nil {
			t.Errorf("Waiting after %s %s of %s = %d, %v; want %d", step.outcome.Result, step.settled, step.id, n, err, step.want)
		}
		if recent := since.After(began); recent != (step.want > 0) {
			t.Errorf("Waiting after %s of %s: since %v, want a moment ago: %t", step.settled, step.id, since, step.want > 0)
		}
	}
	if n, _, err := l.Waiting(t.Context(), skog); n != 0 || err != nil {
		t.Errorf("Waiting of another tenant = %d, %v; want none", n, err)
	}
}
