package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector of traces.
type receiver struct {
	*harness

	mu    sync.Mutex
	spans []*otlp.Span
}

// collect makes replicas that start from now on send their traces to a collector.
func (h *harness) collect() *receiver {
	h.Helper()
	c := &receiver{harness: h}
	server := httptest.NewServer(c)
	h.Cleanup(server.Close)
	h.config = h.edited("queue:\n", "tracing: { otlpEndpoint: \""+server.URL+"\" }\nqueue:\n")
	return c
}

// ServeHTTP implements http.Handler.
func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if r.URL.Path != "/v1/traces" || err != nil || proto.Unmarshal(body, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = c.heard.Write(append(bytes.ReplaceAll(body, []byte("\n"), []byte(" ")), '\n')) // never fails
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range sent.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// named returns the spans whose names begin so.
func (c *receiver) named(prefix string) []*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*otlp.Span
	for _, s := range c.spans {
		if strings.HasPrefix(s.Name, prefix) {
			found = append(found, s)
		}
	}
	return found
}

// within returns the names of the spans of one trace, with how many there are.
func (c *receiver) within(trace []byte) map[string]int {
	names := map[string]int{}
	for _, s := range c.named("") {
		if bytes.Equal(s.TraceId, trace) {
			names[s.Name]++
		}
	}
	return names
}

// TestTraceOfAnEvent follows one event: webhook, queue, the reads and the writes are in one trace.
func TestTraceOfAnEvent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	c := h.collect()
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.settled()
	r.get("/readyz") // no event
	r.stop()         // sends what is left

	webhooks := c.named("webhook")
	if len(webhooks) != 1 {
		t.Fatalf("webhook spans = %d, want 1", len(webhooks))
	}
	names := c.within(webhooks[0].TraceId)
	// Two tenants, and a read that they share.
	for name, want := range map[string]int{
		"webhook": 1, "queue": 2, "run product": 2, "job product": 2, "flow product.create": 2,
	} {
		if names[name] != want {
			t.Errorf("spans %q in the trace = %d, want %d; all: %v", name, names[name], want, names)
		}
	}
	reads := 0
	for name, n := range names {
		if strings.HasPrefix(name, "omnium product") {
			reads += n
		}
	}
	if reads == 0 {
		t.Errorf("spans = %v, want a read of Omnium among them", names)
	}
	spans := map[string]*otlp.Span{}
	for _, s := range c.named("") {
		spans[hex.EncodeToString(s.SpanId)] = s
	}
	for _, s := range c.named("flow ") {
		if parent := spans[hex.EncodeToString(s.ParentSpanId)]; parent == nil || parent.Name != "run product" {
			t.Errorf("parent of %s = %v, want the run", s.Name, parent)
		}
	}
	for _, s := range c.named("run product") {
		if !bytes.Equal(s.ParentSpanId, webhooks[0].SpanId) {
			t.Errorf("parent of the run = %x, want the webhook %x", s.ParentSpanId, webhooks[0].SpanId)
		}
	}
}

// TestTraceOfCoalescedEvents has three events for one job: its run is in the trace of the newest and links
// to the others.
func TestTraceOfCoalescedEvents(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	c := h.collect()
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	for _, id := range []string{string(norway), string(sweden)} {
		r.admin(http.MethodPost, "/tenants/"+id+"/pause", nil, new(any))
	}
	for range 3 {
		r.deliver(h.changed("cup"))
	}
	for _, id := range []string{string(norway), string(sweden)} {
		r.admin(http.MethodPost, "/tenants/"+id+"/resume", nil, new(any))
	}
	h.settled()
	r.stop()

	webhooks, runs := c.named("webhook"), c.named("run product")
	if len(webhooks) != 3 || len(runs) != 2 {
		t.Fatalf("spans: %d webhooks and %d runs, want 3 and 2", len(webhooks), len(runs))
	}
	for _, run := range runs {
		of := map[string]bool{hex.EncodeToString(run.TraceId): true}
		for _, l := range run.Links {
			of[hex.EncodeToString(l.TraceId)] = true
		}
		for _, w := range webhooks {
			if !of[hex.EncodeToString(w.TraceId)] {
				t.Errorf("run belongs to %v, want the webhook %x among them", of, w.TraceId)
			}
		}
	}
}

// TestCollectorThatIsAway wants the work to go on, and one line in the log.
func TestCollectorThatIsAway(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	away := freeAddresses(t, 1)[0]
	h.config = h.edited("queue:\n", "tracing: { otlpEndpoint: \"http://"+away+"\" }\nqueue:\n")
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.deliver(h.changed("cup"))
	h.settled()
	r.stop()
	if lines := r.log.find(func(e entry) bool { return strings.Contains(e.Message, "spans are lost") }); len(lines) > 2 {
		t.Errorf("log = %+v, want little about a collector that is away", lines)
	}
}

// TestTracingOffCostsNothing wants no hook to exist: every call is behind a comparison with nil.
func TestTracingOffCostsNothing(t *testing.T) {
	t.Parallel()
	s := &service{}
	if s.traceOmnium() != nil || s.traceFlow(norway) != nil || s.traceJobs() != nil || s.traceOf() != nil {
		t.Error("hooks of a service without tracing exist, want none")
	}
	h := newHarness(t)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	r := h.start()
	r.admin(http.MethodPost, "/tenants/"+string(norway)+"/pause", nil, new(any))
	r.deliver(h.changed("cup"))
	jobs, _, err := h.jobs.Jobs(t.Context(), norway, "", "", 10)
	if err != nil || len(jobs) != 1 || jobs[0].Cause.Trace != "" {
		t.Errorf("jobs = %v, %v; want one without a trace", fmt.Sprintf("%+v", jobs), err)
	}
}
