package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// counts is the receipt of the webhook.
type counts struct{ Accepted, Coalesced, Duplicates, Ignored, Unrouted int }

const patched = `{"id":"e1","operationId":140105,"className":"Product","objectId":"jacket-77",` +
	`"timestamp":"2025-03-04T09:15:27.5Z"}`

func TestWebhookCountsEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		bodies []string // the receipt of the last one counts
		want   counts
	}{
		"new":         {[]string{patched}, counts{Accepted: 1}},
		"seen before": {[]string{patched, patched}, counts{Duplicates: 1}},
		"newer event on a waiting object": {
			[]string{patched, `{"id":"e2","className":"Product","objectId":"jacket-77"}`},
			counts{Coalesced: 1},
		},
		"waiting for one tenant, new for another": {
			[]string{
				`{"id":"e1","className":"Product","objectId":"a","market":"NOR"}`,
				`{"id":"e2","className":"Product","objectId":"a"}`,
			},
			counts{Accepted: 1},
		},
		"seen by one tenant, waiting for another": {
			[]string{
				`{"id":"e1","className":"Product","objectId":"a","market":"NOR"}`,
				`{"id":"e0","className":"Product","objectId":"a","market":"SWE"}`,
				`{"id":"e1","className":"Product","objectId":"a"}`,
			},
			counts{Coalesced: 1},
		},
		"array with every result": {
			[]string{patched, `[` + strings.Join([]string{
				patched,
				`{"id":"e3","className":"Product","objectId":"jacket-77"}`,
				`{"id":"e4","className":"Product","objectId":"boot-1"}`,
				`{"id":"e5","className":"Product","objectId":"boot-2","market":"FIN"}`,
				`{"id":"e6","className":"Order","objectId":"1001"}`,
			}, ",") + `]`},
			counts{Accepted: 1, Coalesced: 1, Duplicates: 1, Ignored: 1, Unrouted: 1},
		},
		"same event twice in an array": {
			[]string{"[" + patched + "," + patched + "]"},
			counts{Accepted: 1, Duplicates: 1},
		},
		"order":                   {[]string{`{"className":"Order","objectId":"1001"}`}, counts{Ignored: 1}},
		"resource nobody exports": {[]string{`{"className":"Supplier","objectId":"s1"}`}, counts{Ignored: 1}},
		"resource not exported there": {
			[]string{`{"className":"PurchaseOrder","objectId":"p1","market":"SWE"}`},
			counts{Ignored: 1},
		},
		"store, which may have moved": {
			[]string{`{"className":"Store","objectId":"s1","storeId":"s1","market":"NOR"}`},
			counts{Accepted: 1},
		},
		"market nobody serves":         {[]string{`{"className":"Product","objectId":"a","market":"FIN"}`}, counts{Unrouted: 1}},
		"market in another case":       {[]string{`{"className":"Product","objectId":"a","market":"nor"}`}, counts{Accepted: 1}},
		"no object id":                 {[]string{`{"className":"Product"}`}, counts{Unrouted: 1}},
		"empty object id":              {[]string{`{"className":"Product","objectId":""}`}, counts{Unrouted: 1}},
		"no object id, nobody exports": {[]string{`{"className":"Supplier"}`}, counts{Ignored: 1}},
		"settings":                     {[]string{`{"operationId":297104}`}, counts{Ignored: 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			var last answer
			for _, body := range test.bodies {
				last = h.post(body)
				if last.status != http.StatusAccepted {
					t.Fatalf("post(%s) = %d %s, want 202", body, last.status, last.body)
				}
			}
			if got := decode[counts](t, last); got != test.want {
				t.Errorf("post(%s) = %+v, want %+v", test.bodies[len(test.bodies)-1], got, test.want)
			}
		})
	}
}

func TestWebhookEnqueuesEveryObjectForEveryTenant(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.post(`{"id":"e9","operationId":510102,"timestamp":"2025-03-04T09:15:27.5Z",` +
		`"references":[{"objectId":"a","className":"Product"},{"objectId":"b","className":"Product"}]}`)
	cause := job.Cause{
		EventID: "e9", Change: event.Batch,
		Time: time.Date(2025, 3, 4, 9, 15, 27, 500_000_000, time.UTC),
	}
	var want []queue.Entry
	for _, id := range []string{"a", "b"} {
		for _, tenantID := range []tenant.ID{"fjell_no", "fjell_se"} {
			want = append(want, queue.Entry{
				Tenant: tenantID, Key: job.Key{Resource: event.Product, ID: id},
				Cause: cause, Dedupe: "e9\x00product\x00" + id,
			})
		}
	}
	if diff := cmp.Diff(want, h.intake.entries); diff != "" {
		t.Errorf("Enqueue got other entries (-want +got):\n%s", diff)
	}
}

