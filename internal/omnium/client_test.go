package omnium_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/rest"
)

const secret = "s3cr3t-of-the-user"

// newServer returns a fake with the product p in Norwegian and Swedish and q in Norwegian.
func newServer() *omniumtest.Server {
	s := omniumtest.New()
	s.ClientSecret = secret
	s.PutProduct(product("p", "no"))
	s.PutProduct(product("p", "sv"))
	s.PutProduct(product("q", "no"))
	return s
}

// product is a product with one variant, p-1, a price now, one to come and one of a customer.
func product(id, language string) omnium.Product {
	from := func(day int) omnium.Time {
		return omnium.Time{Time: time.Date(2000, 1, day, 0, 0, 0, 0, time.UTC)}
	}
	return omnium.Product{
		ID: id + "_" + language, ProductID: id, Language: language, Name: id + " in " + language,
		Status: "Active", IsActive: true,
		Prices: []omnium.Price{
			{UnitPrice: "199.50", MarketID: "NOR", ValidFrom: omnium.Time{Time: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}},
			{UnitPrice: "149", MarketID: "NOR", ValidFrom: from(20)},
			{UnitPrice: "99", MarketID: "NOR", CustomerID: "c"},
		},
		Variants: []omnium.Product{{ID: id + "-1", ProductID: id, SkuID: id + "-1"}},
	}
}

// newClient returns a client of s whose traffic is held against the specification. change may edit
// the options.
func newClient(t *testing.T, s *omniumtest.Server, change ...func(*omnium.Options)) *omnium.Client {
	t.Helper()
	o := omnium.Options{
		BaseURL: "https://omnium.test", ClientID: "client", ClientSecret: secret, Language: "no",
		Transport: checked(t, s.Transport()),
	}
	for _, f := range change {
		f(&o)
	}
	c, err := omnium.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, c *omnium.Client, id, lang string) *omnium.Product {
	t.Helper()
	p, err := c.Product(t.Context(), id, lang, time.Now())
	if err != nil {
		t.Fatalf("Product(%q, %q): %v", id, lang, err)
	}
	return p
}

func wantCalls(t *testing.T, s *omniumtest.Server, op string, want int) {
	t.Helper()
	if got := s.Calls(op); got != want {
		t.Errorf("%s requests = %d, want %d", op, got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := omnium.Options{BaseURL: "https://omnium.test", ClientID: "c", ClientSecret: "s"}
	if _, err := omnium.New(good); err != nil {
		t.Fatalf("New(%+v) = %v", good, err)
	}
	for name, change := range map[string]func(*omnium.Options){
		"no base URL":          func(o *omnium.Options) { o.BaseURL = "" },
		"relative base URL":    func(o *omnium.Options) { o.BaseURL = "/api" },
		"no client id":         func(o *omnium.Options) { o.ClientID = "" },
		"no secret":            func(o *omnium.Options) { o.ClientSecret = "" },
		"negative concurrency": func(o *omnium.Options) { o.MaxConcurrent = -1 },
		"negative rate":        func(o *omnium.Options) { o.RequestsPerSecond = -1 },
		"negative timeout":     func(o *omnium.Options) { o.Timeout = -1 },
	} {
		o := good
		change(&o)
		if _, err := omnium.New(o); err == nil {
			t.Errorf("New with %s = nil error", name)
		}
	}
}

func TestTokenIsKeptAndRenewedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.TokenLife = time.Hour
		c := newClient(t, s)
		read(t, c, "p", "")
		time.Sleep(53 * time.Minute)
		read(t, c, "p", "")
		wantCalls(t, s, omniumtest.OpToken, 1)
		time.Sleep(2 * time.Minute)
		read(t, c, "p", "")
		wantCalls(t, s, omniumtest.OpToken, 2)
		for _, r := range s.Requests() {
			if r.Status == http.StatusUnauthorized {
				t.Errorf("%s %s answered 401: the token was renewed too late", r.Method, r.Path)
			}
		}
	})
}

func TestTokenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return 10 * time.Millisecond }
		c := newClient(t, s)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := c.Stores(t.Context()); err != nil {
					t.Errorf("Stores: %v", err)
				}
			})
		}
		wg.Wait()
		wantCalls(t, s, omniumtest.OpToken, 1)
	})
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	read(t, c, "p", "")
	s.RevokeTokens()
	s.ResetCalls()
	read(t, c, "p", "")
	wantCalls(t, s, omniumtest.OpToken, 1)
	wantCalls(t, s, omniumtest.OpProductRaw, 2)

	s.Fail = func(r *http.Request) (int, http.Header, bool) {
		return http.StatusUnauthorized, nil, r.URL.Path != "/api/Token"
	}
	s.ResetCalls()
	_, err := c.Stores(t.Context())
	wantStatus(t, err, http.StatusUnauthorized)
	wantCalls(t, s, omniumtest.OpStores, 2)
	wantCalls(t, s, omniumtest.OpToken, 1)
}

func wantStatus(t *testing.T, err error, want int) {
	t.Helper()
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.StatusCode != want {
		t.Errorf("error = %v, want *rest.Error with status %d", err, want)
	}
}

func TestDisabledUser(t *testing.T) {
	t.Parallel()
	s := newServer()
	c := newClient(t, s)
	read(t, c, "p", "")
	s.DisableUser(true)
	_, err := c.Stores(t.Context())
	wantStatus(t, err, http.StatusUnauthorized)
	s.DisableUser(false)
	if _, err := c.Stores(t.Context()); err != nil {
		t.Errorf("Stores after the user is active again: %v", err)
	}
}

