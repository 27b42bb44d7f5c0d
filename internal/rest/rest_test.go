package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const secret = "s3cret-that-must-not-show"

func newClient(t *testing.T, o rest.Options) *rest.Client {
	t.Helper()
	if o.BaseURL == "" {
		o.BaseURL = "https://api.example.com/v2"
	}
	c, err := rest.New(o)
	if err != nil {
		t.Fatalf("rest.New(%q): %v", o.BaseURL, err)
	}
	return c
}

// roundTrip is an in-memory transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answering(status int, body string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: make(http.Header), Request: r,
			Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "api.example.com", "/v2", "ftp://api.example.com", "https://", "http://a b", "https://x/\x7f",
		"https://user:" + secret + "@api.example.com", "https://api.example.com?key=" + secret,
		"https://api.example.com#" + secret, "https://user:" + secret + "@", "ftp://user:" + secret + "@x",
	} {
		_, err := rest.New(rest.Options{BaseURL: base})
		if err == nil {
			t.Errorf("New(%q) = nil, want an error", base)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("New(%q) shows the secret: %v", base, err)
		}
	}
}

func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var gotBody string
	c := newClient(t, rest.Options{BaseURL: "https://api.example.com/v2/", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got, gotBody = r, ""
		if r.Body != nil {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("read body: %v", err)
			}
			gotBody = string(raw)
		}
		return answering(200, "")(r)
	})})
	_, err := c.Do(t.Context(), rest.Request{
		Method: "PUT", Path: "/a%2Fb", Query: url.Values{"q": {"x y"}}, Label: "thing.put",
		Body: map[string]int{"n": 1}, Bearer: "token",
	}, nil)
	if err != nil {
		t.Fatalf("Do: %v", err)
	}
	for name, pair := range map[string][2]string{
		"method":        {got.Method, "PUT"},
		"URL":           {got.URL.String(), "https://api.example.com/v2/a%2Fb?q=x+y"},
		"body":          {gotBody, `{"n":1}`},
		"Accept":        {got.Header.Get("Accept"), "application/json"},
		"Content-Type":  {got.Header.Get("Content-Type"), "application/json"},
		"Authorization": {got.Header.Get("Authorization"), "Bearer token"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", name, pair[0], pair[1])
		}
	}
	if _, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/x", Label: "thing.get"}, nil); err != nil {
		t.Fatalf("Do: %v", err)
	}
	if got.Header.Get("Authorization") != "" || got.Header.Get("Content-Type") != "" || gotBody != "" {
		t.Errorf("GET without body and token has headers %v and body %q, want neither", got.Header, gotBody)
	}
}

func TestDoDecodes(t *testing.T) {
	t.Parallel()
	type answer struct{ A json.Number }
	for _, tt := range []struct {
		name, body string
		out        any
		decodeErr  bool
	}{
		{"object", `{"A":1.50,"unknown":true}`, &answer{}, false},
		{"nothing wanted", `this is not JSON`, nil, false},
		{"no body", ``, &answer{}, false},
		{"white space only", " \r\n", &answer{}, false},
		{"not JSON", `<html>`, &answer{}, true},
		{"cut off", `{"A":1`, &answer{}, true},
		{"another shape", `[]`, &answer{}, true},
		{"trailing data", `{"A":1}{}`, &answer{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, rest.Options{Transport: answering(200, tt.body)})
			status, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, tt.out)
			if _, is := errors.AsType[*rest.DecodeError](err); is != tt.decodeErr || (err != nil) != tt.decodeErr || status != 200 {
				t.Errorf("Do of %q = %d, %v, want 200 and *DecodeError %v", tt.body, status, err, tt.decodeErr)
			}
		})
	}
}

func TestDecodeErrorUnwraps(t *testing.T) {
	t.Parallel()
	c := newClient(t, rest.Options{Transport: answering(200, "<")})
	var out struct{}
	_, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, &out)
	if _, ok := errors.AsType[*json.SyntaxError](err); !ok || !strings.HasPrefix(err.Error(), "thing.get: decode answer: ") {
		t.Errorf("Do = %v, want the label and a *json.SyntaxError", err)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	c := newClient(t, rest.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answering(200, "")(r)
		resp.Body = io.NopCloser(io.TeeReader(endless{}, counter{&read}))
		return resp, err
	})})
	var out any
	_, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, &out)
	if _, ok := errors.AsType[*rest.DecodeError](err); !ok {
		t.Errorf("Do of an endless answer = %v, want *DecodeError", err)
	}
	if got, limit := read.Load(), int64(64<<20+1); got > limit {
		t.Errorf("Do read %d bytes, want at most %d", got, limit)
	}
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

