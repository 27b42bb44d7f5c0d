// Package tracing follows an event from the webhook through the queue to the reads and writes that it
// leads to, and sends what it sees to a collector by OTLP over HTTP. Spans hold names, tenants, resources,
// operations, states and the ids of events; never a body, a query, a header or an address.
//
// What is off costs nothing: whoever has no *Tracer calls nothing here. Only events are traced: the
// catch-up and its jobs have no trace, and neither have their requests.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options configure a Tracer.
type Options struct {
	// Endpoint is the URL of the collector; without a path, /v1/traces is meant. Required.
	Endpoint string
	// Version is that of the service.
	Version string
	// Instance tells the replicas apart.
	Instance string
	Log      zerolog.Logger
}

// Tracer makes spans and sends them in the background. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// New returns a tracer, or an error when the endpoint is no URL. It connects when there is something to
// send; a collector that is away is logged once and costs spans, never work. The environment of
// OpenTelemetry (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS and others) holds beside the options.
func New(ctx context.Context, o Options) (*Tracer, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" {
		return nil, errors.New("tracing: the endpoint is no URL")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	about := resource.NewSchemaless(
		attribute.String("service.name", "omniflow"),
		attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", o.Instance),
	)
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&quiet{SpanExporter: exporter, log: o.Log}), sdk.WithResource(about))
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/omniflow/omniflow")}, nil
}

// Close sends what is left until ctx ends. Spans that end later are lost.
func (t *Tracer) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("tracing: send the last spans: %w", err)
	}
	return nil
}

// quiet logs the first of a row of failures instead of handing each to OpenTelemetry's global handler.
type quiet struct {
	sdk.SpanExporter

	log    zerolog.Logger
	failed atomic.Bool
}

// ExportSpans implements sdk.SpanExporter.
func (q *quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := q.SpanExporter.ExportSpans(ctx, spans)
	if before := q.failed.Swap(err != nil); err != nil && !before {
		q.log.Warn().Err(err).Int("spans", len(spans)).Msg("the collector does not take traces; spans are lost")
	}
	return nil
}
