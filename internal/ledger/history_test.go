package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// flush runs a history until it has written everything.
func flush(t *testing.T, h *ledger.History) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.Run(ctx); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func lampJob(id string) job.Job {
	return job.Job{
		Tenant: fjell, Key: job.Key{Resource: event.Product, ID: id}, Attempts: 2,
		Cause: job.Cause{EventID: "e1"},
	}
}

func stream(t *testing.T, rdb redis.UniversalClient) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	h.Event(event.Event{
		ID: "e1", Resource: event.Product, Change: event.Changed, Objects: []string{"lamp", "bø\"ot"}, Market: "NOR",
	}, []tenant.ID{fjell, skog}, "accepted", "")
	h.Outcome(lampJob("lamp"), job.Bury("uid_collision", errors.New("why")), "buried")
	flush(t, h)
	entries, err := rdb.XRange(t.Context(), "omniflow:events", "-", "+").Result()
	if err != nil || len(entries) != 2 {
		t.Fatalf("events = %v, %v; want two", entries, err)
	}
	want := []map[string]any{
		{
			"kind": "event", "event": "e1", "resource": "product", "change": "changed", "objects": `["lamp","bø\"ot"]`, "objectCount": "2",
			"market": "NOR", "tenants": `["fjell_no","skog_se"]`, "result": "accepted", "reason": "",
		},
		{
			"kind": "outcome", "event": "e1", "resource": "product", "object": "lamp", "tenant": "fjell_no",
			"attempt": "3", "result": "permanent", "reason": "uid_collision", "settled": "buried",
			"error": "why",
		},
	}
	for i, e := range entries {
		if e.Values["at"] == "" {
			t.Errorf("entry %d has no time", i)
		}
		delete(e.Values, "at")
		if diff := cmp.Diff(want[i], e.Values); diff != "" {
			t.Errorf("entry %d (-want +got):\n%s", i, diff)
		}
	}
}

// idleStream checks what catch-up leaves of the objects that it finds nothing to do about.
func idleStream(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	for id, o := range map[string]job.Outcome{
		"same":    {Verdict: job.Done, Result: job.Unchanged},
		"skipped": {Verdict: job.Done, Result: job.Skipped, Reason: "not_in_market"},
		"pushed":  {Verdict: job.Done, Result: job.Pushed},
		"failed":  job.Fail("r", errors.New("why")),
	} {
		j := lampJob(id)
		j.Lane = job.Bulk
		h.Outcome(j, o, "acked")
	}
	h.Outcome(lampJob("live"), job.Outcome{Verdict: job.Done, Result: job.Unchanged}, "acked")
	flush(t, h)
	entries, err := rdb.XRange(t.Context(), "omniflow:events", "-", "+").Result()
	got := map[any]bool{}
	for _, e := range entries {
		got[e.Values["object"]] = true
	}
	if diff := cmp.Diff(map[any]bool{"pushed": true, "failed": true, "live": true}, got); diff != "" || err != nil {
		t.Errorf("objects in the stream (-want +got), %v:\n%s", err, diff)
	}
	last, err := l.LastOutcomes(t.Context(), fjell, event.Product, []string{"same", "skipped"})
	if err != nil || last["same"].Result != job.Unchanged || last["skipped"].Reason != "not_in_market" {
		t.Errorf("LastOutcomes = %+v, %v; want both, whatever the stream has", last, err)
	}
}

// capped checks the length as Redis keeps it: by whole nodes of a hundred entries.
func capped(t *testing.T, rdb redis.UniversalClient) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{Events: 50})
	for range 1000 {
		h.Outcome(lampJob("lamp"), job.Defer(1, "r"), "released")
	}
	flush(t, h)
	if n, err := rdb.XLen(t.Context(), "omniflow:events").Result(); n < 50 || n > 200 || err != nil {
		t.Errorf("events = %d, %v; want about 50", n, err)
	}
	if h.Dropped() != 0 {
		t.Errorf("Dropped = %d, want 0", h.Dropped())
	}
}

func rejected(t *testing.T, rdb redis.UniversalClient) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{Rejected: 5})
	for i := range 20 {
		h.Rejected(fmt.Appendf(nil, "body %d \xff", i), "bad_json")
	}
	flush(t, h)
	list, err := rdb.LRange(t.Context(), "omniflow:rejected", 0, -1).Result()
	if err != nil || len(list) != 5 {
		t.Fatalf("rejected = %v, %v; want five", list, err)
	}
	var newest struct {
		At           time.Time
		Reason, Body string
	}
	if err := json.Unmarshal([]byte(list[0]), &newest); err != nil {
		t.Fatalf("newest rejected %s: %v", list[0], err)
	}
	if newest.Reason != "bad_json" || newest.Body != "body 19 \ufffd" || newest.At.IsZero() {
		t.Errorf("newest rejected = %+v, want the 20th", newest)
	}
}