func TestWebhookParksWhatNobodyTakes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.post(`[{"id":"e1","className":"Product","objectId":"a","market":"FIN"},
		{"id":"e2","className":"Product","market":"FIN"},
		{"id":"e3","operationId":510102}]`)
	var got []string
	for _, p := range h.intake.parked {
		got = append(got, p.Reason+" "+p.Event.ID)
	}
	want := []string{"unrouted e1", "no_object_ids e2", "no_object_ids e3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Park got other events (-want +got):\n%s", diff)
	}
	if len(h.intake.entries) != 0 {
		t.Errorf("Enqueue got %v, want nothing", h.intake.entries)
	}
}

// wishes remembers what it was asked for.
type wishes struct {
	since map[event.Resource]time.Time
	err   error
}

func (w *wishes) Want(_ context.Context, r event.Resource, since time.Time) error {
	if w.err == nil {
		w.since[r] = since
	}
	return w.err
}

// TestWebhookLooksForWhatIsNotNamed: with somebody who looks for changes, an event without ids is kept as
// a wish, since the earliest that one request names.
func TestWebhookLooksForWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	w := &wishes{since: map[event.Resource]time.Time{}, err: errors.New("redis is away")}
	h := newHarness(t, func(o *api.Options) { o.Wishes = w })
	const body = `[{"id":"e1","className":"Product","timestamp":"2025-03-04T09:15:27Z"},
		{"id":"e2","operationId":510102,"timestamp":"2025-03-04T09:10:00Z"},
		{"id":"e3","className":"Product","market":"FIN"},
		{"id":"e4","className":"Product","objectId":"a"},
		{"id":"e5","className":"Supplier"}]`
	if got := h.post(body); got.status != http.StatusServiceUnavailable {
		t.Errorf("post while the wish cannot be kept = %d, want 503", got.status)
	}
	if len(h.intake.entries) != 0 {
		t.Errorf("Enqueue got %v of a request that was refused", h.intake.entries)
	}
	w.err = nil
	if got, want := decode[counts](t, h.post(body)), (counts{Accepted: 3, Unrouted: 1, Ignored: 1}); got != want {
		t.Errorf("post = %+v, want %+v", got, want)
	}
	want := map[event.Resource]time.Time{event.Product: time.Date(2025, 3, 4, 9, 10, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, w.since); diff != "" {
		t.Errorf("Want got something else (-want +got):\n%s", diff)
	}
	if len(h.intake.parked) != 2 || h.intake.parked[0].Event.ID != "e3" { // once per request
		t.Errorf("Park got %v, want the event of a market that nobody serves", h.intake.parked)
	}
}

func TestWebhookTellsTheRecorder(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.post(`[` + patched + `,{"className":"Product","objectId":"a","market":"FIN"},` +
		`{"className":"Order","objectId":"1"},{"className":"Supplier","objectId":"1"},` +
		`{"operationId":297104},` + patched + `]`)
	want := []received{
		{Tenants: []tenant.ID{"fjell_no", "fjell_se"}, Result: "accepted"},
		{Result: "unrouted"},
		{Ignored: "order", Result: "ignored"},
		{Ignored: "not_configured", Result: "ignored"},
		{Ignored: "settings", Result: "ignored"},
		{Tenants: []tenant.ID{"fjell_no", "fjell_se"}, Result: "duplicate"},
	}
	if diff := cmp.Diff(want, h.recorder.received); diff != "" {
		t.Errorf("Received was told otherwise (-want +got):\n%s", diff)
	}
	if h.settings != 1 {
		t.Errorf("OnSettings called %d times, want once", h.settings)
	}
}

func TestWebhookWithoutListeners(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Recorder, o.OnSettings = nil, nil })
	for body, want := range map[string]int{
		`{"operationId":297104}`: http.StatusAccepted, `nonsense`: http.StatusBadRequest,
	} {
		if got := h.post(body); got.status != want {
			t.Errorf("post(%s) = %d, want %d", body, got.status, want)
		}
	}
}

func TestWebhookRefusesMalformedBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"empty":                     "",
		"not JSON":                  "hello",
		"cut off":                   `{"className":"Product","objectId":"a"`,
		"number":                    "42",
		"null":                      "null",
		"string":                    `"Product"`,
		"empty object":              "{}",
		"nothing that identifies":   `{"market":"NOR","userId":"u"}`,
		"identifying fields null":   `{"className":null,"objectId":null,"operationId":null}`,
		"identifying fields nested": `{"className":{},"objectId":[],"operationId":{}}`,
		"empty array":               "[]",
		"array with a number":       `[` + patched + `,7]`,
		"array with a malformed":    `[` + patched + `,{}]`,
		"something behind":          patched + patched,
		"invalid UTF-8":             "{\"className\":\"Product\",\"objectId\":\"a\xff\"}",
		"bare NUL bytes":            "\x00\x00\x00",
		"raw NUL in a string":       "{\"className\":\"Product\",\"objectId\":\"a\x00b\"}",
		"deep nesting":              strings.Repeat("[", 200_000),
		"deep nesting in a field":   `{"className":"Product","x":` + strings.Repeat("[", 200_000),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			got := h.post(body)
			if got.status != http.StatusBadRequest {
				t.Fatalf("post = %d %s, want 400", got.status, got.body)
			}
			if p := decode[problem](t, got); p.Type != "urn:omniflow:problem:malformed-event" {
				t.Errorf("type = %q", p.Type)
			}
			if len(h.recorder.rejected) != 1 {
				t.Fatalf("Rejected called %d times, want once", len(h.recorder.rejected))
			}
			kept := h.recorder.rejected[0]
			if want := body[:min(len(body), 64<<10)]; kept.Body != want || kept.Reason == "" {
				t.Errorf("Rejected(%d bytes, %q), want the first %d bytes and a reason",
					len(kept.Body), kept.Reason, len(want))
			}
			if n := len(h.intake.entries) + len(h.intake.parked) + len(h.recorder.received); n != 0 {
				t.Errorf("%d things kept of a body that was refused, want none", n)
			}
		})
	}
}

func TestWebhookTakesHostileButWellFormedBodies(t *testing.T) {
	t.Parallel()
	ids := []string{"{}", ":", "a\nb", "../", "..", "a/b", "%", "%2F", "æøå", "a\x00b", "*", "a\u2028b", "'; --"}
	for _, id := range ids {
		t.Run(fmt.Sprintf("%q", id), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			body, err := json.Marshal(map[string]any{"className": "Product", "objectId": id, "market": "NOR"})
			if err != nil {
				t.Fatalf("Marshal: %v", err)
			}
			if got := h.post(string(body)); got.status != http.StatusAccepted {
				t.Fatalf("post(%s) = %d %s, want 202", body, got.status, got.body)
			}
			if len(h.intake.entries) != 1 || h.intake.entries[0].ID != id {
				t.Errorf("post(%s) enqueued %+v, want the id as it was sent", body, h.intake.entries)
			}
		})
	}
	bodies := map[string]struct {
		body string
		want counts
	}{
		"id of 10 kB":        {`{"className":"Product","objectId":"` + strings.Repeat("x", 10_000) + `"}`, counts{Ignored: 1}},
		"unknown class":      {`{"className":"Starship","objectId":"a"}`, counts{Ignored: 1}},
		"wrong types":        {`{"id":7,"className":"Product","objectId":12,"market":[1],"storeId":{},"timestamp":true}`, counts{Accepted: 1}},
		"operation as text":  {`{"operationId":"140105","objectId":"a"}`, counts{Accepted: 1}},
		"time from nowhere":  {`{"className":"Product","objectId":"a","timestamp":"soon"}`, counts{Accepted: 1}},
		"huge operation":     {`{"operationId":1e400,"className":"Product","objectId":"a"}`, counts{Accepted: 1}},
		"keys twice":         {`{"className":"Order","className":"Product","objectId":"a"}`, counts{Accepted: 1}},
		"byte order mark":    {"\ufeff" + patched, counts{Accepted: 1}},
		"class with newline": {`{"className":"Product\n\u0000","objectId":"a"}`, counts{Ignored: 1}},
	}
	for name, test := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newHarness(t).post(test.body)
			if got.status != http.StatusAccepted {
				t.Fatalf("post(%.80s) = %d %s, want 202", test.body, got.status, got.body)
			}
			if c := decode[counts](t, got); c != test.want {
				t.Errorf("post(%.80s) = %+v, want %+v", test.body, c, test.want)
			}
		})
	}
}