func TestTokenForms(t *testing.T) {
	t.Parallel()
	const jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjk1MDAwMDAwMH0.c2ln"
	for name, test := range map[string]struct {
		answer string
		bearer string
	}{
		"JSON":             {`{"accessToken":"` + jwt + `","expiresIn":864000}`, jwt},
		"JSON, odd expiry": {`{"accessToken":"` + jwt + `","expiresIn":"864000"}`, jwt},
		"sample": {
			`{"accessToken":"eyJhbGciOiJub25lIn0.SAMPLE.SIGNATURE","tokenType":"Bearer","expiresIn":864000}`,
			"eyJhbGciOiJub25lIn0.SAMPLE.SIGNATURE",
		},
		"no expiry":    {`{"accessToken":"opaque"}`, "opaque"},
		"bare text":    {jwt + "\n", jwt},
		"string":       {`"` + jwt + `"`, jwt},
		"error page":   {"<html>maintenance</html>", ""},
		"empty":        {"", ""},
		"other object": {`{"message":"no"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/Token" {
					_, _ = w.Write([]byte(test.answer))
					return
				}
				got = r.Header.Get("Authorization")
				_, _ = w.Write([]byte("[]"))
			})
			c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = omniumtest.Transport(handler) })
			_, err := c.Stores(t.Context())
			if test.bearer == "" {
				if err == nil || got != "" {
					t.Errorf("Stores = %v after sending %q, want an error and no request", err, got)
				}
				return
			}
			if err != nil || got != "Bearer "+test.bearer {
				t.Errorf("Stores = %v with Authorization %q, want %q", err, got, test.bearer)
			}
		})
	}
}

// failing is a RoundTripper that fails for all paths that begin with prefix.
type failing struct {
	prefix string
	next   http.RoundTripper
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, f.prefix) {
		return nil, fmt.Errorf("dial: connection refused")
	}
	return f.next.RoundTrip(r)
}

// quoting is something that speaks no HTTP and answers with what it was sent, which net/http then quotes.
type quoting struct{}

func (quoting) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("malformed HTTP response %q", "500 unknown command "+r.URL.RequestURI())
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	refused := newServer()
	refused.DisableUser(true)
	failed := newServer()
	failed.Fail = func(*http.Request) (int, http.Header, bool) { return http.StatusInternalServerError, nil, true }
	for name, transport := range map[string]http.RoundTripper{
		"refused":              refused.Transport(),
		"failed":               failed.Transport(),
		"token unreachable":    failing{"/api/Token", newServer().Transport()},
		"products unreachable": failing{"/api/Products", newServer().Transport()},
		"no HTTP":              quoting{},
	} {
		c := newClient(t, newServer(), func(o *omnium.Options) { o.Transport = transport })
		_, err := c.Product(t.Context(), "p", "", time.Now())
		if err == nil {
			t.Fatalf("%s: Product = nil error", name)
		}
		for _, leak := range []string{secret, "https://", "eyJ"} {
			if shown := fmt.Sprintf("%v %+v", err, err); strings.Contains(shown, leak) {
				t.Errorf("%s: error %q shows %q", name, shown, leak)
			}
		}
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	s := newServer()
	c := newClient(t, s, func(o *omnium.Options) {
		o.Observe = func(op string, status int, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen[fmt.Sprintf("%s %d", op, status)]++
		}
	})
	read(t, c, "p", "")
	if _, err := c.Product(t.Context(), "none", "", time.Now()); !errors.Is(err, omnium.ErrNotFound) {
		t.Fatalf("Product(none) = %v, want ErrNotFound", err)
	}
	for _, want := range []string{
		"token 200", "product.read 200", "product.raw 200", "product.read 404", "product.raw 404",
	} {
		if seen[want] != 1 {
			t.Errorf("Observe saw %v, want %q once", seen, want)
		}
	}
}

func TestConcurrencyAndRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return 100 * time.Millisecond }
		c := newClient(t, s, func(o *omnium.Options) { o.MaxConcurrent, o.RequestsPerSecond = 3, 20 })
		start := time.Now()
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if _, err := c.Stores(t.Context()); err != nil {
					t.Errorf("Stores: %v", err)
				}
			})
		}
		wg.Wait()
		if s.Peak() > 3 {
			t.Errorf("requests in flight = %d, want at most 3", s.Peak())
		}
		if took := time.Since(start); took < 1800*time.Millisecond || took > 2500*time.Millisecond {
			t.Errorf("40 requests at 20/s took %v, want about 2 s", took)
		}
	})
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(*http.Request) time.Duration { return time.Hour }
		c := newClient(t, s, func(o *omnium.Options) { o.MaxConcurrent, o.Timeout = 1, 2*time.Hour })
		for range 2 { // the second one waits for a slot or for the token
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			_, err := c.Product(ctx, "p", "", time.Now())
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("Product = %v after %v, want the deadline after 1 s", err, time.Since(start))
			}
		}
		synctest.Wait()
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.Delay = func(r *http.Request) time.Duration {
			if r.URL.Path == "/api/Token" {
				return 0
			}
			return time.Hour
		}
		c := newClient(t, s, func(o *omnium.Options) { o.Timeout = 3 * time.Second })
		start := time.Now()
		_, err := c.Stores(t.Context())
		if err == nil || time.Since(start) != 3*time.Second {
			t.Errorf("Stores = %v after %v, want an error after 3 s", err, time.Since(start))
		}
	})
}
