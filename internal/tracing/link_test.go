package tracing_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/omniflow/omniflow/internal/tracing"
)

func newTracer(t *testing.T, endpoint string) *tracing.Tracer {
	t.Helper()
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: endpoint, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

// TestOf wants a word of 32 characters for what is traced, and nothing for what is not or is not sampled.
func TestOf(t *testing.T) {
	t.Parallel()
	collector := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(collector.Close)
	tracer := newTracer(t, collector.URL)
	t.Cleanup(func() { _ = tracer.Close(context.WithoutCancel(t.Context())) })
	at := trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}}
	if got := tracer.Of(trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(at))); got != "" {
		t.Errorf("Of what is not sampled = %q, want nothing", got)
	}
	at.TraceFlags = trace.FlagsSampled
	if got := tracer.Of(trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(at))); len(got) != 32 {
		t.Errorf("Of = %q, want 32 characters", got)
	}
	if got := tracer.Of(t.Context()); got != "" {
		t.Errorf("Of what is not traced = %q, want nothing", got)
	}
}

func TestEndpointMustBeAURL(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"", "collector", "http://", "%"} {
		if _, err := tracing.New(t.Context(), tracing.Options{Endpoint: endpoint}); err == nil {
			t.Errorf("New with the endpoint %q = nil, want an error", endpoint)
		}
	}
}
