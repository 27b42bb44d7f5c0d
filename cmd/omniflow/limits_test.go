package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// wire is a listener in memory, so that the deadlines of a server run on the bubble's clock.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (*wire) Addr() net.Addr { return &net.TCPAddr{} }

func (w *wire) dial() net.Conn {
	client, server := net.Pipe()
	w.conns <- server
	return client
}

// onWire serves what the service would, with a handler of the test's, until the bubble ends.
func onWire(t *testing.T, limit int, handler http.HandlerFunc) *wire {
	t.Helper()
	w := &wire{conns: make(chan net.Conn, 16), closed: make(chan struct{})}
	server := newServer(handler, limit, zerolog.Nop())
	done := make(chan error, 1)
	go func() { done <- server.Serve(w) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	return w
}

// say writes a text and does not mind when nobody reads it to its end.
func say(conn net.Conn, text string) {
	go func() { _, _ = io.WriteString(conn, text) }()
}

// hearAll reads until the server closes the connection, and says how long that took.
func hearAll(conn net.Conn) (string, time.Duration) {
	began := time.Now()
	heard, _ := io.ReadAll(conn) // a closed pipe is the end, too
	return string(heard), time.Since(began)
}

// TestSlowClientsAreCutOff: whoever keeps the server waiting, for a header, a body, or to take its answer,
// loses the connection.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		says    string
		reads   bool
		within  time.Duration
		handler http.HandlerFunc
	}{
		"says nothing":           {"", true, 5 * time.Second, nil},
		"half a line":            {"GET / HT", true, 5 * time.Second, nil},
		"headers without an end": {"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n", true, 5 * time.Second, nil},
		"a body that stops": {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx", true, 20 * time.Second, func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			if err == nil {
				w.WriteHeader(http.StatusOK)
			}
		}},
		"a body that nobody reads": {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx", true, 21 * time.Second, nil},
		"keeps the connection":     {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, 2 * time.Minute, nil},
		"takes no answer": {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, 31 * time.Second, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 1<<20))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := tt.handler
				if handler == nil {
					handler = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
				}
				conn := onWire(t, 100, handler).dial()
				defer func() { _ = conn.Close() }()
				say(conn, tt.says)
				if !tt.reads {
					time.Sleep(tt.within) // the bubble's clock
				}
				if _, took := hearAll(conn); took > tt.within {
					t.Errorf("the connection was closed after %v, want %v", took, tt.within)
				}
			})
		})
	}
}

// TestDrippingHeadersAreCutOff sends a header line every second, for ever.
func TestDrippingHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := onWire(t, 100, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }).dial()
		defer func() { _ = conn.Close() }()
		var dripping sync.WaitGroup
		defer dripping.Wait()
		dripping.Go(func() {
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n")
			for i := 0; err == nil; i++ {
				time.Sleep(time.Second)
				_, err = fmt.Fprintf(conn, "X-%d: y\r\n", i)
			}
		})
		if _, took := hearAll(conn); took > 6*time.Second {
			t.Errorf("the connection was closed after %v, want 5s", took)
		}
	})
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"one that is large": "X: " + strings.Repeat("x", 80<<10) + "\r\n",
		"many":              strings.Repeat("X: y\r\n", 20_000),
		"the address":       "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := onWire(t, 100, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }).dial()
				defer func() { _ = conn.Close() }()
				path := "/"
				if header == "" {
					path += strings.Repeat("x", 80<<10)
				}
				say(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n"+header+"\r\n")
				if heard, _ := hearAll(conn); !strings.HasPrefix(heard, "HTTP/1.1 431 ") {
					t.Errorf("too large a header = %.60q, want 431", heard)
				}
			})
		})
	}
}

