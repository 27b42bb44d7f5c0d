package omnium_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func TestProductByEveryID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, id, lang string
		want           string // document id
		requests       map[string]int
	}{
		{"product id", "p", "no", "p_no", map[string]int{omniumtest.OpProduct: 1, omniumtest.OpProductRaw: 1}},
		{"sku of a variant", "p-1", "no", "p_no", map[string]int{omniumtest.OpProduct: 1, omniumtest.OpProductRaw: 1}},
		{"document id", "p_no", "no", "p_no", map[string]int{omniumtest.OpProduct: 1, omniumtest.OpProductRaw: 1}},
		{"default language", "p", "", "p_no", nil},
		{"alias of the default language", "p", "nb-NO", "p_no", nil},
		{"other language", "p", "sv", "p_sv", map[string]int{omniumtest.OpProduct: 1, omniumtest.OpProductRaw: 1}},
		{"alias of another language", "p", "se", "p_sv", map[string]int{omniumtest.OpScroll: 1}},
		{"document id of another language", "p_no", "sv", "p_sv", nil},
		{"sku in another language", "p-1", "SV", "p_sv", nil},
		{"missing language", "q", "sv", "q_no", map[string]int{omniumtest.OpScroll: 1}},
		{"unusual document id", "odd", "sv", "0815", map[string]int{omniumtest.OpScroll: 1}},
		{"neither wanted nor default language", "fi", "sv", "fi_fi", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.PutProduct(omnium.Product{ID: "odd_no", ProductID: "odd", Language: "no"})
			s.PutProduct(omnium.Product{ID: "0815", ProductID: "odd", Language: "sv"})
			s.PutProduct(omnium.Product{ID: "fi_fi", ProductID: "fi", Language: "fi"})
			c := newClient(t, s)
			p := read(t, c, test.id, test.lang)
			if p.ID != test.want {
				t.Errorf("Product(%q, %q) = document %q, want %q", test.id, test.lang, p.ID, test.want)
			}
			for op, want := range test.requests {
				wantCalls(t, s, op, want)
			}
			if s.OpenScrolls() != 0 {
				t.Errorf("open scrolls = %d, want 0", s.OpenScrolls())
			}
		})
	}
}

func TestProductHasAllPrices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, newServer())
		for _, lang := range []string{"no", "sv"} {
			if p := read(t, c, "p", lang); len(p.Prices) != 3 || p.Prices[0].UnitPrice != "199.50" {
				t.Errorf("prices in %s = %+v, want all three with their digits", lang, p.Prices)
			}
		}
	})
}

func TestKnownProductCostsOneRequest(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"no", "sv"} {
		s := newServer()
		c := newClient(t, s)
		read(t, c, "p-1", lang) // by sku first: its product id is what is remembered
		s.ResetCalls()
		read(t, c, "p", lang)
		wantCalls(t, s, omniumtest.OpProduct, 0)
		wantCalls(t, s, omniumtest.OpProductRaw, 1)
	}
}

func TestKnownDocumentMoves(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	read(t, c, "p", "sv")
	s.HardDelete("p_sv")
	if p := read(t, c, "p", "sv"); p.ID != "p_no" {
		t.Errorf("document = %q, want the default language's after the translation is gone", p.ID)
	}
	s.PutProduct(product("p", "sv"))
	if p := read(t, c, "p", "sv"); p.ID != "p_sv" {
		t.Errorf("document = %q, want the translation once it is back", p.ID)
	}
	// A document id may be given to another product.
	stolen := product("r", "sv")
	stolen.ID = "p_sv"
	s.PutProduct(stolen)
	if p := read(t, c, "p", "sv"); p.ProductID != "p" {
		t.Errorf("Product(p) = %q, want p", p.ProductID)
	}
}

func TestProductDeleted(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	read(t, c, "p", "sv")
	s.SoftDelete("p")
	for _, id := range []string{"p", "p_sv", "p-1"} {
		if p := read(t, c, id, "sv"); !p.Deleted() {
			t.Errorf("Product(%q).Status = %q after a soft delete, want Deleted", id, p.Status)
		}
	}
	s.HardDelete("p")
	for _, id := range []string{"p", "p_sv", "p-1", "never"} {
		if _, err := c.Product(t.Context(), id, "sv", time.Now()); !errors.Is(err, omnium.ErrNotFound) {
			t.Errorf("Product(%q) = %v after a hard delete, want ErrNotFound", id, err)
		}
	}
}

