package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

func pastRecords(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	began := time.Now().Truncate(time.Millisecond)
	if got, err := l.Records(t.Context(), "", 10); len(got) != 0 || err != nil {
		t.Fatalf("Records of nothing = %v, %v; want none", got, err)
	}
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	h.Event(event.Event{
		ID: "e1", Resource: event.Product, Change: event.Changed, Objects: []string{"lamp", "bø\"ot"}, Market: "NOR",
	}, []tenant.ID{fjell, skog}, "accepted", "")
	h.Event(event.Event{ID: "e2"}, nil, "ignored", "orders")
	h.Outcome(lampJob("lamp"), job.Bury("uid_collision", errors.New("why\nand how")), "buried")
	flush(t, h)
	got, err := l.Records(t.Context(), "", 10)
	if err != nil || len(got) != 3 {
		t.Fatalf("Records = %v, %v; want three", got, err)
	}
	want := []ledger.Record{
		{
			Kind: ledger.KindOutcome, EventID: "e1", Resource: event.Product, Objects: []string{"lamp"}, ObjectCount: 1,
			Tenants: []tenant.ID{fjell}, Result: "permanent", Reason: "uid_collision", Attempt: 3, Settled: "buried",
			Error: "why and how",
		},
		{Kind: ledger.KindEvent, EventID: "e2", Result: "ignored", Reason: "orders"},
		{
			Kind: ledger.KindEvent, EventID: "e1", Resource: event.Product, Change: event.Changed, Market: "NOR",
			Objects: []string{"lamp", "bø\"ot"}, ObjectCount: 2, Tenants: []tenant.ID{fjell, skog}, Result: "accepted",
		},
	}
	for i := range want {
		want[i].ID, want[i].At = got[i].ID, got[i].At
		if got[i].ID == "" || got[i].At.Before(began) {
			t.Errorf("record %d has the place %q and the time %v", i, got[i].ID, got[i].At)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Records (-want +got):\n%s", diff)
	}
	older, err := l.Records(t.Context(), got[0].ID, 1)
	if err != nil || len(older) != 1 || older[0].ID != got[1].ID {
		t.Errorf("Records before the newest = %v, %v; want the second", older, err)
	}
	newer, err := l.RecordsAfter(t.Context(), got[2].ID, 10)
	if err != nil || len(newer) != 2 || newer[0].ID != got[1].ID || newer[1].ID != got[0].ID {
		t.Errorf("RecordsAfter the oldest = %v, %v; want the second and the newest", newer, err)
	}
	for _, cursor := range []string{" ", "x", "1", "-", "+", "(1-1", "1-1 ", "99999999999999999999-1"} {
		if _, err := l.Records(t.Context(), cursor, 1); !errors.Is(err, ledger.ErrCursor) {
			t.Errorf("Records(%q) = %v, want ErrCursor", cursor, err)
		}
		if _, err := l.RecordsAfter(t.Context(), cursor, 1); !errors.Is(err, ledger.ErrCursor) {
			t.Errorf("RecordsAfter(%q) = %v, want ErrCursor", cursor, err)
		}
	}
}

func pastOutcomes(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{})
	long := errors.New("PUT /products: 502 " + strings.Repeat("æ", 200))
	h.Outcome(lampJob("lamp"), job.Outcome{Verdict: job.Done, Result: job.Pushed}, "acked")
	h.Outcome(lampJob("lamp"), job.Fail("flow_failed", long), "retried")
	h.Outcome(lampJob("boot"), job.Outcome{Verdict: job.Done, Result: job.Unchanged}, "acked")
	flush(t, h)
	got, err := l.LastOutcomes(t.Context(), fjell, event.Product, []string{"lamp", "boot", "unknown"})
	if err != nil || len(got) != 2 {
		t.Fatalf("LastOutcomes = %v, %v; want two", got, err)
	}
	lamp, boot := got["lamp"], got["boot"]
	if lamp.Result != "failed" || lamp.Reason != "flow_failed" || len(lamp.Error) > 120 ||
		!strings.HasPrefix(long.Error(), lamp.Error) || len(lamp.Error) < 115 || lamp.At.IsZero() {
		t.Errorf("LastOutcomes of the lamp = %+v, want failed, why, and the beginning of the error", lamp)
	}
	if boot.Result != job.Unchanged || boot.Reason != "" || boot.Error != "" {
		t.Errorf("LastOutcomes of the boot = %+v, want unchanged and no more", boot)
	}
	if at, err := l.LastPush(t.Context(), fjell, event.Product, "lamp"); at.IsZero() || at.After(lamp.At) || err != nil {
		t.Errorf("LastPush of the lamp = %v, %v; want the run before the last", at, err)
	}
	if at, err := l.LastPush(t.Context(), fjell, event.Product, "boot"); !at.IsZero() || err != nil {
		t.Errorf("LastPush of the boot = %v, %v; want the zero time", at, err)
	}
}

func pastRejections(t *testing.T, rdb redis.UniversalClient, l *ledger.Ledger) {
	h := ledger.NewHistory(rdb, ledger.HistoryOptions{Rejected: 20})
	refuse := func(i int) {
		h.Rejected(fmt.Appendf(nil, "body %d", i), "bad_json")
		flush(t, h)
	}
	for i := range 10 {
		refuse(i)
	}
	n := 10
	var got []string
	cursor := ""
	for range 20 {
		page, next, err := l.Rejections(t.Context(), cursor, 3)
		if err != nil || len(page) > 3 {
			t.Fatalf("Rejections(%q) = %v, %v; want up to three", cursor, page, err)
		}
		for _, r := range page {
			got = append(got, r.Body)
			if r.Reason != "bad_json" || r.At.IsZero() {
				t.Errorf("Rejections = %+v, want a reason and a time", r)
			}
		}
		if cursor = next; next == "" {
			break
		}
		for range 5 { // more than a page, in the end more than are kept
			refuse(n)
			n++
		}
	}
	// The oldest ones fell out of the list meanwhile.
	if want := []string{"body 9", "body 8", "body 7", "body 6", "body 5", "body 4"}; len(got) < 6 || !slices.Equal(got[:6], want) {
		t.Errorf("Rejections in pages = %v, want them to begin with %v", got, want)
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(got))); len(distinct) != len(got) || len(got) > 10 {
		t.Errorf("Rejections in pages = %v, want none twice and none that came later", got)
	}
	for _, cursor := range []string{" ", "x", "0 x", "-1 x", "1", "1 "} {
		if _, _, err := l.Rejections(t.Context(), cursor, 3); !errors.Is(err, ledger.ErrCursor) {
			t.Errorf("Rejections(%q) = %v, want ErrCursor", cursor, err)
		}
	}
}