func TestEveryStatusOutside2xxIsAnError(t *testing.T) {
	t.Parallel()
	for status := 200; status <= 599; status++ {
		c := newClient(t, rest.Options{Transport: answering(status, "why")})
		got, err := c.Do(t.Context(), rest.Request{Method: "PUT", Path: "/x", Label: "thing.put"}, nil)
		answer, is := errors.AsType[*rest.Error](err)
		if got != status || is != (status > 299) || (err != nil) != is {
			t.Errorf("Do with status %d = %d, %v", status, got, err)
		}
		if is && (answer.StatusCode != status || answer.Body != "why" || answer.Method != "PUT" || answer.Label != "thing.put") {
			t.Errorf("Do with status %d = %#v, want all of it in the error", status, answer)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	t.Cleanup(other.Close)
	srv := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(srv.Close)
	c := newClient(t, rest.Options{BaseURL: srv.URL})
	status, err := c.Do(t.Context(), rest.Request{Method: "POST", Path: "/", Label: "thing.add", Bearer: secret, Body: "x"}, nil)
	if _, ok := errors.AsType[*rest.Error](err); !ok || status != http.StatusTemporaryRedirect {
		t.Errorf("Do = %d, %v, want *rest.Error with 307", status, err)
	}
	if elsewhere.Load() {
		t.Error("Do followed the redirect to another host")
	}
}

// TestErrorsKeepSecrets holds for every way in which a request can fail.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, o := range map[string]rest.Options{
		"refused connection": {BaseURL: closed.URL},
		"network error":      {Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") })},
		"echoing server": {Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return answering(400, "cannot "+r.URL.String()+" with "+r.Header.Get("Authorization")+" "+r.URL.Query().Get("clientSecret"))(r)
		})},
		"broken body": {Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := answering(200, "")(r)
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), broken{}))
			return resp, err
		})},
		"not JSON": {Transport: answering(200, secret)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, o)
			var out struct{}
			_, err := c.Do(t.Context(), rest.Request{
				Method: "POST", Path: "/path-with-id", Label: "token", Bearer: secret,
				Query: url.Values{"clientSecret": {secret + " &"}, "page": {"1"}},
			}, &out)
			if err == nil {
				t.Fatal("Do = nil, want an error")
			}
			text := err.Error()
			if answer, ok := errors.AsType[*rest.Error](err); ok {
				if text += answer.Body; !strings.Contains(answer.Body, "page=1") {
					t.Errorf("body = %q, want it to keep what is no secret", answer.Body)
				}
			}
			if strings.Contains(text, secret) || strings.Contains(err.Error(), "path-with-id") {
				t.Errorf("Do error %q shows a secret or the path", text)
			}
			if !strings.Contains(text, "token") {
				t.Errorf("Do error %q does not name the label", text)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestErrorBodyIsAnExcerpt(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"long":                       strings.Repeat("x", 100_000),
		"cut within a character":     "x" + strings.Repeat("å", 5000),
		"not text":                   "a\xff\xfeb",
		"secret across the boundary": strings.Repeat("x", 2040) + secret,
	} {
		c := newClient(t, rest.Options{Transport: answering(502, body)})
		_, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get", Bearer: secret}, nil)
		answer, ok := errors.AsType[*rest.Error](err)
		if !ok {
			t.Fatalf("%s: Do = %v, want *rest.Error", name, err)
		}
		if len(answer.Body) > 2048 || strings.ToValidUTF8(answer.Body, "") != answer.Body || strings.Contains(answer.Body, "s3cret") {
			t.Errorf("%s: body has %d bytes, want at most 2048 of valid text without the secret", name, len(answer.Body))
		}
	}
}

// TestConnectionIsReused holds after answers and errors alike, read or not.
func TestConnectionIsReused(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, strings.Repeat(" ", 30_000))
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := newClient(t, rest.Options{BaseURL: srv.URL, Transport: transport})
	for range 5 {
		for _, path := range []string{"/ok", "/fail"} {
			_, _ = c.Do(t.Context(), rest.Request{Method: "GET", Path: path, Label: "thing.get"}, nil)
		}
	}
	if got := conns.Load(); got != 1 {
		t.Errorf("10 calls in a row used %d connections, want 1", got)
	}
}

func TestTimeoutAndCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, rest.Options{Timeout: 5 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		start := time.Now()
		status, err := c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, nil)
		if took := time.Since(start); status != 0 || !errors.Is(err, context.DeadlineExceeded) || took != 5*time.Second {
			t.Errorf("Do of a hung server = %d, %v after %s, want 0 and a deadline after 5s", status, err, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Do(ctx, rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Do of a cancelled caller = %v, want context.Canceled", err)
		}
	})
}

func TestWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	c := newClient(t, rest.Options{Transport: answering(200, "")})
	for name, r := range map[string]rest.Request{
		"body without JSON": {Method: "POST", Path: "/", Body: make(chan int)},
		"bad method":        {Method: "PU T", Path: "/"},
		"bad path":          {Method: "GET", Path: "/%zz"},
	} {
		r.Label = "thing.do"
		if status, err := c.Do(t.Context(), r, nil); err == nil || status != 0 || !strings.Contains(err.Error(), "thing.do") {
			t.Errorf("Do with %s = %d, %v, want 0 and an error with the label", name, status, err)
		}
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var label string
		var status int
		var took time.Duration
		c := newClient(t, rest.Options{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				return answering(404, "")(r)
			}),
			Observe: func(l string, s int, d time.Duration) { label, status, took = l, s, d },
		})
		_, _ = c.Do(t.Context(), rest.Request{Method: "GET", Path: "/", Label: "thing.get"}, nil)
		if label != "thing.get" || status != 404 || took != time.Second {
			t.Errorf("Observe was told %q, %d, %s, want thing.get, 404, 1s", label, status, took)
		}
	})
}
