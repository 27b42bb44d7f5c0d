package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	eventsPath   = "/admin/v1/events"
	unroutedPath = "/admin/v1/unrouted"
	rejectedPath = "/admin/v1/rejected"
	configPath   = "/admin/v1/config"
	streamPath   = "/admin/v1/stream"
)

// recordShown is an entry of the history as a client reads it.
type recordShown struct {
	ID, Kind, Event, Resource, Result, Reason string
	At                                        time.Time
	Objects, Tenants                          []string
}

type items[T any] struct {
	Items      []T
	NextCursor string
}

// readAll reads all pages of a list.
func readAll[T any](h *harness, path string, query url.Values) (all []T, pages int) {
	h.t.Helper()
	for pages < 100 {
		got := h.admin(viewerToken, http.MethodGet, path+"?"+query.Encode(), "")
		if got.status != http.StatusOK {
			h.t.Fatalf("GET %s?%s = %d %s", path, query.Encode(), got.status, got.body)
		}
		p := decode[items[T]](h.t, got)
		pages++
		all = append(all, p.Items...)
		if p.NextCursor == "" {
			return all, pages
		}
		query.Set("cursor", p.NextCursor)
	}
	h.t.Fatalf("GET %s: the pages do not end", path)
	return nil, 0
}

func TestEvents(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 120 {
		h.archive.add(ledger.Record{
			Kind: ledger.KindEvent, EventID: fmt.Sprint("e", i), Resource: event.Product, Change: event.Changed,
			Market: "NOR", Objects: []string{fmt.Sprint("p", i)}, ObjectCount: 1,
			Tenants: []tenant.ID{"fjell_no"}, Result: "accepted",
		}, run("fjell_no", fmt.Sprint("p", i), "pushed"))
	}
	h.archive.add(ledger.Record{Kind: ledger.KindEvent, EventID: "last", Result: "ignored", Reason: "orders"},
		run("fjell_se", "boot", "failed"))
	for _, test := range []struct {
		query url.Values
		want  int
		pages int
	}{
		{url.Values{}, 242, 5},
		{url.Values{"limit": {"200"}}, 242, 2},
		{url.Values{"tenant": {"fjell_no"}}, 240, 5},
		{url.Values{"tenant": {"fjell_se"}}, 1, 1},
		{url.Values{"tenant": {"nobody"}}, 0, 1},
		{url.Values{"resource": {"product"}, "result": {"pushed"}}, 120, 3},
		{url.Values{"resource": {"store"}}, 0, 1},
		{url.Values{"result": {"ignored"}}, 1, 1},
	} {
		query := test.query.Encode()
		all, pages := readAll[recordShown](h, eventsPath, test.query)
		if len(all) != test.want || pages != test.pages {
			t.Errorf("GET ?%s = %d entries in %d pages, want %d in %d", query, len(all), pages, test.want, test.pages)
		}
		for i := 1; i < len(all); i++ {
			if !all[i].At.Before(all[i-1].At) {
				t.Errorf("GET ?%s: entry %d is not older than the one before", query, i)
			}
		}
	}
	for _, query := range []string{"cursor=!", "cursor=YWJj", "limit=0", "resource=starship"} {
		if got := h.admin(viewerToken, http.MethodGet, eventsPath+"?"+query, ""); got.status != http.StatusBadRequest {
			t.Errorf("GET ?%s = %d %s, want 400", query, got.status, got.body)
		}
	}
}

// One request reads a bounded part of the history, and says where to go on.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.archive.add(run("fjell_se", "needle", "pushed"))
	var hay []ledger.Record
	for range 25_000 {
		hay = append(hay, run("fjell_no", "hay", "pushed"))
	}
	h.archive.add(hay...)
	all, pages := readAll[recordShown](h, eventsPath, url.Values{"tenant": {"fjell_se"}})
	if len(all) != 1 || pages != 3 {
		t.Errorf("GET = %d entries in %d pages, want 1 in 3", len(all), pages)
	}
}

