package api_test

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/tenant"
)

// syncs are synchronisations in memory that nobody runs.
type syncs struct {
	mu  sync.Mutex
	all map[string]ledger.Sync
	err error // what every method answers
}

func (s *syncs) CreateSync(_ context.Context, one ledger.Sync) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]ledger.Sync{}
	}
	s.all[one.ID] = one
	return s.err
}

func (s *syncs) Sync(_ context.Context, t tenant.ID, id string) (ledger.Sync, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one, ok := s.all[id]; s.err == nil && ok && one.Tenant == t {
		return one, nil
	}
	return ledger.Sync{}, cmp.Or(s.err, ledger.ErrNoSync)
}

func (s *syncs) Syncs(_ context.Context, t tenant.ID) ([]ledger.Sync, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(slices.Collect(maps.Values(s.all)), func(one ledger.Sync) bool { return one.Tenant != t })
	slices.SortFunc(list, func(a, b ledger.Sync) int { return b.Created.Compare(a.Created) })
	return list, s.err
}

func (s *syncs) CancelSync(ctx context.Context, t tenant.ID, id string) error {
	one, err := s.Sync(ctx, t, id)
	if err != nil {
		return err
	}
	one.Cancel = true
	return s.CreateSync(ctx, one)
}

// syncShown is a synchronisation as a client reads it.
type syncShown struct {
	ID, State, Mode                     string
	Resources                           []string
	Since, StartedAt, FinishedAt        *time.Time
	OrphanLimitPercent                  int
	CancelRequested                     bool
	Seen, Queued, Done, Failed, Refused int64
	Total                               *int64
	Rate                                float64
	Estimate                            *float64
}

const syncsPath = tenantPath + "/syncs"

func TestCreateSync(t *testing.T) {
	t.Parallel()
	const since = "2025-03-04T10:00:00+01:00"
	tests := map[string]struct {
		body, mode string
		resources  []string
		limit      int
	}{
		"nothing said":  {"", "full", []string{"product", "purchase_order"}, 5},
		"an empty body": {"{}", "full", []string{"product", "purchase_order"}, 5},
		"one resource, twice": {
			`{"resources":["purchase_order","purchase_order"],"mode":"full"}`, "full",
			[]string{"purchase_order"},
			5,
		},
		"in any order": {
			`{"resources":["purchase_order","product"]}`, "full", []string{"product", "purchase_order"}, 5,
		},
		"a delta":           {`{"mode":"delta","since":"` + since + `"}`, "delta", []string{"product", "purchase_order"}, 5},
		"a moment":          {`{"since":"` + since + `"}`, "delta", []string{"product", "purchase_order"}, 5},
		"no orphan at all":  {`{"orphanLimitPercent":0}`, "full", []string{"product", "purchase_order"}, 0},
		"whatever is gone":  {`{"orphanLimitPercent":100}`, "full", []string{"product", "purchase_order"}, 100},
		"resources is null": {`{"resources":null}`, "full", []string{"product", "purchase_order"}, 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			got := h.admin(operatorToken, http.MethodPost, syncsPath, test.body)
			if got.status != http.StatusAccepted {
				t.Fatalf("POST syncs %s = %d %s, want 202", test.body, got.status, got.body)
			}
			s := decode[syncShown](t, got)
			if s.State != "waiting" || s.Mode != test.mode || !slices.Equal(s.Resources, test.resources) ||
				s.OrphanLimitPercent != test.limit || s.Total != nil {
				t.Errorf("POST syncs %s = %s, want %+v", test.body, got.body, test)
			}
			if at := got.header.Get("Location"); at != syncsPath+"/"+s.ID {
				t.Errorf("Location = %q, want that of %s", at, s.ID)
			}
			if test.mode == "delta" && (s.Since == nil || s.Since.Format(time.RFC3339) != "2025-03-04T09:00:00Z") {
				t.Errorf("since = %v, want it in UTC", s.Since)
			}
			kept, err := h.syncs.Sync(t.Context(), "fjell_no", s.ID)
			if err != nil || kept.OrphanLimit != test.limit || kept.Created.IsZero() {
				t.Errorf("kept %+v, %v, want what was asked for", kept, err)
			}
			for _, want := range []string{`"synchronisation requested"`, `"actor":"ops"`, s.ID} {
				if !strings.Contains(h.log.String(), want) {
					t.Errorf("the log lacks %s:\n%s", want, h.log)
				}
			}
		})
	}
}

func TestCreateSyncRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, want string
		status     int
	}{
		"unknown resource":  {`{"resources":["starship"]}`, "resources[0]", 400},
		"unknown mode":      {`{"mode":"half"}`, "must be one of full, delta", 400},
		"unknown field":     {`{"resource":"product"}`, "documented form", 400},
		"no JSON":           {`product`, "documented form", 400},
		"delta of when":     {`{"mode":"delta"}`, "must be given", 400},
		"full since":        {`{"mode":"full","since":"2025-03-04T10:00:00Z"}`, "must not be given", 400},
		"tomorrow":          {`{"since":"9999-03-04T10:00:00Z"}`, "future", 400},
		"over a hundred":    {`{"orphanLimitPercent":101}`, "from 0 to 100", 400},
		"below zero":        {`{"orphanLimitPercent":-1}`, "from 0 to 100", 400},
		"not exported":      {`{"resources":["product","store"]}`, "fjell_no does not export store.", 409},
		"longer than a lot": {`{"mode":"` + strings.Repeat("x", 20_000) + `"}`, "16384", 413},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			got := h.admin(operatorToken, http.MethodPost, syncsPath, test.body)
			if got.status != test.status || !strings.Contains(got.body, test.want) {
				t.Errorf("POST syncs %s = %d %s, want %d with %q", test.body, got.status, got.body, test.status, test.want)
			}
			if len(h.syncs.all) > 0 {
				t.Errorf("POST syncs %s kept %+v, want nothing", test.body, h.syncs.all)
			}
		})
	}
}

