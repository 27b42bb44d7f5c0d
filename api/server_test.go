package api_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// pipeListener gives a server one connection in memory, so that its deadlines run on the bubble's
// clock.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (*pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// dialPipe serves handler on a connection in memory and returns the client's end.
func dialPipe(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	return servePipe(t, &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute})
}

// servePipe is dialPipe with a server of the caller's.
func servePipe(t *testing.T, srv *http.Server) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	l := &pipeListener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conns <- server
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = client.Close()
		_ = srv.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return client
}

func TestWebhookBodyThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		conn := dialPipe(t, h.handler)
		started := time.Now()
		_, err := fmt.Fprintf(conn, "POST /webhooks/omnium HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
			"Content-Length: 100\r\n\r\n{", hookToken)
		if err != nil {
			t.Fatalf("write request: %v", err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("ReadResponse: %v", err)
		}
		defer func() { _ = response.Body.Close() }()
		took := time.Since(started)
		if response.StatusCode != http.StatusRequestTimeout || took != 10*time.Second {
			t.Errorf("half a body = %d after %s, want 408 after 10s", response.StatusCode, took)
		}
	})
}

// The deadline of the body does not outlive it: a connection can be kept for longer.
func TestConnectionOutlivesTheBodyDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		conn := dialPipe(t, h.handler)
		reader := bufio.NewReader(conn)
		for range 2 {
			_, err := fmt.Fprintf(conn, "POST /webhooks/omnium HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
				"Content-Length: %d\r\n\r\n%s", hookToken, len(patched), patched)
			if err != nil {
				t.Fatalf("write request: %v", err)
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatalf("ReadResponse: %v", err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusAccepted {
				t.Errorf("post = %d, want 202", response.StatusCode)
			}
			time.Sleep(time.Minute) // the bubble's clock
		}
	})
}

// A wrong credential is answered although the body never comes.
func TestUnauthenticatedBodyIsNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := dialPipe(t, newHarness(t).handler)
		started := time.Now()
		_, err := io.WriteString(conn, "POST /webhooks/omnium HTTP/1.1\r\nHost: x\r\n"+
			"Authorization: Bearer wrong\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
		if err != nil {
			t.Fatalf("write request: %v", err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("ReadResponse: %v", err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized || time.Since(started) != 0 {
			t.Errorf("wrong credential = %d after %s, want 401 at once", response.StatusCode, time.Since(started))
		}
	})
}

func TestTooLargeOverTheWire(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHarness(t).handler)
	t.Cleanup(srv.Close)
	for name, body := range map[string]io.Reader{
		"length told": bytes.NewReader(make([]byte, 10<<20)),
		"chunked":     io.MultiReader(strings.NewReader("{"), bytes.NewReader(make([]byte, 10<<20))),
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/webhooks/omnium", body)
		if err != nil {
			t.Fatalf("NewRequest: %v", err)
		}
		r.Header.Set("Authorization", "Bearer "+hookToken)
		response, err := srv.Client().Do(r)
		if err != nil {
			t.Fatalf("%s: post 10 MB: %v", name, err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: post 10 MB = %d, want 413", name, response.StatusCode)
		}
	}
}

// Ids that mean something in a path arrive as they are through a real server and client.
func TestIDsInPathsOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	srv := httptest.NewServer(h.handler)
	t.Cleanup(srv.Close)
	for id, escaped := range map[string]string{
		"a/b": "a%2Fb", "..": "..", "%": "%25", "æ": "%C3%A6", "a/%æ": "a%2F%25%C3%A6", "%2F": "%252F",
		"a b": "a%20b", "a+b": "a+b", "?#": "%3F%23", "../x": "..%2Fx", "{}": "%7B%7D", "a;b": "a;b",
	} {
		key := job.Key{Resource: event.Product, ID: id}
		h.jobs.letters["fjell_no"] = []queue.DeadLetter{{Key: key, DiedAt: time.Unix(1, 0)}}
		url := srv.URL + "/admin/v1/tenants/fjell_no/dead-letters/product/" + escaped
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatalf("NewRequest: %v", err)
		}
		r.Header.Set("Authorization", "Bearer "+viewerToken)
		response, err := srv.Client().Do(r)
		if err != nil {
			t.Fatalf("GET %s: %v", url, err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("GET …/%s = %d %s, want 200 for id %q", escaped, response.StatusCode, body, id)
			continue
		}
		if got := decode[letter](t, answer{body: string(body)}); got.ID != id {
			t.Errorf("GET …/%s shows id %q, want %q", escaped, got.ID, id)
		}
	}
}