func TestWebhookLimitsTheBody(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.MaxBodyBytes = int64(len(patched)) })
	if got := h.post(patched); got.status != http.StatusAccepted {
		t.Errorf("post(body of the limit) = %d, want 202", got.status)
	}
	if got := h.post(patched + " "); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("post(body over the limit) = %d, want 413", got.status)
	}
	if len(h.recorder.rejected) != 0 {
		t.Errorf("Rejected was told about a body that was not read")
	}
}

func TestWebhookLimitsTheBodyByDefault(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	padded := patched + strings.Repeat(" ", 1<<20-len(patched))
	if got := h.post(padded); got.status != http.StatusAccepted {
		t.Errorf("post(1 MiB) = %d, want 202", got.status)
	}
	for _, size := range []int{1<<20 + 1, 10 << 20} {
		if got := h.post(strings.Repeat("x", size)); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("post(%d bytes) = %d, want 413", size, got.status)
		}
	}
}

// An unavailable intake must read as 503: Omnium drops the event on 400, 404 and 429.
func TestWebhookUnavailable(t *testing.T) {
	t.Parallel()
	const unrouted = `{"className":"Product","objectId":"a","market":"FIN"}`
	tests := map[string]struct {
		fail func(*intake)
		body string
	}{
		"full":                    {func(i *intake) { i.enqueueErr = queue.ErrFull }, patched},
		"stopped":                 {func(i *intake) { i.enqueueErr = queue.ErrStopped }, patched},
		"Redis down":              {func(i *intake) { i.enqueueErr = errRedis }, patched},
		"missing":                 {func(i *intake) { i.enqueueErr = queue.ErrNotFound }, patched},
		"a result is missing":     {func(i *intake) { i.short = true }, patched},
		"parking with Redis down": {func(i *intake) { i.parkErr = errRedis }, unrouted},
		"parking when stopped":    {func(i *intake) { i.parkErr = queue.ErrStopped }, unrouted},
		"array half unrouted":     {func(i *intake) { i.parkErr = errRedis }, "[" + patched + "," + unrouted + "]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			test.fail(h.intake)
			got := h.post(test.body)
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" {
				t.Errorf("post = %d, Retry-After %q, want 503 and 1", got.status, got.header.Get("Retry-After"))
			}
			if len(h.recorder.received) != 0 || h.settings != 0 {
				t.Errorf("listeners were told about events that were not kept: %v", h.recorder.received)
			}
		})
	}
}

// What needs no keeping is acknowledged whatever Redis does.
func TestWebhookIgnoresWithoutRedis(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.intake.enqueueErr, h.intake.parkErr = errRedis, errRedis
	if got := h.post(`{"className":"Order","objectId":"1"}`); got.status != http.StatusAccepted {
		t.Errorf("post(order) = %d, want 202", got.status)
	}
}

// After a 503 the sender repeats, and the counts are as if it were the first time.
func TestWebhookRepeatedAfterFailure(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	body := "[" + patched + `,{"className":"Product","objectId":"a","market":"FIN"}]`
	h.intake.parkErr = errRedis
	h.post(body)
	h.intake.parkErr = nil
	want := counts{Accepted: 1, Unrouted: 1}
	if got := decode[counts](t, h.post(body)); got != want {
		t.Errorf("second post = %+v, want %+v", got, want)
	}
}

func TestWebhookDoesNotWaitForeverForRedis(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.intake.hang = true
		started := time.Now()
		got := h.post(patched)
		if took := time.Since(started); got.status != http.StatusServiceUnavailable || took != 5*time.Second {
			t.Errorf("post on a hung Redis = %d after %s, want 503 after 5s", got.status, took)
		}
	})
}

func TestWebhookDoesNotLookAtTheContentType(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "application/json; charset=utf-8", "///"} {
		h := newHarness(t)
		r := httptest.NewRequestWithContext(
			t.Context(), http.MethodPost, "/webhooks/omnium?x=1", strings.NewReader(patched))
		r.Header.Set("Authorization", "Bearer "+hookToken)
		r.Header.Set("Content-Type", contentType)
		if got := h.do(r); got.status != http.StatusAccepted {
			t.Errorf("post with Content-Type %q = %d, want 202", contentType, got.status)
		}
	}
}

func FuzzWebhook(f *testing.F) {
	for _, seed := range []string{patched, "[" + patched + "]", "{}", "[]", `{"operationId":297104}`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h := newHarness(t)
		got := h.post(string(body))
		kept := len(h.recorder.received) + len(h.recorder.rejected)
		if got.status != http.StatusAccepted && got.status != http.StatusBadRequest || kept == 0 {
			t.Errorf("post(%q) = %d with %d things recorded, want 202 or 400 and at least one", body, got.status, kept)
		}
	})
}
