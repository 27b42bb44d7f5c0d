package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// letter is a dead letter as a client reads it.
type letter struct {
	Resource, ID, Reason, Detail string
	Attempts                     int
	DiedAt                       time.Time
	Event                        struct {
		ID, Change string
		Time       *time.Time
	}
}

// letterPage is a page of them.
type letterPage struct {
	Items      []letter
	NextCursor string
}

var died = time.Date(2025, 3, 4, 9, 15, 29, 31_000_000, time.UTC)

// letters are dead products with these ids, one second older from one to the next.
func letters(ids ...string) []queue.DeadLetter {
	var list []queue.DeadLetter
	for i, id := range ids {
		list = append(list, queue.DeadLetter{
			Key: job.Key{Resource: event.Product, ID: id}, Reason: "uid_collision",
			DiedAt: died.Add(-time.Duration(i) * time.Second),
		})
	}
	return list
}

func TestDeadLetter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"] = []queue.DeadLetter{{
		Key: job.Key{Resource: event.Product, ID: "jacket-77"}, Reason: "flow_rejected",
		Detail: "400 \x00<b>\xff", Attempts: 1, DiedAt: died.In(time.FixedZone("CET", 3600)),
		Cause: job.Cause{EventID: "e1", Change: event.Changed, Time: died},
	}}
	got := h.admin(viewerToken, http.MethodGet, letterPath, "")
	want := letter{
		Resource: "product", ID: "jacket-77", Reason: "flow_rejected", Detail: "400 \x00<b>\ufffd",
		Attempts: 1, DiedAt: died,
	}
	want.Event.ID, want.Event.Change, want.Event.Time = "e1", "changed", &died
	if diff := cmp.Diff(want, decode[letter](t, got)); diff != "" {
		t.Errorf("GET %s (-want +got):\n%s", letterPath, diff)
	}
	if !strings.Contains(got.body, `"diedAt":"2025-03-04T09:15:29.031Z"`) {
		t.Errorf("diedAt is not in UTC: %s", got.body)
	}
}

func TestDeadLetterNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.jobs.letters["fjell_no"] = letters("jacket-77")
	for _, path := range []string{
		"/product/jacket-78", "/price/jacket-77", "/starship/jacket-77", "/product/", "/product",
		"/product/jacket-77/", "/product/a/b", "/product/..", "/../product/jacket-77",
		"/product/" + strings.Repeat("x", 10_000), "/product/%00", "/product/%0A",
	} {
		if got := h.admin(viewerToken, http.MethodGet, lettersPath+path, ""); got.status != 404 {
			t.Errorf("GET …%.40s = %d, want 404", path, got.status)
		}
	}
}

// list reads all pages of a list and returns the ids and how many pages there were.
func (h *harness) list(query url.Values) (ids []string, pages int) {
	h.t.Helper()
	for pages < 100 {
		got := h.admin(viewerToken, http.MethodGet, lettersPath+"?"+query.Encode(), "")
		if got.status != http.StatusOK {
			h.t.Fatalf("GET %s?%s = %d %s", lettersPath, query.Encode(), got.status, got.body)
		}
		p := decode[letterPage](h.t, got)
		pages++
		for _, d := range p.Items {
			ids = append(ids, d.ID)
		}
		if p.NextCursor == "" {
			return ids, pages
		}
		query.Set("cursor", p.NextCursor)
	}
	h.t.Fatalf("GET %s: the pages do not end", lettersPath)
	return nil, 0
}

func TestDeadLettersPages(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 120 {
		all = append(all, fmt.Sprintf("p%03d", i))
	}
	for limit, wantPages := range map[string]int{"": 3, "1": 120, "50": 3, "120": 1, "200": 1} {
		h := newHarness(t)
		h.jobs.letters["fjell_no"] = letters(all...)
		query := url.Values{}
		if limit != "" {
			query.Set("limit", limit)
			if limit == "1" {
				h.jobs.letters["fjell_no"], wantPages = letters(all[:20]...), 20
			}
		}
		ids, pages := h.list(query)
		if want := all[:len(h.jobs.letters["fjell_no"])]; !cmp.Equal(ids, want) || pages != wantPages {
			t.Errorf("limit %q: %d pages with %v, want %d with %v", limit, pages, ids, wantPages, want)
		}
	}
}

func TestDeadLettersFilter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var all []queue.DeadLetter
	for i := range 600 {
		d := letters(fmt.Sprintf("p%03d", i))[0]
		d.DiedAt = d.DiedAt.Add(-time.Duration(i) * time.Second)
		if i%100 == 7 {
			d.Resource = event.Price
		}
		if i == 599 {
			d.Reason = "poison"
		}
		all = append(all, d)
	}
	h.jobs.letters["fjell_no"] = all
	tests := map[string]struct {
		query url.Values
		want  []string
	}{
		"resource": {url.Values{"resource": {"price"}}, []string{"p007", "p107", "p207", "p307", "p407", "p507"}},
		"resource, full page": {
			url.Values{"resource": {"price"}, "limit": {"3"}},
			[]string{"p007", "p107", "p207", "p307", "p407", "p507"},
		},
		"reason":              {url.Values{"reason": {"poison"}}, []string{"p599"}},
		"both":                {url.Values{"reason": {"poison"}, "resource": {"price"}}, nil},
		"reason nobody has":   {url.Values{"reason": {"'; --\x00"}}, nil},
		"resource nobody has": {url.Values{"resource": {"store"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if ids, _ := h.list(test.query); !cmp.Equal(ids, test.want) {
				t.Errorf("GET ?%s = %v, want %v", test.query.Encode(), ids, test.want)
			}
		})
	}
}

func TestDeadLettersEmpty(t *testing.T) {
	t.Parallel()
	got := newHarness(t).admin(viewerToken, http.MethodGet, lettersPath, "")
	if strings.TrimSpace(got.body) != `{"items":[],"nextCursor":""}` {
		t.Errorf("GET %s = %s, want an empty list", lettersPath, got.body)
	}
}

func TestDeadLettersRefusesBadQueries(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=201", "limit=ten", "limit=1e2", "limit=99999999999999999999",
		"resource=starship", "resource=Product", "cursor=!", "cursor=abc", "cursor=YWJj",
	} {
		got := h.admin(viewerToken, http.MethodGet, lettersPath+"?"+query, "")
		if got.status != http.StatusBadRequest {
			t.Errorf("GET ?%s = %d %s, want 400", query, got.status, got.body)
		}
	}
}