// TestRequestsAreNotSmuggled: where a proxy might see another end of a request, the server sees none, and
// what would be the next request is not answered.
func TestRequestsAreNotSmuggled(t *testing.T) {
	t.Parallel()
	const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, request := range map[string]string{
		"two lengths":            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 37\r\n\r\n" + hidden,
		"two lengths in a line":  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 37\r\n\r\n" + hidden,
		"negative length":        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + hidden,
		"signed length":          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + hidden,
		"unknown coding":         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
		"two codings":            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
		"two lines of codings":   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"space before the colon": "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
		"vertical tab":           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" + hidden,
		"newline in a header":    "POST / HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: 37\r\n\r\n" + hidden,
		"bad chunk":              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + hidden,
		"chunk with a sign":      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-0\r\n\r\n" + hidden,
		"no host":                "GET / HTTP/1.1\r\n\r\n" + hidden,
		"two hosts":              "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + hidden,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				conn := onWire(t, 100, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/hidden" {
						t.Error("the hidden request arrived")
					}
					body, err := io.ReadAll(r.Body)
					if bodies = append(bodies, string(body)); err != nil {
						w.WriteHeader(http.StatusBadRequest)
					}
				}).dial()
				defer func() { _ = conn.Close() }()
				say(conn, request)
				heard, took := hearAll(conn)
				refused := strings.HasPrefix(heard, "HTTP/1.1 400 ") || strings.HasPrefix(heard, "HTTP/1.1 501 ")
				if !refused || strings.Count(heard, "HTTP/1.1 ") != 1 || took > time.Second {
					t.Errorf("= %.80q after %v, want 400 or 501 only, and the end", heard, took)
				}
				if strings.Contains(strings.Join(bodies, ""), "hidden") {
					t.Errorf("bodies = %q, want the hidden request in none", bodies)
				}
			})
		})
	}
}

// TestCodingDecidesBeforeLength: with both, the body ends where the chunks do (RFC 9112 §6.3), and what
// follows is a request of its own, which needs a credential of its own.
func TestCodingDecidesBeforeLength(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []string
		conn := onWire(t, 100, func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			got = append(got, fmt.Sprintf("%s %s %q %q %v", r.Method, r.URL.Path, body, r.Header.Get("Content-Length"), err))
		}).dial()
		say(conn, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"+
			"GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		hearAll(conn)
		if want := []string{`POST /a "{}" "" <nil>`, `GET /b "" "" <nil>`}; !slices.Equal(got, want) {
			t.Errorf("requests = %q, want %q", got, want)
		}
	})
}

// TestIdleConnectionsGiveWay: with as many connections as there may be, those that say nothing are closed
// for a newcomer, the longest idle first, and none that is busy.
func TestIdleConnectionsGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := onWire(t, 3, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/busy" {
				<-release
			}
		})
		get := func(conn net.Conn, path string) error {
			say(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		}
		busy := w.dial()
		answered := make(chan error, 1)
		go func() { answered <- get(busy, "/busy") }()
		synctest.Wait()
		second, third := w.dial(), w.dial()
		for _, conn := range []net.Conn{second, third} {
			if err := get(conn, "/"); err != nil {
				t.Fatalf("a connection within the limit: %v", err)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		if err := get(w.dial(), "/"); err != nil {
			t.Errorf("one connection too many: %v, want it served", err)
		}
		if err := get(second, "/"); err == nil {
			t.Error("the longest idle connection is still served, want it closed")
		}
		if err := get(third, "/"); err != nil {
			t.Errorf("the other idle connection: %v, want it served", err)
		}
		close(release)
		if err := <-answered; err != nil {
			t.Errorf("the busy connection: %v, want it served", err)
		}
	})
}

// TestNewcomersWaitWhileAllAreBusy: nobody who is being served is cut off for them.
func TestNewcomersWaitWhileAllAreBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := onWire(t, 2, func(http.ResponseWriter, *http.Request) { time.Sleep(10 * time.Second) })
		began := time.Now()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				conn := w.dial()
				defer func() { _ = conn.Close() }()
				say(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
				if heard, _ := hearAll(conn); !strings.HasPrefix(heard, "HTTP/1.1 200 ") {
					t.Errorf("= %q, want 200", heard)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("six requests of 10s, two at once, took %v, want 30s", took)
		}
	})
}