// A product that vanishes between two requests is not reported as deleted.
func TestProductChangesWhileRead(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusNotFound, nil, strings.HasSuffix(r.URL.Path, "/raw")
	}
	c := newClient(t, s)
	for _, lang := range []string{"no", "sv"} {
		_, err := c.Product(t.Context(), "p", lang, time.Now())
		if err == nil || errors.Is(err, omnium.ErrNotFound) || errors.Is(err, omnium.ErrMalformed) {
			t.Errorf("Product in %s = %v, want an error that is worth a retry", lang, err)
		}
	}
}

func TestProductErrors(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 408, 409, 500, 503} {
		s := newServer()
		s.Fail = func(r *http.Request) (int, http.Header, bool) { return status, nil, r.URL.Path != "/api/Token" }
		c := newClient(t, s, func(o *omnium.Options) { o.Transport = s.Transport() })
		_, err := c.Product(t.Context(), "p", "", time.Now())
		wantStatus(t, err, status)
		wantCalls(t, s, omniumtest.OpProduct, 1)
		_, err = c.Products(t.Context(), []string{"p"}, "")
		wantStatus(t, err, status)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer    string
		malformed bool
	}{
		"text where a bool belongs": {`{"id":"p_no","productId":"p","isActive":"yes"}`, true},
		"list":                      {`[]`, true},
		"null":                      {`null`, true},
		"empty object":              {`{}`, true},
		"nothing":                   {``, true},
		"error page":                {`<html>maintenance</html>`, false},
		"cut off":                   {`{"id":"p_no","prod`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := test.answer
				if r.URL.Path == "/api/Token" {
					answer = `{"accessToken":"t"}`
				}
				_, _ = w.Write([]byte(answer))
			})
			c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = omniumtest.Transport(handler) })
			_, err := c.Product(t.Context(), "p", "", time.Now())
			if err == nil || errors.Is(err, omnium.ErrMalformed) != test.malformed {
				t.Errorf("Product = %v, want ErrMalformed: %t", err, test.malformed)
			}
		})
	}
}

func TestProductIDFallsBackToID(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/Token" {
			_, _ = w.Write([]byte("token"))
			return
		}
		_, _ = w.Write([]byte(`{"id":"lone"}`))
	})
	c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = omniumtest.Transport(handler) })
	if p := read(t, c, "lone", "no"); p.ProductID != "lone" {
		t.Errorf("ProductID = %q, want lone", p.ProductID)
	}
}

func TestHostileIDs(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	for _, id := range []string{
		"", ".", "..", "../x", "../../Stores", "a/b", "a/../b", `a\b`, "{}", ":", "::", "//", "?x=1", "#x",
		"%2e%2e", "%", "a b", "a+b", "ä/ø", "a\x00b", "a\nb", "\xff", "raw", "Scroll", "x/raw", ";", ",", "variants",
		strings.Repeat("x", 512),
	} {
		s.ResetCalls()
		if _, err := c.Product(t.Context(), id, "no", time.Now()); !errors.Is(err, omnium.ErrNotFound) {
			t.Errorf("Product(%q) = %v, want ErrNotFound", id, err)
		}
		for _, r := range s.Requests() {
			if r.Op != omniumtest.OpProduct && r.Op != omniumtest.OpProductRaw && r.Op != omniumtest.OpToken {
				t.Errorf("Product(%q) requested %s %s", id, r.Method, r.Path)
			}
		}
	}
	// The same characters are fine in an id that exists.
	for _, id := range []string{"../x", "a/b", "{}", ":", "%2e%2e", "a b", "?x=1", "Scroll"} {
		s.PutProduct(product(id, "no"))
		if p := read(t, c, id, "no"); p.ProductID != id {
			t.Errorf("Product(%q) = %q", id, p.ProductID)
		}
	}
}

func TestReadsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return time.Second }
		c := newClient(t, s)
		read(t, c, "q", "no") // the token
		s.ResetCalls()
		begin := time.Now()
		var wg sync.WaitGroup
		shared := func(after time.Duration, since time.Time) {
			wg.Go(func() {
				time.Sleep(after)
				if _, err := c.Product(t.Context(), "p", "no", since); err != nil {
					t.Errorf("Product: %v", err)
				}
			})
		}
		shared(0, begin)
		shared(0, begin)
		shared(500*time.Millisecond, begin)                  // joins the read under way
		shared(2500*time.Millisecond, begin)                 // takes the one just finished
		shared(2600*time.Millisecond, begin.Add(-time.Hour)) // so does this
		wg.Wait()
		wantCalls(t, s, omniumtest.OpProductRaw, 1)
		time.Sleep(10 * time.Second)
		shared(0, begin) // too old to be kept
		wg.Wait()
		wantCalls(t, s, omniumtest.OpProductRaw, 2)
	})
}

// An object that changes after a read began may not be seen by it: a job that was claimed later must
// not be given that read.
func TestEarlierReadIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.PutProduct(omnium.Product{ID: "p_no", ProductID: "p", Language: "no", Name: "old"})
		c := newClient(t, s)
		read(t, c, "p", "no")
		// The answer is on its way for a second after it was made.
		slow := slowAnswers{s.Transport(), time.Second}
		c = newClient(t, s, func(o *omnium.Options) { o.Transport = slow })
		names := make(chan string, 2)
		get := func() {
			p, err := c.Product(t.Context(), "p", "no", time.Now())
			if err != nil {
				t.Errorf("Product: %v", err)
			} else {
				names <- p.Name
			}
		}
		var wg sync.WaitGroup
		wg.Go(get)
		time.Sleep(2500 * time.Millisecond) // token and first answer are there, the second is on its way
		s.PatchProduct("p", func(p *omnium.Product) { p.Name = "new" })
		wg.Go(get)
		wg.Wait()
		if first, second := <-names, <-names; first != "old" || second != "new" {
			t.Errorf("reads = %q, %q, want old, then new", first, second)
		}
	})
}

type slowAnswers struct {
	next http.RoundTripper
	by   time.Duration
}

func (s slowAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	timer := time.NewTimer(s.by)
	defer timer.Stop()
	<-timer.C
	return resp, err
}

func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	s := newServer()
	fail := true
	s.Fail = func(*http.Request) (int, http.Header, bool) { return http.StatusInternalServerError, nil, fail }
	c := newClient(t, s)
	since := time.Now()
	if _, err := c.Product(t.Context(), "p", "no", since); err == nil {
		t.Fatal("Product = nil error, want the failure")
	}
	fail = false
	if _, err := c.Product(t.Context(), "p", "no", since); err != nil {
		t.Errorf("Product after the failure: %v", err)
	}
}

func TestLeavingASharedRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return time.Second }
		c := newClient(t, s)
		begin := time.Now()
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Product(first, "p", "no", begin); !errors.Is(err, context.Canceled) {
				t.Errorf("Product = %v for the one who left, want context.Canceled", err)
			}
		})
		wg.Go(func() {
			if _, err := c.Product(t.Context(), "p", "no", begin); err != nil {
				t.Errorf("Product = %v for the one who stayed", err)
			}
		})
		synctest.Wait()
		leave()
		wg.Wait()
		wantCalls(t, s, omniumtest.OpProductRaw, 1)

		// When all leave, the read ends and nobody joins it.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.Product(ctx, "q", "no", begin); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Product = %v, want context.DeadlineExceeded", err)
		}
		if _, err := c.Product(t.Context(), "q", "no", begin); err != nil {
			t.Errorf("Product after an abandoned read: %v", err)
		}
	})
}

func TestSampleDocuments(t *testing.T) {
	t.Parallel()
	s := omniumtest.New()
	s.ClientSecret = secret
	for _, name := range []string{"product_with_variants", "product_single_sku", "product_soft_deleted"} {
		if err := s.PutDocument(json.RawMessage(sample(t, name))); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, s)
	for id, want := range map[string]int{"ff-1041": 3, "ff-1041-navy-m": 3, "ff-2070_no": 0, "ff-0907": 0} {
		if p := read(t, c, id, "no"); len(p.Variants) != want || p.Name == "" {
			t.Errorf("Product(%q) has %d variants and the name %q, want %d and a name", id, len(p.Variants), p.Name, want)
		}
	}
}