func TestSyncsNeedTheCatchup(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.CatchupOff = true })
	got := h.admin(operatorToken, http.MethodPost, syncsPath, "")
	if got.status != http.StatusConflict || !strings.Contains(got.body, "problem:catchup-off") {
		t.Errorf("POST syncs = %d %s, want 409", got.status, got.body)
	}
	if got := h.admin(viewerToken, http.MethodGet, syncsPath, ""); got.status != http.StatusOK {
		t.Errorf("GET syncs = %d %s, want 200", got.status, got.body)
	}
}

func TestSyncProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		began := time.Now()
		base := ledger.Sync{
			Tenant: "fjell_no", Resources: []event.Resource{event.Product}, Created: began, Started: began,
			Seen: 1000, Done: 190, Failed: 10, Orphans: 30, Refused: 20,
		}
		keep := func(id string, state ledger.SyncState, change ...func(*ledger.Sync)) {
			one := base
			one.ID, one.State = id, state
			for _, c := range change {
				c(&one)
			}
			if err := h.syncs.CreateSync(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		keep("listing", ledger.SyncListing)
		keep("draining", ledger.SyncDraining)
		keep("done", ledger.SyncDone, func(s *ledger.Sync) { s.Finished = began.Add(4 * time.Second) })
		keep("young", ledger.SyncWaiting, func(s *ledger.Sync) { s.Started, s.Created = time.Time{}, began.Add(time.Second) })
		time.Sleep(10 * time.Second)
		show := func(id string) syncShown {
			return decode[syncShown](t, h.admin(viewerToken, http.MethodGet, syncsPath+"/"+id, ""))
		}
		if s := show("listing"); s.Total != nil || s.Queued != 1010 || s.Rate != 20 || s.Estimate != nil {
			t.Errorf("listing = %+v, want 1010 queued, no total, 20 per second", s)
		}
		if s := show("draining"); s.Total == nil || *s.Total != 1010 || s.Estimate == nil || *s.Estimate != 40.5 {
			t.Errorf("draining = %+v, want a total of 1010 and 40.5 s left", s)
		}
		if s := show("done"); s.Rate != 50 || s.Estimate != nil || s.FinishedAt == nil {
			t.Errorf("done = %+v, want the rate until its end", s)
		}
		if s := show("young"); s.Rate != 0 || s.StartedAt != nil {
			t.Errorf("waiting = %+v, want nothing told", s)
		}
		list := decode[struct{ Items []syncShown }](t, h.admin(viewerToken, http.MethodGet, syncsPath, ""))
		if len(list.Items) != 4 || list.Items[0].ID != "young" {
			t.Errorf("GET syncs = %+v, want all, the youngest first", list)
		}
	})
}

func TestCancelSync(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := decode[syncShown](t, h.admin(operatorToken, http.MethodPost, syncsPath, "")).ID
	got := h.admin(operatorToken, http.MethodDelete, syncsPath+"/"+id, "")
	if got.status != http.StatusAccepted || !decode[syncShown](t, got).CancelRequested {
		t.Errorf("DELETE sync = %d %s, want 202 and the wish", got.status, got.body)
	}
	if !strings.Contains(h.log.String(), "end of a synchronisation requested") {
		t.Errorf("the log does not tell who cancelled:\n%s", h.log)
	}
	for _, path := range []string{syncsPath + "/none", "/admin/v1/tenants/fjell_se/syncs/" + id, "/admin/v1/tenants/x/syncs"} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			if method == http.MethodDelete && strings.HasSuffix(path, "/syncs") {
				continue
			}
			if got := h.admin(operatorToken, method, path, ""); got.status != http.StatusNotFound {
				t.Errorf("%s %s = %d, want 404", method, path, got.status)
			}
		}
	}
	if got := h.admin(viewerToken, http.MethodDelete, syncsPath+"/"+id, ""); got.status != http.StatusForbidden {
		t.Errorf("DELETE sync by a viewer = %d, want 403", got.status)
	}
	if got := h.admin(viewerToken, http.MethodPost, syncsPath, ""); got.status != http.StatusForbidden {
		t.Errorf("POST syncs by a viewer = %d, want 403", got.status)
	}
}

func TestSyncsWithoutRedis(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.syncs.err = errRedis
	for _, call := range [][2]string{
		{http.MethodPost, syncsPath},
		{http.MethodGet, syncsPath},
		{http.MethodGet, syncsPath + "/1"},
		{http.MethodDelete, syncsPath + "/1"},
	} {
		if got := h.admin(operatorToken, call[0], call[1], ""); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s %s = %d, want 503", call[0], call[1], got.status)
		}
	}
}
