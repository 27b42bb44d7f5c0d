package omnium_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func TestProductsInBulk(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PageSize = 7
	var ids []string
	for i := range 300 {
		id := fmt.Sprintf("b%03d", i)
		ids = append(ids, id, id) // a repeated id is asked for once
		s.PutProduct(product(id, "no"))
		s.PutProduct(product(id, "sv"))
	}
	s.SoftDelete("b007")
	c := newClient(t, s)
	got, err := c.Products(t.Context(), append(ids, "", "none"), "se")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 299 {
		t.Errorf("Products = %d results, want 299", len(got))
	}
	for _, absent := range []string{"b007", "none", ""} {
		if r, ok := got[absent]; ok {
			t.Errorf("Products[%q] = %+v, want it absent", absent, r)
		}
	}
	if r := got["b129"]; r.Err != nil || r.Product.ID != "b129_sv" || len(r.Product.Prices) != 3 {
		t.Errorf("Products[b129] = %+v, want the Swedish document with all prices", r)
	}
	wantCalls(t, s, omniumtest.OpScroll, 2)
	if s.OpenScrolls() != 0 {
		t.Errorf("open scrolls = %d, want 0: scrolls are always drained", s.OpenScrolls())
	}
}

func TestProductsOfNothing(t *testing.T) {
	t.Parallel()
	s := newServer()
	got, err := newClient(t, s).Products(t.Context(), []string{""}, "")
	if err != nil || len(got) != 0 || len(s.Requests()) != 0 {
		t.Errorf("Products of nothing = %v, %v after %d requests, want no request", got, err, len(s.Requests()))
	}
}

func TestMalformedNeighbour(t *testing.T) {
	t.Parallel()
	s := newServer()
	for _, raw := range []string{
		`{"id":"bad_no","productId":"bad","isActive":"yes"}`,
		`{"id":"half_no","productId":"half","isActive":"yes"}`,
		`{"id":"half_sv","productId":"half","language":"sv","isActive":true}`,
	} {
		if err := s.PutDocument([]byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	got, err := c.Products(t.Context(), []string{"p", "bad", "half", "q"}, "no")
	if err != nil {
		t.Fatal(err)
	}
	if len(transport.take()) == 0 {
		t.Error("a malformed document keeps to the specification, which is then too lax")
	}
	for _, id := range []string{"p", "q"} {
		if r := got[id]; r.Err != nil || r.Product == nil {
			t.Errorf("Products[%q] = %+v, want the product", id, r)
		}
	}
	// The language that is wanted is malformed: another one would hide that.
	for _, id := range []string{"bad", "half"} {
		if r := got[id]; !errors.Is(r.Err, omnium.ErrMalformed) || r.Product != nil {
			t.Errorf("Products[%q] = %+v, want ErrMalformed", id, r)
		}
	}
	if r := mustProducts(t, c, "sv", "half")["half"]; r.Err != nil || r.Product.ID != "half_sv" {
		t.Errorf("Products[half] in sv = %+v, want its good document", r)
	}
	transport.take()
}

func mustProducts(t *testing.T, c *omnium.Client, lang string, ids ...string) map[string]omnium.ProductResult {
	t.Helper()
	got, err := c.Products(t.Context(), ids, lang)
	if err != nil {
		t.Fatalf("Products(%v): %v", ids, err)
	}
	return got
}

func TestBulkLanguages(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.PutProduct(omnium.Product{ID: "m_nb", ProductID: "m", Language: "nb"})
	s.PutProduct(omnium.Product{ID: "m_nn", ProductID: "m", Language: "nn"})
	s.PutProduct(omnium.Product{ID: "m_de", ProductID: "m", Language: "de"})
	s.PutProduct(omnium.Product{ID: "f_fi", ProductID: "f", Language: "fi"})
	s.PutProduct(omnium.Product{ID: "f_de", ProductID: "f", Language: "de"})
	c := newClient(t, s)
	for _, test := range []struct{ id, lang, want string }{
		{"m", "nn", "m_nn"},
		{"m", "no", "m_nb"},    // an alias; the smallest id
		{"m", "nn-NO", "m_nb"}, // not a spelling that exists
		{"m", "DE", "m_de"},
		{"m", "en", "m_nb"}, // Options.Language is no
		{"m", "", "m_nb"},
		{"f", "en", "f_de"}, // neither
		{"f", "fi", "f_fi"},
		{"p", "se", "p_sv"},
	} {
		if r := mustProducts(t, c, test.lang, test.id)[test.id]; r.Err != nil || r.Product.ID != test.want {
			t.Errorf("Products(%q, %q) = %+v, want document %q", test.id, test.lang, r, test.want)
		}
	}
}

func TestOneScrollAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.PageSize = 1
		var peak atomic.Int64
		s.Delay = func(r *http.Request) time.Duration {
			if r.Method == http.MethodPost && r.URL.Path == "/api/Products/Scroll" {
				peak.Store(max(peak.Load(), int64(s.OpenScrolls())))
			}
			return 10 * time.Millisecond
		}
		c := newClient(t, s)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 25 * time.Millisecond)
				if _, err := c.Products(t.Context(), []string{"p", "q"}, "no"); err != nil {
					t.Errorf("Products: %v", err)
				}
			})
		}
		wg.Wait()
		if peak.Load() != 0 {
			t.Errorf("scrolls open when another was started = %d, want 0", peak.Load())
		}
		wantCalls(t, s, omniumtest.OpScroll, 4)
	})
}

func TestScrollExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.PageSize = 1
		s.ScrollIdle = time.Second
		s.Delay = func(r *http.Request) time.Duration {
			if r.Method == http.MethodGet {
				return 2 * time.Second
			}
			return 0
		}
		c := newClient(t, s)
		_, err := c.Products(t.Context(), []string{"p", "q"}, "no")
		wantStatus(t, err, http.StatusNotFound)
		if errors.Is(err, omnium.ErrNotFound) {
			t.Error("an expired scroll was taken for a missing product")
		}
	})
}

func TestScrollThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/Token" {
				_, _ = w.Write([]byte("token"))
				return
			}
			_, _ = w.Write([]byte(`{"result":[{"id":"p_no"},7],"scrollId":"again"}`))
		})
		c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = omniumtest.Transport(handler) })
		if _, err := c.Products(t.Context(), []string{"p"}, "no"); err == nil {
			t.Error("Products = nil error for a scroll without end")
		}
	})
}

func TestScrollLags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.IndexLag = 2 * time.Second
		c := newClient(t, s)
		if got := mustProducts(t, c, "no", "p"); len(got) != 0 {
			t.Errorf("Products before the index has it = %v, want nothing", got)
		}
		read(t, c, "p", "no") // a read by id sees it at once
		time.Sleep(2 * time.Second)
		if got := mustProducts(t, c, "no", "p"); got["p"].Product == nil {
			t.Errorf("Products after the lag = %v, want p", got)
		}
	})
}
