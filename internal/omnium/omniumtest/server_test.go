package omniumtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// caller sends requests to a fake with a token.
type caller struct {
	transport http.RoundTripper
	bearer    string
}

func newCaller(t *testing.T, s *omniumtest.Server) *caller {
	t.Helper()
	c := &caller{transport: s.Transport()}
	status, body := c.send(t, "POST", "/api/Token?clientId=client&clientSecret=secret&returnAsJson=true", "")
	var token struct {
		AccessToken string `json:"accessToken"`
		ExpiresIn   int    `json:"expiresIn"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil || status != 200 || token.ExpiresIn <= 0 {
		t.Fatalf("token = %d %s, %v", status, body, err)
	}
	c.bearer = token.AccessToken
	return c
}

func (c *caller) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://omnium.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.bearer)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func (c *caller) wantStatus(t *testing.T, method, path, body string, want int) {
	t.Helper()
	if got, _ := c.send(t, method, path, body); got != want {
		t.Errorf("%s %s = %d, want %d", method, path, got, want)
	}
}

func (c *caller) product(t *testing.T, path string) omnium.Product {
	t.Helper()
	status, body := c.send(t, "GET", path, "")
	var p omnium.Product
	if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 {
		t.Fatalf("GET %s = %d %s, %v", path, status, body, err)
	}
	return p
}

type result struct {
	Result    []omnium.Product
	TotalHits int
	ScrollID  string
}

func (c *caller) scroll(t *testing.T, method, path, body string) result {
	t.Helper()
	status, raw := c.send(t, method, path, body)
	var r result
	if err := json.Unmarshal([]byte(raw), &r); err != nil || status != 200 {
		t.Fatalf("%s %s = %d %s, %v", method, path, status, raw, err)
	}
	return r
}

func day(d int) omnium.Time {
	return omnium.Time{Time: time.Date(2025, 10, d, 0, 0, 0, 0, time.UTC)}
}

func newServer() *omniumtest.Server {
	s := omniumtest.New()
	s.Now = func() time.Time { return day(14).Time }
	for _, language := range []string{"no", "sv"} {
		s.PutProduct(omnium.Product{
			ID: "p_" + language, ProductID: "p", Language: language, Status: "Active",
			Prices: []omnium.Price{
				{UnitPrice: "1", ValidUntil: day(14)}, // over
				{UnitPrice: "2", ValidFrom: day(14)},
				{UnitPrice: "3", ValidFrom: day(15)}, // to come
				{UnitPrice: "4", CustomerGroup: "club"},
			},
			Variants: []omnium.Product{{SkuID: "p-1", Prices: []omnium.Price{{UnitPrice: "5", ValidFrom: day(20)}}}},
		})
	}
	return s
}

func TestToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Now = time.Now
		s.TokenLife = time.Hour
		c := newCaller(t, s)
		c.wantStatus(t, "GET", "/api/Stores", "", 200)
		time.Sleep(time.Hour)
		c.wantStatus(t, "GET", "/api/Stores", "", 401)
		c = newCaller(t, s)
		s.RevokeTokens()
		c.wantStatus(t, "GET", "/api/Stores", "", 401)
		s.DisableUser(true)
		c.wantStatus(t, "POST", "/api/Token?clientId=client&clientSecret=secret", "", 401)
		s.DisableUser(false)
		c.wantStatus(t, "POST", "/api/Token?clientId=client&clientSecret=wrong", "", 401)
		if _, body := c.send(t, "POST", "/api/Token?clientId=client&clientSecret=secret", ""); strings.Count(body, ".") != 2 {
			t.Errorf("token without returnAsJson = %q, want the bare token", body)
		}
		c.bearer = ""
		c.wantStatus(t, "GET", "/api/Products/p", "", 401)
	})
}

func TestReads(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newCaller(t, s)
	for _, path := range []string{"/api/Products/p", "/api/Products/p-1"} {
		p := c.product(t, path)
		if p.ID != "p_no" || len(p.Prices) != 1 || p.Prices[0].UnitPrice != "2" || len(p.Variants[0].Prices) != 0 {
			t.Errorf("GET %s = %+v, want the default language with the price valid now", path, p)
		}
	}
	if p := c.product(t, "/api/Products/p_sv/raw"); p.Language != "sv" || len(p.Prices) != 4 {
		t.Errorf("raw = %+v, want the Swedish document with all prices", p)
	}
	c.wantStatus(t, "GET", "/api/Products/p_no", "", 404)
	c.wantStatus(t, "GET", "/api/Products/p/raw", "", 404)
	c.wantStatus(t, "GET", "/api/Products/p/other", "", 404)
	c.wantStatus(t, "GET", "/api/Elsewhere", "", 404)
}

func TestChanges(t *testing.T) {
	t.Parallel()
	s := newServer()
	now := day(15)
	s.Now = func() time.Time { return now.Time }
	c := newCaller(t, s)
	if !s.PatchProduct("p", func(p *omnium.Product) { p.Name = "new" }) || s.PatchProduct("x", nil) {
		t.Error("PatchProduct found the wrong products")
	}
	for _, p := range s.Products() {
		if p.Name != "new" || !p.Modified.Equal(now.Time) {
			t.Errorf("%s = %q modified %v, want new and %v", p.ID, p.Name, p.Modified, now)
		}
	}
	if !s.SoftDelete("p_sv") || c.product(t, "/api/Products/p_sv/raw").Status != "Deleted" {
		t.Error("a soft delete of one document did not set its status")
	}
	if p := c.product(t, "/api/Products/p"); p.Deleted() {
		t.Error("a soft delete of one document changed another one")
	}
	if !s.HardDelete("p") || len(s.Products()) != 0 {
		t.Errorf("products after a hard delete = %v, want none", s.Products())
	}
	c.wantStatus(t, "GET", "/api/Products/p", "", 404)
	c.wantStatus(t, "GET", "/api/Products/p_no/raw", "", 404)
	for _, raw := range []string{"", "[]", "null", "{}", `{"id":7}`} {
		if s.PutDocument([]byte(raw)) == nil {
			t.Errorf("PutDocument(%s) = nil error", raw)
		}
	}
}

func TestScrollPages(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PageSize = 1
	now := day(14).Time
	s.Now = func() time.Time { return now }
	s.PutProduct(omnium.Product{ID: "gone_no", ProductID: "gone", Status: omnium.StatusDeleted})
	c := newCaller(t, s)
	first := c.scroll(t, "POST", "/api/Products/Scroll", `{"isProductLanguageFilterIgnored":true}`)
	if first.TotalHits != 2 || len(first.Result) != 1 || s.OpenScrolls() != 1 {
		t.Fatalf("first page = %+v, want one of two documents", first)
	}
	next := func(id string) string { return "/api/Products/Scroll/" + url.PathEscape(id) }
	second := c.scroll(t, "GET", next(first.ScrollID), "")
	c.wantStatus(t, "GET", next(first.ScrollID), "", 404) // only the newest id is good
	last := c.scroll(t, "GET", next(second.ScrollID), "")
	if len(second.Result) != 1 || len(last.Result) != 0 || last.ScrollID == "" || s.OpenScrolls() != 0 {
		t.Errorf("pages = %+v, %+v, want the second document and an empty end", second, last)
	}
	again := c.scroll(t, "POST", "/api/Products/Scroll", `{}`)
	now = now.Add(5 * time.Minute)
	c.wantStatus(t, "GET", next(again.ScrollID), "", 404)
}

func TestScrollFilters(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PutProduct(omnium.Product{ID: "gone_no", ProductID: "gone", Status: omnium.StatusDeleted})
	c := newCaller(t, s)
	for body, want := range map[string]int{
		`{}`:                       1,
		`{"productLanguage":"sv"}`: 1,
		`{"productLanguage":"de"}`: 0,
		`{"isProductLanguageFilterIgnored":true}`:                      2,
		`{"isProductLanguageFilterIgnored":true,"productIds":["p"]}`:   2,
		`{"isProductLanguageFilterIgnored":true,"productIds":["p-1"]}`: 0,
		`{"isDeleted":true}`:      1,
		`{"productIds":["gone"]}`: 0,
	} {
		if r := c.scroll(t, "POST", "/api/Products/Scroll", body); r.TotalHits != want {
			t.Errorf("scroll %s = %d hits, want %d", body, r.TotalHits, want)
		}
	}
	c.wantStatus(t, "POST", "/api/Products/Scroll", `{"marketId":"NOR"}`, 400)
}

func TestIndexLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := omniumtest.New()
		s.IndexLag = time.Second
		c := newCaller(t, s)
		name := func() string {
			r := c.scroll(t, "POST", "/api/Products/Scroll", `{}`)
			if len(r.Result) == 0 {
				return ""
			}
			return r.Result[0].Name
		}
		for i, n := range []string{"one", "two", "three"} {
			s.PutProduct(omnium.Product{ID: "p", Name: n})
			if want := []string{"", "one", "two"}[i]; name() != want {
				t.Errorf("scroll right after %q sees %q, want %q", n, name(), want)
			}
			time.Sleep(time.Second)
		}
		s.HardDelete("p")
		if name() != "three" {
			t.Errorf("scroll right after a delete sees %q, want three", name())
		}
		time.Sleep(time.Second)
		if name() != "" {
			t.Errorf("scroll after the lag sees %q, want nothing", name())
		}
	})
}

func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Concurrency = 2
		c := newCaller(t, s)
		s.Delay = func(*http.Request) time.Duration { return time.Second }
		var mu sync.Mutex
		seen := map[int]int{}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				status, _ := c.send(t, "GET", "/api/Stores", "")
				mu.Lock()
				defer mu.Unlock()
				seen[status]++
			})
		}
		wg.Wait()
		if seen[200] != 2 || seen[429] != 3 || s.Peak() < 3 {
			t.Errorf("answers = %v with a peak of %d, want 2 served and 3 refused", seen, s.Peak())
		}
	})
}

func TestFailDelayAndLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		c := newCaller(t, s)
		s.Fail = func(r *http.Request) (int, http.Header, bool) {
			return 503, http.Header{"Retry-After": {"7"}}, r.URL.Path == "/api/Stores"
		}
		c.wantStatus(t, "GET", "/api/Stores", "", 503)
		c.wantStatus(t, "GET", "/api/Markets", "", 200)
		if s.Calls(omniumtest.OpStores) != 1 || s.Calls(omniumtest.OpMarkets) != 1 || len(s.Requests()) != 3 {
			t.Errorf("log = %+v, want the token and two requests", s.Requests())
		}
		s.Delay = func(*http.Request) time.Duration { return time.Hour }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://omnium.test/api/Markets", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		resp, err := c.transport.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("RoundTrip = %v after %v, want the deadline after 1s", err, time.Since(start))
		}
	})
}

func TestEventIsParsed(t *testing.T) {
	t.Parallel()
	s := newServer()
	body := s.Event(omniumtest.Event{ObjectID: "p"})
	if !strings.Contains(string(body), `"timestamp":"2025-10-14T00:00:00.0000000Z"`) {
		t.Errorf("Event = %s, want a timestamp with seven decimals", body)
	}
	notices, err := omnium.ParseWebhook(body)
	if err != nil {
		t.Fatal(err)
	}
	e := notices[0].Event
	if e.Resource != event.Product || e.Change != event.Changed || e.Objects[0] != "p" || !e.Time.Equal(day(14).Time) {
		t.Errorf("event = %+v, want a change of product p on the server's clock", e)
	}
	other, err := omnium.ParseWebhook(s.Event(omniumtest.Event{ObjectID: "p", OperationID: 140101, Market: "NOR"}))
	if err != nil || other[0].Event.ID == e.ID || other[0].Event.Change != event.Deleted || other[0].Event.Market != "NOR" {
		t.Errorf("event = %+v, %v, want a deletion in NOR with an id of its own", other, err)
	}
}

// The client works with the fake behind a real socket too, ids with slashes included.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PutProduct(omnium.Product{ID: "a/b_no", ProductID: "a/b"})
	server := httptest.NewServer(s)
	defer server.Close()
	c, err := omnium.New(omnium.Options{BaseURL: server.URL, ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"p", "a/b"} {
		if p, err := c.Product(t.Context(), id, "no", time.Now()); err != nil || p.ProductID != id {
			t.Errorf("Product(%q) = %+v, %v", id, p, err)
		}
	}
	if got, err := c.Products(t.Context(), []string{"p"}, "no"); err != nil || got["p"].Product == nil {
		t.Errorf("Products = %+v, %v", got, err)
	}
}

func TestSkewStepsTheStampsAlone(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.SetSkew(-time.Minute)
	s.PutProduct(omnium.Product{ID: "late_no", ProductID: "late"})
	c := newCaller(t, s)
	got := c.product(t, "/api/Products/late")
	if want := s.Now().Add(-time.Minute); got.Modified.Sub(want).Abs() > time.Second {
		t.Errorf("modified = %v, want about %v", got.Modified.Time, want)
	}
	if list := c.scroll(t, "POST", "/api/Products/Scroll", `{"productIds": ["late"]}`); len(list.Result) != 1 {
		t.Errorf("the search for it finds %d, want it in spite of its date", len(list.Result))
	}
}
