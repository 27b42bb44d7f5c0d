package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
)

const jobsPath = tenantPath + "/jobs"

// jobShown is a job as a client reads it.
type jobShown struct {
	Resource, ID, State, Lane string
	Generation, Attempts      int
	Due                       time.Time
	EnqueuedAt                *time.Time
	LastError                 string
	Event                     struct {
		ID, Change string
		Time       *time.Time
	}
}

type jobPage struct {
	Items      []jobShown
	NextCursor string
}

// queueJobs makes jobs of products with these ids.
func (h *harness) queueJobs(resource event.Resource, ids ...string) {
	h.t.Helper()
	for _, id := range ids {
		entry := queue.Entry{
			Tenant: "fjell_no", Key: job.Key{Resource: resource, ID: id},
			Cause: job.Cause{EventID: "e of " + id, Change: event.Changed, Time: died},
		}
		if _, err := h.jobs.Enqueue(h.t.Context(), []queue.Entry{entry}); err != nil {
			h.t.Fatalf("Enqueue = %v, want nil", err)
		}
	}
}

// claimJob leases the job that is due longest.
func (h *harness) claimJob() job.Job {
	h.t.Helper()
	c, err := h.jobs.Claim(h.t.Context(), "fjell_no", 1)
	if err != nil || len(c.Jobs) != 1 {
		h.t.Fatalf("Claim = %v, %v, want one job", c, err)
	}
	return c.Jobs[0]
}

// listJobs reads all pages.
func (h *harness) listJobs(query url.Values) (all []jobShown, pages int) {
	h.t.Helper()
	for pages < 100 {
		got := h.admin(viewerToken, http.MethodGet, jobsPath+"?"+query.Encode(), "")
		if got.status != http.StatusOK {
			h.t.Fatalf("GET %s?%s = %d %s", jobsPath, query.Encode(), got.status, got.body)
		}
		p := decode[jobPage](h.t, got)
		pages++
		all = append(all, p.Items...)
		if p.NextCursor == "" {
			return all, pages
		}
		query.Set("cursor", p.NextCursor)
	}
	h.t.Fatalf("GET %s: the pages do not end", jobsPath)
	return nil, 0
}

func TestJobs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.queueJobs(event.Product, "dead/1", "later")
	if _, err := h.jobs.Bury(t.Context(), h.claimJob(), "flow_rejected", "400 no such brand"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.jobs.Retry(t.Context(), h.claimJob(), time.Hour, false); err != nil {
		t.Fatal(err)
	}
	h.archive.outcomes[job.Key{Resource: event.Product, ID: "later"}] = ledger.LastOutcome{
		At: died, Result: "failed", Reason: "flow_failed", Error: "product.update: 502",
	}
	h.queueJobs(event.Product, "running")
	h.claimJob()
	h.queueJobs(event.Product, "now")
	h.archive.outcomes[job.Key{Resource: event.Product, ID: "now"}] = ledger.LastOutcome{At: died, Result: "pushed"}

	want := map[string]jobShown{
		"ready":   {ID: "now", Generation: 1},
		"delayed": {ID: "later", Generation: 1, Attempts: 1, LastError: "flow_failed: product.update: 502"},
		"leased":  {ID: "running", Generation: 1},
		"dead":    {ID: "dead/1", Generation: 1, Attempts: 1, LastError: "flow_rejected: 400 no such brand"},
	}
	for state, want := range want {
		want.Resource, want.Lane, want.State = "product", "live", state
		want.Event.ID, want.Event.Change, want.Event.Time = "e of "+want.ID, "changed", &died
		got, _ := h.listJobs(url.Values{"state": {state}})
		if len(got) != 1 {
			t.Fatalf("jobs in state %s = %+v, want one", state, got)
		}
		if got[0].Due.IsZero() || (got[0].EnqueuedAt == nil) != (state == "dead") {
			t.Errorf("job in state %s is due %v and was enqueued %v", state, got[0].Due, got[0].EnqueuedAt)
		}
		got[0].Due, got[0].EnqueuedAt = time.Time{}, nil
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Errorf("job in state %s (-want +got):\n%s", state, diff)
		}
	}
	all, _ := h.listJobs(url.Values{})
	var ids []string
	for _, j := range all {
		ids = append(ids, j.ID)
	}
	if want := []string{"now", "later", "running", "dead/1"}; !slices.Equal(ids, want) {
		t.Errorf("all jobs = %v, want %v", ids, want)
	}
}

func TestJobsPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var products []string
	for i := range 130 {
		id := fmt.Sprintf("p%03d", i)
		products = append(products, id)
		h.queueJobs(event.Product, id)
		h.queueJobs(event.PurchaseOrder, "po"+id)
	}
	for _, test := range []struct {
		query url.Values
		want  int
		pages int
	}{
		{url.Values{}, 260, 6},
		{url.Values{"limit": {"200"}}, 260, 2},
		{url.Values{"resource": {"product"}}, 130, 3},
		{url.Values{"resource": {"product"}, "state": {"ready"}, "limit": {"130"}}, 130, 2},
		{url.Values{"resource": {"store"}, "limit": {"20"}}, 0, 2},
		{url.Values{"state": {"dead"}}, 0, 1},
	} {
		query := test.query.Encode()
		all, pages := h.listJobs(test.query)
		if len(all) != test.want || pages > test.pages {
			t.Errorf("GET ?%s = %d jobs in %d pages, want %d in up to %d", query, len(all), pages, test.want, test.pages)
		}
		seen := map[string]bool{}
		for _, j := range all {
			if seen[j.Resource+j.ID] {
				t.Errorf("GET ?%s shows %s twice", query, j.ID)
			}
			seen[j.Resource+j.ID] = true
		}
	}
	if len(products) != 130 {
		t.Fatal("the fixture is wrong")
	}
}

func TestJobsRefusesBadQueries(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, query := range []string{
		"state=waiting", "state=Ready", "limit=0", "resource=starship", "cursor=!", "cursor=YWJj",
	} {
		if got := h.admin(viewerToken, http.MethodGet, jobsPath+"?"+query, ""); got.status != http.StatusBadRequest {
			t.Errorf("GET ?%s = %d %s, want 400", query, got.status, got.body)
		}
	}
	if got := h.admin(viewerToken, http.MethodGet, jobsPath, ""); strings.TrimSpace(got.body) != `{"items":[],"nextCursor":""}` {
		t.Errorf("GET %s = %s, want an empty list", jobsPath, got.body)
	}
}
