package main

import (
	"context"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/rest"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/internal/tracing"
)

// newTracing returns the tracer of this replica; nil when the configuration turns it off: then none of
// the hooks below exists.
func newTracing(
	ctx context.Context, cfg config.Tracing, instance string, log zerolog.Logger,
) (*tracing.Tracer, error) {
	if cfg.OTLPEndpoint == "" {
		return nil, nil //nolint:nilnil // nothing is wrong, and nothing is traced
	}
	return tracing.New(ctx, tracing.Options{
		Endpoint: cfg.OTLPEndpoint, Version: version(), Instance: instance, Log: log,
	})
}

func (s *service) traceOmnium() rest.Trace {
	if s.tracing == nil {
		return nil
	}
	return s.tracing.Calls("omnium")
}

func (s *service) traceFlow(id tenant.ID) rest.Trace {
	if s.tracing == nil {
		return nil
	}
	return s.tracing.Calls("flow", attribute.String("omniflow.tenant", string(id)))
}

func (s *service) traceJobs() func(context.Context, []job.Job) (context.Context, func()) {
	if s.tracing == nil {
		return nil
	}
	return s.tracing.Jobs
}

func (s *service) traceOf() func(context.Context) string {
	if s.tracing == nil {
		return nil
	}
	return s.tracing.Of
}

// lastSpans is how long a stopping service waits for the collector.
const lastSpans = 2 * time.Second

// closeTracing sends the spans that are left.
func (s *service) closeTracing() {
	if s.tracing == nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.root, lastSpans)
	defer cancel()
	if err := s.tracing.Close(ctx); err != nil {
		s.log.Warn().Err(err).Msg("the last spans are lost")
	}
}
