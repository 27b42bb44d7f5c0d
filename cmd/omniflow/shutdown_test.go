package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// TestTermUnderLoad sends SIGTERM to a process that is taking webhooks and pushing to a slow Flow. A load
// balancer takes it out when it says that it is not ready. Every request that was sent is answered 202, also
// one whose body was half there; what runs is finished, nothing is done twice, and all that within the grace.
func TestTermUnderLoad(t *testing.T) {
	t.Parallel()
	const products, grace = 6, 10 * time.Second
	h := newHarness(t, func(s *settings) { s.Grace, s.Drain = grace.String(), "1s" })
	h.slow(150 * time.Millisecond)
	r := h.spawn()
	load := r.pourUntilOut(products)
	h.eventually("there is load", func() error {
		if n := load.taken.Load(); n < 60 {
			return fmt.Errorf("%d requests were taken", n)
		}
		return nil
	})
	h.omnium.PutProduct(simple("half", "Halv"))
	finish := r.halfARequest(h.changed("half"))

	began := time.Now()
	r.ask()
	h.eventually("the replica is not ready", r.ready(http.StatusServiceUnavailable))
	load.out.Store(true)
	if status := finish(); !strings.HasPrefix(status, "HTTP/1.1 202 ") {
		t.Errorf("a request that was half there = %q, want 202", status)
	}
	load.senders.Wait()
	receive(h, "serve ends when asked to", r.ended)
	if took := time.Since(began); took > grace || r.err != nil {
		t.Errorf("the process ended after %v with %v, want nil within %v", took, r.err, grace)
	}
	for _, id := range []tenant.ID{norway, sweden} {
		if s, err := h.jobs.Stats(t.Context(), id); err != nil || s.Leased != 0 {
			t.Errorf("Stats(%s) after the end = %+v, %v, want no lease left behind", id, s, err)
		}
	}
	next := h.start()
	h.wantNoStaleness(products)
	h.wantNothingTwice(products)
	if lost := next.log.find(func(e entry) bool { return e.Message == leaseRanOut }); len(lost) > 0 {
		t.Errorf("leases that ran out = %+v, want none", lost)
	}
}

// load are senders that go on until a load balancer would not send them here any more.
type load struct {
	out     atomic.Bool
	taken   atomic.Int64
	senders sync.WaitGroup
}

// pourUntilOut renames products and tells of it, on connections that are kept, and wants every answer to be
// 202.
func (r *replica) pourUntilOut(products int) *load {
	l := &load{}
	kept := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: products}, Timeout: patience}
	r.Cleanup(kept.CloseIdleConnections)
	for i := range products {
		id := fmt.Sprintf("p%d", i)
		r.omnium.PutProduct(simple(id, fmt.Sprintf(versioned, 0)))
		l.senders.Go(func() {
			for v := 1; !l.out.Load(); v++ {
				r.rename(id, fmt.Sprintf(versioned, v))
				if status, err := r.sendOn(kept, r.changed(id)); status != http.StatusAccepted {
					r.Errorf("POST number %d about %s = %d, %v, want 202", v, id, status, err)
					return
				}
				l.taken.Add(1)
			}
		})
	}
	return l
}

func (r *replica) sendOn(c *http.Client, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.url+"/webhooks/omnium", strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+webhookToken)
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, err
}

// halfARequest sends half a webhook; what it returns sends the rest and reads the answer.
func (r *replica) halfARequest(body []byte) func() string {
	r.Helper()
	var d net.Dialer
	conn, err := d.DialContext(r.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = conn.Close() })
	half := len(body) / 2
	_, err = fmt.Fprintf(conn, "POST /webhooks/omnium HTTP/1.1\r\nHost: omniflow\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		webhookToken, len(body), body[:half])
	if err != nil {
		r.Fatal(err)
	}
	return func() string {
		if _, err := conn.Write(body[half:]); err != nil {
			return err.Error()
		}
		answer, err := io.ReadAll(conn) // the service says that it closes the connection
		if err != nil {
			return err.Error()
		}
		return string(answer)
	}
}

// wantNothingTwice wants no version of a product to have been written twice.
func (h *harness) wantNothingTwice(products int) {
	h.Helper()
	for _, id := range []tenant.ID{norway, sweden} {
		for i := range products {
			history := h.versions(id, fmt.Sprintf("p%d", i))
			for n := 1; n < len(history); n++ {
				if history[n] == history[n-1] {
					h.Errorf("versions of p%d in %s = %v, want each once", i, id, history)
					break
				}
			}
		}
	}
}
