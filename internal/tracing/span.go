package tracing

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/worker"
)

// Webhook begins a trace for every request to path. A trace that the request names is not gone on with:
// it comes from outside.
func (t *Tracer) Webhook(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := t.tracer.Start(r.Context(), "webhook", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		rec := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(rec, r.WithContext(ctx))
		finish(span, rec.Status())
	})
}

// Jobs begins the work on jobs that one handler gets at once. It goes on in the trace of the newest event of
// the first job that has one, and links to every other event: those that were coalesced, and those of the
// other jobs. How long a job has waited is a span of its own trace.
func (t *Tracer) Jobs(ctx context.Context, jobs []job.Job) (context.Context, func()) {
	var all []trace.SpanContext
	for i := range jobs {
		of := places(jobs[i].Cause.Trace)
		if len(of) > 0 {
			t.waited(ctx, &jobs[i], of[0])
		}
		all = append(all, of...)
	}
	if len(all) == 0 {
		return ctx, func() {}
	}
	first := &jobs[0]
	ctx, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, all[0]), "run "+string(first.Resource),
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links(all[1:])...),
		trace.WithAttributes(
			attribute.String("omniflow.tenant", string(first.Tenant)),
			attribute.String("omniflow.resource", string(first.Resource)),
			attribute.String("omniflow.lane", first.Lane.String()),
			attribute.Int("omniflow.jobs", len(jobs)),
		))
	return ctx, func() { span.End() }
}

// waited is the time of a job in the queue.
func (t *Tracer) waited(ctx context.Context, j *job.Job, at trace.SpanContext) {
	claimed := j.Claimed
	if claimed.Before(j.Enqueued) { // two clocks
		claimed = j.Enqueued
	}
	_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, at), "queue", trace.WithTimestamp(j.Enqueued), trace.WithAttributes(describe(j)...))
	span.End(trace.WithTimestamp(claimed))
}

// Settled is the end of one job's run, in the trace of its newest event.
func (t *Tracer) Settled(ctx context.Context, r worker.Report) {
	j, o := &r.Job, r.Outcome
	of := places(j.Cause.Trace)
	if len(of) == 0 {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, of[0]), "job "+string(j.Resource), trace.WithTimestamp(now.Add(-r.Took)),
		trace.WithLinks(links(of[1:])...), trace.WithAttributes(describe(j)...),
		trace.WithAttributes(
			attribute.String("omniflow.outcome", string(o.Verdict)),
			attribute.String("omniflow.result", o.Result),
			attribute.String("omniflow.reason", o.Reason),
			attribute.String("omniflow.settled", string(r.Settled)),
			attribute.Int("omniflow.reads", o.Reads),
			attribute.Int("omniflow.writes", o.Writes),
		))
	if o.Verdict != job.Done && o.Verdict != job.Deferred {
		span.SetStatus(codes.Error, o.Reason) // the cause may quote what was refused
	}
	span.End(trace.WithTimestamp(now))
}

// describe tells jobs apart. Ids of objects stay out: a customer's can be an e-mail address.
func describe(j *job.Job) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("omniflow.tenant", string(j.Tenant)),
		attribute.String("omniflow.resource", string(j.Resource)),
		attribute.String("omniflow.event_id", j.Cause.EventID),
		attribute.Int64("omniflow.generation", j.Generation),
		attribute.Int("omniflow.attempt", j.Attempts+1),
	}
}

// Calls follows the requests to a vendor. Those that belong to no traced event are left alone.
func (t *Tracer) Calls(
	vendor string, about ...attribute.KeyValue,
) func(ctx context.Context, op string) (context.Context, func(status int)) {
	return func(ctx context.Context, op string) (context.Context, func(status int)) {
		if !trace.SpanContextFromContext(ctx).IsValid() {
			return ctx, func(int) {}
		}
		ctx, span := t.tracer.Start(ctx, vendor+" "+op, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("peer.service", vendor), attribute.String("omniflow.operation", op)),
			trace.WithAttributes(about...))
		return ctx, func(status int) {
			finish(span, status)
			span.End()
		}
	}
}

// finish notes the status of an answer; 0 is none.
func finish(span trace.Span, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status == 0 || status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}
