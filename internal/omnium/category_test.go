package omnium_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func sampleCategories(t *testing.T) []string {
	t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal(sample(t, "categories"), &list); err != nil {
		t.Fatal(err)
	}
	var documents []string
	for _, raw := range list {
		documents = append(documents, string(raw))
	}
	return documents
}

// TestCategoryLanguages reads one category, and all, in the wanted language, the default one, or any.
func TestCategoryLanguages(t *testing.T) {
	t.Parallel()
	s := newServer()
	putRaw(t, s, omniumtest.Categories, sampleCategories(t)...)
	putRaw(t, s, omniumtest.Categories,
		`{"id":"sko_sv","categoryId":"sko","parentId":"klaer","language":"sv","name":"Skor"}`,
		`{"id":"bare","categoryId":"bare"}`)
	tests := []struct{ id, lang, name string }{
		{"jakker", "no", "Jakker"},
		{"jakker", "en", "Jackets"},
		{"jakker", "", "Jakker"},
		{"jakker", "fi", "Jakker"},
		{"sko", "no", "Skor"},
		{"sko", "fi", "Skor"},
		{"bare", "no", ""},
	}
	c := newClient(t, s)
	for _, test := range tests {
		got, err := c.Category(t.Context(), test.id, test.lang, time.Now())
		if err != nil || got.Name != test.name || got.CategoryID != test.id {
			t.Errorf("Category(%s, %q) = %+v, %v; want the name %q", test.id, test.lang, got, err, test.name)
		}
		all, err := c.Categories(t.Context(), test.lang, time.Time{})
		if err != nil || all[test.id] == nil || all[test.id].Name != test.name {
			t.Errorf("Categories(%q)[%s] = %+v, %v; want the name %q", test.lang, test.id, all[test.id], err, test.name)
		}
	}
	if got, err := c.Category(t.Context(), "jakker_en", "no", time.Now()); err != nil || got.CategoryID != "jakker" {
		t.Errorf("Category(jakker_en) = %+v, %v; want jakker", got, err)
	}
	for _, id := range []string{"none", "", ".", "GetCategoryTree", "getcategorytree"} {
		if _, err := c.Category(t.Context(), id, "no", time.Now()); !errors.Is(err, omnium.ErrNotFound) {
			t.Errorf("Category(%q) = %v, want ErrNotFound", id, err)
		}
	}
	wantCalls(t, s, omniumtest.OpCategoryScroll, 1)
}

// TestCategoriesAreRead in pages, once for everybody, and without those that cannot be read.
func TestCategoriesAreRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.PageSize = 3
		for i := range 10 {
			putRaw(t, s, omniumtest.Categories, fmt.Sprintf(`{"id":"c%d_no","categoryId":"c%d","language":"no"}`, i, i))
		}
		putRaw(t, s, omniumtest.Categories, `{"id":"odd","categoryId":"odd","name":[1]}`, `{"id":"none"}`)
		transport := checked(t, s.Transport())
		c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
		for since, scrolls := range map[time.Time]int{{}: 1, time.Now(): 1} {
			all, err := c.Categories(t.Context(), "no", since)
			if err != nil || len(all) != 10 {
				t.Errorf("Categories = %d, %v; want 10", len(all), err)
			}
			wantCalls(t, s, omniumtest.OpCategoryScroll, scrolls)
		}
		time.Sleep(time.Second)
		for _, want := range []int{2, 3} {
			if _, err := c.Categories(t.Context(), "no", time.Now()); err != nil {
				t.Error(err)
			}
			wantCalls(t, s, omniumtest.OpCategoryScroll, want)
			time.Sleep(time.Minute)
			if _, err := c.Categories(t.Context(), "no", time.Time{}); err != nil {
				t.Error(err)
			}
		}
		if s.OpenScrolls() != 0 {
			t.Errorf("open scrolls = %d, want none", s.OpenScrolls())
		}
		if len(transport.take()) == 0 {
			t.Error("malformed documents keep to the specification, which is then too lax")
		}
	})
}

func TestCategoryMalformed(t *testing.T) {
	t.Parallel()
	s := newServer()
	putRaw(t, s, omniumtest.Categories, `{"id":"odd","categoryId":"odd","name":[1]}`, `{"id":"none"}`)
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	for _, id := range []string{"odd", "none"} {
		if _, err := c.Category(t.Context(), id, "no", time.Now()); !errors.Is(err, omnium.ErrMalformed) {
			t.Errorf("Category(%s) = %v, want ErrMalformed", id, err)
		}
	}
	transport.take()
}

func TestCategorySearchRefusesMuch(t *testing.T) {
	t.Parallel()
	s := newServer()
	for body, want := range map[string]int{`{"take":10001}`: 400, `{"sortOrder":"x"}`: 400, `{"take":10000,"language":"no"}`: 200} {
		if got := post(t, s, "/api/ProductCategories/ScrollSearch", body); got != want {
			t.Errorf("ScrollSearch with %s = %d, want %d", body, got, want)
		}
	}
}

// post sends a body with a token and returns the status.
func post(t *testing.T, s *omniumtest.Server, path, body string) int {
	t.Helper()
	bearer := send(t, s.Transport(), http.MethodPost, "/api/Token?clientId=client&clientSecret="+secret, "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://omnium.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
