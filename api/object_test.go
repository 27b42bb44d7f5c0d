package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

const objectsPath = tenantPath + "/objects"

// objectShown is an object as a client reads it.
type objectShown struct {
	Resource, ID string
	FlowUIDs     []string
	Fingerprint  string
	LastPush     *time.Time
	LastOutcome  *struct {
		At                    time.Time
		Result, Reason, Error string
	}
	Job             *jobShown
	History         []recordShown
	HistoryComplete bool
	HistoryFrom     *time.Time
}

func objectPath(resource, id string) string {
	return objectsPath + "/" + resource + "/" + url.PathEscape(id)
}

func run(t tenant.ID, id, result string) ledger.Record {
	return ledger.Record{
		Kind: ledger.KindOutcome, Resource: event.Product, Objects: []string{id}, ObjectCount: 1,
		Tenants: []tenant.ID{t}, Result: result, Attempt: 1, Settled: "acked",
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const id = "jacket/77 æ"
	key := job.Key{Resource: event.Product, ID: id}
	h.archive.uids[key] = []string{"red", "blue", "price_main/green"}
	h.archive.prints = map[string]ledger.Print{"product/red": {Body: "r"}, "price_main/green": {Body: "g"}}
	h.archive.pushes[key] = died
	h.archive.outcomes[key] = ledger.LastOutcome{At: died, Result: "failed", Reason: "flow_failed", Error: "502"}
	h.archive.aliases["document-77"] = id
	h.queueJobs(event.Product, id)
	h.archive.add(
		ledger.Record{
			Kind: ledger.KindEvent, EventID: "e1", Resource: event.Product, Objects: []string{"boot", "document-77"},
			ObjectCount: 2, Tenants: []tenant.ID{"fjell_no", "fjell_se"}, Result: "accepted",
		},
		run("fjell_no", id, "pushed"), run("fjell_se", id, "pushed"), run("fjell_no", "boot", "pushed"),
		ledger.Record{Kind: ledger.KindOutcome, Resource: event.Store, Objects: []string{id}, Tenants: []tenant.ID{"fjell_no"}},
		run("fjell_no", id, "failed"),
	)
	for _, name := range []string{id, "document-77"} {
		got := h.admin(viewerToken, http.MethodGet, objectPath("product", name), "")
		if got.status != http.StatusOK {
			t.Fatalf("GET object %s = %d %s, want 200", name, got.status, got.body)
		}
		o := decode[objectShown](t, got)
		if o.Resource != "product" || o.ID != id || !slices.Equal(o.FlowUIDs, []string{"red", "blue", "price_main/green"}) ||
			o.Fingerprint != "r,,g" || o.LastPush == nil || !o.LastPush.Equal(died) {
			t.Errorf("object %s = %s, want what was pushed", name, got.body)
		}
		if o.LastOutcome == nil || o.LastOutcome.Result != "failed" || o.LastOutcome.Error != "502" {
			t.Errorf("object %s has the last outcome %+v, want the failure", name, o.LastOutcome)
		}
		if o.Job == nil || o.Job.State != "ready" || o.Job.LastError != "flow_failed: 502" {
			t.Errorf("object %s has the job %+v, want one that is ready, with the error", name, o.Job)
		}
		var history []string
		for _, r := range o.History {
			history = append(history, r.Kind+" "+r.Result)
		}
		want := []string{"outcome failed", "outcome pushed"}
		if name != id {
			want = append(want, "event accepted")
		}
		if !slices.Equal(history, want) || !o.HistoryComplete || o.HistoryFrom == nil {
			t.Errorf("object %s has the history %v, complete %t, want %v, complete", name, history, o.HistoryComplete, want)
		}
	}
}

func TestObjectNobodyHeardOf(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	got := h.admin(viewerToken, http.MethodGet, objectPath("store", "oslo"), "")
	o := decode[objectShown](t, got)
	if got.status != http.StatusOK || o.Job != nil || o.LastPush != nil || o.LastOutcome != nil ||
		len(o.FlowUIDs)+len(o.History) > 0 || !o.HistoryComplete {
		t.Errorf("GET object = %d %s, want nothing known", got.status, got.body)
	}
	for _, path := range []string{"/starship/1", "/product", "/product/", "/product/a/b"} {
		if got := h.admin(viewerToken, http.MethodGet, objectsPath+path, ""); got.status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.status)
		}
	}
}

func TestObjectHistoryIsBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var many []ledger.Record
	for range 60 {
		many = append(many, run("fjell_no", "old", "pushed"))
	}
	for range 10_500 {
		many = append(many, run("fjell_no", "other", "pushed"))
	}
	for range 60 {
		many = append(many, run("fjell_no", "busy", "pushed"))
	}
	h.archive.add(many...)
	for id, want := range map[string]int{"old": 0, "busy": 50} {
		h.archive.reads = 0
		o := decode[objectShown](t, h.admin(viewerToken, http.MethodGet, objectPath("product", id), ""))
		if len(o.History) != want || o.HistoryComplete || o.HistoryFrom == nil || h.archive.reads > 10 {
			t.Errorf("history of %s = %d entries in %d reads, complete %t, want %d in up to 10, cut off",
				id, len(o.History), h.archive.reads, o.HistoryComplete, want)
		}
	}
}

func TestSyncObject(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i, want := range []string{"accepted", "coalesced"} {
		got := h.admin(operatorToken, http.MethodPost, objectPath("product", "jacket/77")+"/sync", "")
		if got.status != http.StatusAccepted || decode[struct{ Result string }](t, got).Result != want {
			t.Errorf("sync %d = %d %s, want 202 %s", i, got.status, got.body, want)
		}
	}
	first := h.intake.entries[0]
	if first.Tenant != "fjell_no" || first.Key != (job.Key{Resource: event.Product, ID: "jacket/77"}) ||
		first.Lane != job.Live || first.Dedupe != "" || !first.Cause.Time.IsZero() ||
		!strings.HasPrefix(first.Cause.EventID, "admin-") {
		t.Errorf("sync enqueues %+v, want the object, live, never a duplicate", first)
	}
	if log := h.log.String(); !strings.Contains(log, `"object synchronised"`) || !strings.Contains(log, `"actor":"ops"`) {
		t.Errorf("the log does not say who:\n%s", log)
	}
}

// A job in backoff is due at once.
func TestSyncHastens(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.queueJobs(event.Product, "jacket-77")
	if _, err := h.jobs.Retry(t.Context(), h.claimJob(), time.Hour, false); err != nil {
		t.Fatal(err)
	}
	h.admin(operatorToken, http.MethodPost, objectPath("product", "jacket-77")+"/sync", "")
	if got, _ := h.listJobs(url.Values{"state": {"ready"}}); len(got) != 1 {
		t.Errorf("ready jobs after sync = %v, want the one that was in backoff", got)
	}
}

func TestSyncRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path   string
		change func(*harness)
		want   int
	}{
		"not exported":     {objectPath("store", "oslo"), nil, http.StatusConflict},
		"unknown resource": {objectPath("starship", "oslo"), nil, http.StatusNotFound},
		"unknown tenant":   {strings.Replace(objectPath("product", "a"), "fjell_no", "fjell_fi", 1), nil, http.StatusNotFound},
		"long id":          {objectPath("product", strings.Repeat("x", 513)), nil, http.StatusBadRequest},
		"redis away":       {objectPath("product", "a"), func(h *harness) { h.intake.enqueueErr = errRedis }, 503},
		"redis away in between": {
			objectPath("product", "a"), func(h *harness) { h.jobs.err = errRedis }, http.StatusServiceUnavailable,
		},
		"intake full": {
			objectPath("product", "a"), func(h *harness) { h.intake.enqueueErr = queue.ErrFull }, 503,
		},
		"answer too short": {objectPath("product", "a"), func(h *harness) { h.intake.short = true }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			if test.change != nil {
				test.change(h)
			}
			if got := h.admin(operatorToken, http.MethodPost, test.path+"/sync", ""); got.status != test.want {
				t.Errorf("POST %s/sync = %d %s, want %d", test.path, got.status, got.body, test.want)
			}
		})
	}
}

func TestDiscardDeadLetter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"] = letters("a/b", "c")
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		got := h.admin(operatorToken, http.MethodDelete, lettersPath+"/product/"+url.PathEscape("a/b"), "")
		if got.status != want {
			t.Errorf("DELETE = %d %s, want %d", got.status, got.body, want)
		}
	}
	if left := fmt.Sprint(h.jobs.letters["fjell_no"]); strings.Contains(left, "a/b") || !strings.Contains(left, "c") {
		t.Errorf("letters left = %s, want the other one", left)
	}
	if !strings.Contains(h.log.String(), `"dead letter discarded"`) {
		t.Errorf("the action is not logged:\n%s", h.log)
	}
}
