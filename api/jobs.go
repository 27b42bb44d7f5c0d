package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// jobView is a job as the admin API shows it (design §11).
type jobView struct {
	Resource   event.Resource `json:"resource"`
	ID         string         `json:"id"`
	State      queue.State    `json:"state"`
	Lane       string         `json:"lane"`
	Generation int64          `json:"generation"`
	Attempts   int            `json:"attempts"`
	Due        time.Time      `json:"due"`
	EnqueuedAt *time.Time     `json:"enqueuedAt"`
	LastError  string         `json:"lastError"`
	Event      cause          `json:"event"`
}

// shownJob joins what the queue and the ledger know about a job.
func shownJob(v queue.View, last ledger.LastOutcome) jobView {
	shown := jobView{
		Resource: v.Resource, ID: v.ID, State: v.State, Lane: v.Lane.String(), Generation: v.Generation,
		Attempts: v.Attempts, Due: v.Due.UTC(), EnqueuedAt: moment(v.Enqueued),
		LastError: problemOf(last), Event: shownCause(v.Cause),
	}
	if v.State == queue.Dead {
		shown.LastError = joined(v.Reason, v.Detail)
	}
	return shown
}

// problemOf says what was wrong at the end of a run; empty when nothing was.
func problemOf(o ledger.LastOutcome) string {
	done := []string{job.Pushed, job.Unchanged, job.Skipped, job.Deactivated, job.Rekeyed, string(job.Done)}
	if slices.Contains(done, o.Result) {
		return ""
	}
	return joined(o.Reason, o.Error)
}

func joined(reason, detail string) string {
	return strings.Trim(reason+": "+detail, ": ")
}

func shownCause(c job.Cause) cause {
	return cause{ID: c.EventID, Change: c.Change, Time: moment(c.Time)}
}

// listJobs answers GET /admin/v1/tenants/{tenant}/jobs.
func (s *server) listJobs(w http.ResponseWriter, r *http.Request) error {
	t, err := s.tenantOf(r)
	if err != nil {
		return err
	}
	state := queue.State(r.URL.Query().Get("state"))
	if state != "" && !slices.Contains(queue.States(), state) {
		return refuse(errInvalid, fmt.Sprintf("state must be one of %s.", listOf(queue.States())), nil)
	}
	resource, err := resourceParam(r)
	if err != nil {
		return err
	}
	window, err := windowOf(r)
	if err != nil {
		return err
	}
	views, next, err := s.scanJobs(r.Context(), t, jobSearch{state, resource, window})
	if err != nil {
		return storeFault(fmt.Errorf("list jobs of %s: %w", t, err))
	}
	items, err := s.withErrors(r.Context(), t, views)
	if err != nil {
		return storeFault(err)
	}
	return writeJSON(w, http.StatusOK, page[jobView]{Items: items, NextCursor: sealed(next)})
}

// jobSearch selects jobs; what is empty does not narrow down.
type jobSearch struct {
	state    queue.State
	resource event.Resource
	window
}

// scanJobs goes through the jobs until the page is full, all were seen, or maxScans.
func (s *server) scanJobs(ctx context.Context, t tenant.ID, c jobSearch) ([]queue.View, string, error) {
	var found []queue.View
	for range maxScans {
		views, next, err := s.Jobs.Jobs(ctx, t, c.state, c.cursor, c.limit-len(found))
		if err != nil {
			return nil, "", err
		}
		for _, v := range views {
			if c.resource == "" || c.resource == v.Resource {
				found = append(found, v)
			}
		}
		c.cursor = next
		if next == "" || len(found) == c.limit {
			break
		}
	}
	return found, c.cursor, nil
}

// withErrors adds the last errors, read in one step per resource.
func (s *server) withErrors(ctx context.Context, t tenant.ID, views []queue.View) ([]jobView, error) {
	ids := map[event.Resource][]string{}
	for _, v := range views {
		ids[v.Resource] = append(ids[v.Resource], v.ID)
	}
	last := map[job.Key]ledger.LastOutcome{}
	for resource, of := range ids {
		outcomes, err := s.Archive.LastOutcomes(ctx, t, resource, of)
		if err != nil {
			return nil, fmt.Errorf("read last outcomes of %s: %w", t, err)
		}
		for id, o := range outcomes {
			last[job.Key{Resource: resource, ID: id}] = o
		}
	}
	items := make([]jobView, 0, len(views))
	for _, v := range views {
		items = append(items, shownJob(v, last[v.Key]))
	}
	return items, nil
}