func TestUnrouted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var parked []queue.Parked
	for i := range 120 {
		parked = append(parked, queue.Parked{Reason: queue.ParkedUnrouted, Event: event.Event{
			ID: fmt.Sprint("e", i), Resource: event.Product, Change: event.Changed, Market: "FIN", Store: "17",
			Objects: []string{fmt.Sprint(i)}, Time: died,
		}})
	}
	parked = append(parked, queue.Parked{Reason: queue.ParkedNoObjectIDs, Event: event.Event{ID: "e120"}})
	if err := h.jobs.Park(t.Context(), parked); err != nil {
		t.Fatal(err)
	}
	type parkedShown struct {
		ID, Reason, Resource, Change, Market, Store string
		Objects                                     []string
		Time                                        *time.Time
	}
	all, pages := readAll[parkedShown](h, unroutedPath, url.Values{})
	if len(all) != 121 || pages != 3 {
		t.Errorf("GET %s = %d events in %d pages, want 121 in 3", unroutedPath, len(all), pages)
	}
	for _, e := range all {
		if e.ID == "e7" && (e.Reason != "unrouted" || e.Market != "FIN" || e.Store != "17" || e.Objects[0] != "7" ||
			e.Resource != "product" || e.Time == nil || !e.Time.Equal(died)) {
			t.Errorf("parked event = %+v, want every field", e)
		}
		if e.ID == "e120" && (e.Time != nil || e.Reason != "no_object_ids") {
			t.Errorf("parked event without anything = %+v", e)
		}
	}
	for _, query := range []string{"cursor=!", "cursor=YWJj", "limit=0"} {
		if got := h.admin(viewerToken, http.MethodGet, unroutedPath+"?"+query, ""); got.status != http.StatusBadRequest {
			t.Errorf("GET ?%s = %d %s, want 400", query, got.status, got.body)
		}
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 70 {
		h.archive.rejected = append(h.archive.rejected, ledger.Rejection{
			At: died, Reason: "webhook body is not JSON", Body: fmt.Sprint("<xml> \x00", i),
		})
	}
	all, pages := readAll[ledger.Rejection](h, rejectedPath, url.Values{})
	if len(all) != 70 || pages != 2 || all[69].Body != "<xml> \x0069" {
		t.Errorf("GET %s = %d bodies in %d pages, want 70 in 2, as they came", rejectedPath, len(all), pages)
	}
	if got := h.admin(viewerToken, http.MethodGet, rejectedPath+"?cursor=YWJj", ""); got.status != http.StatusBadRequest {
		t.Errorf("GET with a wrong cursor = %d %s, want 400", got.status, got.body)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	got := newHarness(t).admin(viewerToken, http.MethodGet, configPath, "")
	if strings.Contains(got.body, "canary") || strings.Count(got.body, "[redacted]") != 2 {
		t.Errorf("GET %s = %s, want the secrets redacted", configPath, got.body)
	}
	if c := decode[struct{ Version string }](t, got); c.Version != "v1.2.3" {
		t.Errorf("GET %s has the version %q, want v1.2.3", configPath, c.Version)
	}
}

// Whatever Redis refuses is a 503 that shows no cause.
func TestAdminWhenRedisIsAway(t *testing.T) {
	t.Parallel()
	routes := map[string][]string{
		http.MethodGet: {
			tenantsPath, tenantPath, jobsPath, lettersPath, letterPath, objectPath("product", "a"),
			eventsPath, unroutedPath, rejectedPath, streamPath,
		},
		http.MethodPost:   {tenantPath + "/pause", tenantPath + "/resume", replayPath, discardPath},
		http.MethodDelete: {letterPath},
	}
	for method, paths := range routes {
		for _, path := range paths {
			h := newHarness(t)
			h.jobs.err, h.archive.err = errRedis, errRedis
			if got := h.admin(operatorToken, method, path, replayBody); got.status != http.StatusServiceUnavailable {
				t.Errorf("%s %s = %d %s, want 503", method, path, got.status, got.body)
			}
		}
	}
	for _, path := range []string{jobsPath, objectPath("product", "a")} {
		h := newHarness(t)
		h.queueJobs(event.Product, "a")
		h.archive.err = errRedis
		if got := h.admin(viewerToken, http.MethodGet, path, ""); got.status != http.StatusServiceUnavailable {
			t.Errorf("GET %s = %d %s, want 503", path, got.status, got.body)
		}
	}
}