func lastSuccess(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	h.Outcome(lampJob("lamp"), job.Fail("flow_failed", errors.New("why")), "retried")
	flush(t, h)
	if at, err := l.LastSuccess(t.Context(), fjell); !at.IsZero() || err != nil {
		t.Errorf("LastSuccess before any = %v, %v; want the zero time", at, err)
	}
	before := time.Now().Truncate(time.Millisecond)
	h.Outcome(lampJob("lamp"), job.Outcome{Verdict: job.Done, Result: job.Unchanged}, "acked")
	flush(t, h)
	at, err := l.LastSuccess(t.Context(), fjell)
	if at.Before(before) || time.Since(at) > time.Minute || at.Location() != time.UTC || err != nil {
		t.Errorf("LastSuccess = %v, %v; want now in UTC", at, err)
	}
	if at, err := l.LastSuccess(t.Context(), skog); !at.IsZero() || err != nil {
		t.Errorf("LastSuccess of another tenant = %v, %v; want the zero time", at, err)
	}
}

func lastOutcome(t *testing.T, rdb redis.UniversalClient) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	h.Outcome(lampJob("lamp"), job.Fail("flow_failed", errors.New("why")), "retried")
	h.Outcome(lampJob("lamp"), job.Outcome{Verdict: job.Done, Result: job.Pushed}, "acked")
	flush(t, h)
	got, err := rdb.HGet(t.Context(), "omniflow:{fjell_no}:outcome:product", "lamp").Result()
	var ms int64
	var result string
	if _, scanErr := fmt.Sscan(got, &ms, &result); err != nil || scanErr != nil || result != job.Pushed {
		t.Errorf("last outcome = %q, %v; want a time and pushed", got, err)
	}
}

// TestHistoryWithoutRun checks that what the buffer cannot take is dropped and counted, without
// waiting.
func TestHistoryWithoutRun(t *testing.T) {
	t.Parallel()
	_, rdb := mini(t)
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{Buffer: 4})
	for range 10 {
		h.Rejected(nil, "r")
	}
	if got := h.Dropped(); got != 6 {
		t.Errorf("Dropped = %d, want 6 of 10 with a buffer of 4", got)
	}
}

// TestHistoryWhileRedisIsAway checks that entries are counted as dropped, and that Run goes on.
func TestHistoryWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	m, rdb := mini(t)
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	m.SetError("LOADING Redis is loading the dataset in memory")
	h.Rejected(nil, "lost")
	h.Rejected(nil, "lost")
	flush(t, h)
	if got := h.Dropped(); got != 2 {
		t.Errorf("Dropped = %d, want 2", got)
	}
	m.SetError("")
	h.Rejected(nil, "kept")
	flush(t, h)
	if n := rdb.LLen(t.Context(), "omniflow:rejected").Val(); n != 1 || h.Dropped() != 2 {
		t.Errorf("rejected = %d and Dropped = %d, want 1 and 2", n, h.Dropped())
	}
}

// TestHistoryRunsUntilStopped checks that entries are written while Run runs, and those that wait
// when it is told to stop.
func TestHistoryRunsUntilStopped(t *testing.T) {
	t.Parallel()
	_, rdb := mini(t)
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	for range 600 { // more than one round trip takes
		h.Outcome(lampJob("lamp"), job.Defer(1, "r"), "released")
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if n := rdb.XLen(t.Context(), "omniflow:events").Val(); n != 600 || h.Dropped() != 0 {
		t.Errorf("events = %d and Dropped = %d, want 600 and 0", n, h.Dropped())
	}
}

// failing refuses every pipeline and counts them.
type failing struct{ pipelines atomic.Int64 }

func (f *failing) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (f *failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (f *failing) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(_ context.Context, cmds []redis.Cmder) error {
		f.pipelines.Add(1)
		refused := errors.New("connection refused")
		for _, cmd := range cmds {
			cmd.SetErr(refused)
		}
		return refused
	}
}

// TestHistoryStopsWithoutRedis checks that a full buffer does not hold up the end of the service
// when Redis is away: one refusal is enough.
func TestHistoryStopsWithoutRedis(t *testing.T) {
	t.Parallel()
	_, rdb := mini(t)
	var f failing
	rdb.AddHook(&f)
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	for range 5000 {
		h.Rejected(nil, "r")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.Run(ctx); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if got := f.pipelines.Load(); got > 2 || h.Dropped() != 5000 {
		t.Errorf("Run tried %d times and dropped %d, want at most 2 and 5000", got, h.Dropped())
	}
}

// nodeAway checks that a history goes on for what the other nodes of a cluster keep, and counts the
// rest.
func nodeAway(t *testing.T, c *redistest.Cluster) {
	rdb := c.Empty(t)
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	j := lampJob("lamp")
	gone := c.NodeOf("omniflow:events")
	for i := 0; gone == c.NodeOf("omniflow:events"); i++ {
		j.Tenant = tenant.ID(fmt.Sprint("tenant", i))
		gone = c.NodeOf("omniflow:{" + string(j.Tenant) + "}:outcome:product")
	}
	gone.Kill()
	for range 5 {
		h.Event(event.Event{}, nil, "queued", "")
		h.Outcome(j, job.Defer(1, "r"), "released")
	}
	flush(t, h)
	if n := rdb.XLen(t.Context(), "omniflow:events").Val(); n != 10 || h.Dropped() != 5 {
		t.Errorf("events = %d and Dropped = %d, want all 10 and the 5 without their outcome", n, h.Dropped())
	}
}
