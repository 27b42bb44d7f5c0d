package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestReadinessFallsFirst stops a replica: it says that it is not ready while it still takes webhooks.
func TestReadinessFallsFirst(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Drain = "2s" })
	h.omnium.PutProduct(simple("cup", "Kopp"))
	stopping := h.start()
	stopping.ask()
	h.eventually("the replica is not ready", stopping.ready(http.StatusServiceUnavailable))
	stopping.deliver(h.changed("cup"))
	resp, err := client().Get(stopping.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !resp.Close {
		t.Errorf("GET /healthz while stopping = %d, closes the connection: %t; want 200 and true", resp.StatusCode, resp.Close)
	}
	stopping.stop()
	// What it has taken meanwhile is for the next one.
	h.start()
	h.settled()
}

// TestDrainKeepsWithinTheGrace has a delay that is longer than the grace.
func TestDrainKeepsWithinTheGrace(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(s *settings) { s.Grace, s.Drain = "1s", "5m" })
	r := h.start()
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a stop with one second's grace took %v", took)
	}
}

// TestRollingRestartBehindHAProxy restarts two replicas one after the other behind the HAProxy
// of deploy/haproxy, under load: every webhook is answered 202.
func TestRollingRestartBehindHAProxy(t *testing.T) {
	t.Parallel()
	program, found := tool(t, "haproxy")
	if !found {
		return
	}
	h := newHarness(t, func(s *settings) { s.Drain = "4s" })
	addresses := freeAddresses(t, 3)
	front := h.balance(program, addresses[0], addresses[1:])
	replicas := []*replica{h.spawnAt(addresses[1]), h.spawnAt(addresses[2])}
	h.eventually("both replicas are in rotation", front.serving(2))

	done := make(chan struct{})
	var load sync.WaitGroup
	var sent atomic.Int64
	for sender := range 4 {
		load.Go(func() { sent.Add(front.pour(fmt.Sprintf("s%d-", sender), done)) })
	}
	for at := range replicas {
		replicas[at].stop()
		replicas[at] = h.spawnAt(addresses[1+at])
		h.eventually("both replicas are in rotation", front.serving(2))
	}
	close(done)
	load.Wait()
	t.Logf("%d webhooks; requests that HAProxy had to repeat: %s", sent.Load(), front.stat("wretr"))
	if sent.Load() < 100 {
		t.Errorf("%d webhooks were sent, want some load", sent.Load())
	}
	h.settled()
}

// balancer is an HAProxy with the configuration of deploy/haproxy.
type balancer struct {
	*harness

	url, socket string
}

// balance runs HAProxy until the test ends.
func (h *harness) balance(program, bind string, replicas []string) *balancer {
	h.Helper()
	dir, err := os.MkdirTemp("", "omniflow") // a socket's path must be short
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	b := &balancer{harness: h, url: "http://" + bind, socket: filepath.Join(dir, "stats")}
	also := filepath.Join(dir, "stats.cfg")
	if err := os.WriteFile(also, []byte("global\n    stats socket "+b.socket+"\n"), 0o600); err != nil {
		h.Fatal(err)
	}
	// The signal comes when every replica has ended: it is not t.Context that ends it.
	ctx, stop := context.WithCancel(context.WithoutCancel(h.Context()))
	cmd := exec.CommandContext(ctx, program, "-db", "-f", "../../deploy/haproxy/haproxy.cfg", "-f", also)
	cmd.Env = []string{"HAPROXY_BIND=" + bind, "OMNIFLOW_1=" + replicas[0], "OMNIFLOW_2=" + replicas[1]}
	cmd.Stdout, cmd.Stderr = h.heard, h.heard
	if err := cmd.Start(); err != nil {
		h.Fatalf("start %s: %v", program, err)
	}
	h.Cleanup(func() { stop(); _ = cmd.Wait() }) // it was killed
	return b
}

// serving is content when n replicas are in rotation.
func (b *balancer) serving(n int) func() error {
	return func() error {
		states := b.stat("status")
		if up := strings.Count(states, "UP"); up != n {
			return fmt.Errorf("states of the replicas: %q, want %d UP", states, n)
		}
		return nil
	}
}

// stat returns a column of HAProxy's statistics, one word per replica.
func (b *balancer) stat(column string) string {
	conn, err := net.Dial("unix", b.socket)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("show stat omniflow 4 -1\n")); err != nil {
		return err.Error()
	}
	var text strings.Builder
	buf := make([]byte, 4096)
	for n := 1; n > 0; {
		n, _ = conn.Read(buf) // HAProxy closes at the end
		text.Write(buf[:n])
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	at := slices.Index(strings.Split(strings.TrimPrefix(lines[0], "# "), ","), column)
	var words []string
	for _, line := range lines[1:] {
		if fields := strings.Split(line, ","); at >= 0 && at < len(fields) {
			words = append(words, fields[at])
		}
	}
	return strings.Join(words, " ")
}

// pour posts events about products until done is closed, wants every one to be taken, and returns how
// many there were.
func (b *balancer) pour(prefix string, done <-chan struct{}) int64 {
	front := &replica{harness: b.harness, url: b.url}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := int64(0); ; n++ {
		select {
		case <-done:
			return n
		case <-tick.C:
		}
		id := fmt.Sprintf("%s%d", prefix, n%50)
		b.omnium.PutProduct(simple(id, fmt.Sprintf("Produkt %d", n)))
		a := front.post(b.changed(id))
		var got tally
		if err := json.Unmarshal(a.body, &got); a.status != http.StatusAccepted || err != nil {
			b.Errorf("POST during a rolling restart = %d %s %v, want 202", a.status, a.body, errors.Join(a.err, err))
			return n
		}
	}
}

// spawnAt runs a replica as a process of its own at an address.
func (h *harness) spawnAt(address string) *replica {
	h.Helper()
	of := *h
	of.config = h.edited("127.0.0.1:0", address)
	return of.spawn()
}

// freeAddresses are addresses of ports that nobody has taken.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}
