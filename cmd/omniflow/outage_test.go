package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// intakeLog is what came of the events that were posted during an outage; each event had a product
// of its own.
type intakeLog struct {
	accepted []string // products
	refused  int
}

// pour posts an event about a new product every few milliseconds, until done is closed. The prefix
// sets the products of one call apart from those of another.
func (r *replica) pour(prefix string, done <-chan struct{}) *intakeLog {
	log := new(intakeLog)
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-done:
			return log
		case <-tick.C:
		}
		id := fmt.Sprintf("%s%d", prefix, n)
		r.omnium.PutProduct(simple(id, "Produkt "+id))
		a := r.post(r.changed(id))
		switch {
		case a.status == http.StatusAccepted:
			log.accepted = append(log.accepted, id)
		case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
			log.refused++
		default:
			r.Errorf("POST while Redis comes and goes = %d %s %v, want 202, or 503 with Retry-After",
				a.status, a.body, a.err)
		}
	}
}

func TestRedisGoesAwayUnderLoad(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease)
	h.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: time.Millisecond} })
	r := h.start()
	done := make(chan struct{})
	var log *intakeLog
	var pouring sync.WaitGroup
	pouring.Go(func() { log = r.pour("p", done) })
	for range 2 {
		h.eventually("Flow gets products", h.growth())
		h.redis.Kill()
		h.eventually("the service is not ready", r.ready(http.StatusServiceUnavailable))
		if a := r.get("/healthz"); a.status != http.StatusOK {
			t.Errorf("GET /healthz without Redis = %d %v, want 200", a.status, a.err)
		}
		if a := r.request(http.MethodGet, "/admin/v1/tenants", adminToken, nil); a.status != http.StatusServiceUnavailable {
			t.Errorf("GET /admin/v1/tenants without Redis = %d %v, want 503", a.status, a.err)
		}
		if up := r.metric("omniflow_redis_up"); up != "0" {
			t.Errorf("omniflow_redis_up without Redis = %q, want 0", up)
		}
		h.redis.Restart()
		h.eventually("the service is ready", r.ready(http.StatusOK))
	}
	h.eventually("Flow gets products", h.growth())
	close(done)
	pouring.Wait()

	if len(log.accepted) == 0 || log.refused == 0 {
		t.Errorf("answers = %d accepted, %d refused, want some of both", len(log.accepted), log.refused)
	}
	r.wantOrderly(log)
}

// growth is content as soon as Flow has more requests than now.
func (h *harness) growth() func() error {
	before := h.flow.Requests()
	return func() error {
		if h.flow.Requests() < before+20 {
			return errors.New("too few requests")
		}
		return nil
	}
}

// ready is content when the readiness check answers with the status.
func (r *replica) ready(want int) func() error {
	return func() error {
		if a := r.get("/readyz"); a.err != nil || a.status != want {
			return errors.Join(fmt.Errorf("GET /readyz = %d, want %d", a.status, want), a.err)
		}
		return nil
	}
}

func TestServiceStartsBeforeRedis(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	h.redis.Stop()
	r := h.start()
	if err := r.ready(http.StatusServiceUnavailable)(); err != nil {
		t.Error(err)
	}
	if a := r.post(h.changed("cup")); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("POST without Redis = %d, Retry-After %q, want 503 and one", a.status, a.header.Get("Retry-After"))
	}
	h.redis.Restart()
	h.eventually("the service is ready", r.ready(http.StatusOK))
	r.deliver(h.changed("cup"))
	h.settled()
	r.stop()
}

func TestStopWithoutRedis(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.settled()
	h.redis.Kill()
	r.stop()
}

// freeze makes Redis keep its connections and answer nobody for a while.
func (h *harness) freeze(d time.Duration) {
	h.Helper()
	h.redisDo("CLIENT", "PAUSE", d.Milliseconds(), "ALL")
}

func TestRedisFreezesForLongerThanALease(t *testing.T) {
	t.Parallel()
	const products = 4
	h := newHarness(t, shortLease)
	h.slow(15 * time.Millisecond)
	r := h.start()
	h.storm(products, 0, 10, r)
	h.freeze(2500 * time.Millisecond)
	started := time.Now()
	a := r.post(h.changed("p0"))
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("POST while Redis is frozen = %d %v, want 503 with Retry-After", a.status, a.err)
	}
	if took := time.Since(started); took > 6*time.Second {
		t.Errorf("POST while Redis is frozen took %v, want an answer before the sender gives up", took)
	}
	h.eventually("the service is ready", r.ready(http.StatusOK))
	h.storm(products, 10, 10, r)
	h.wantNoStaleness(products)
	if dead := r.deadLetters(norway); len(dead) > 0 {
		t.Errorf("dead letters = %+v, want none", dead)
	}
}

func TestStopWhileRedisIsFrozen(t *testing.T) {
	t.Parallel()
	h := newHarness(t, shortLease, func(s *settings) { s.Grace = "1s" })
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.settled()
	h.freeze(patience)
	started := time.Now()
	r.ask()
	receive(h, "serve ends when asked to", r.ended)
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("stop while Redis is frozen took %v, want a bounded time", took)
	}
}

// redisDo sends a command to Redis itself.
func (h *harness) redisDo(command ...any) {
	h.Helper()
	if err := h.redis.Client().Do(h.Context(), command...).Err(); err != nil {
		h.Fatalf("%v: %v", command, err)
	}
}

func TestRedisThatRefusesWrites(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ refuse, allow []any }{
		"out of memory": {
			[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"},
		},
		"replica after a failover": {
			[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.omnium.PutProduct(simple("before", "before"))
			h.omnium.PutProduct(simple("after", "after"))
			r := h.start()
			caught := h.hang(func(r flowtest.Request) bool { return r.ProductUID == "before" && r.Tenant == string(norway) })
			r.deliver(h.changed("before"))
			receive(h, "Flow gets the push", caught)
			h.redisDo(tt.refuse...)
			a := r.post(h.changed("after"))
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				t.Errorf("POST = %d %s %v, want 503 with Retry-After", a.status, a.body, a.err)
			}
			h.redisDo(tt.allow...)
			h.heal()
			h.flow.Close() // the push that hangs fails now
			r.deliver(h.changed("after"))
			h.settled()
		})
	}
}

func TestScriptsThatRedisForgetsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	for i := range 5 {
		h.rename("cup", fmt.Sprintf("Kopp %d", i))
		h.redisDo("SCRIPT", "FLUSH")
		r.deliver(h.changed("cup"))
		h.settled()
	}
}
