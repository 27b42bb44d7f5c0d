package tracing

import (
	"context"
	"encoding/base64"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

const (
	idLength   = 16 + 8 // a trace's id and a span's
	wordLength = idLength / 3 * 4
	separator  = "~"
)

// Of returns where the trace of ctx goes on, for a job's cause: one word. Empty when it is not traced, or
// not to be sent.
func (t *Tracer) Of(ctx context.Context) string {
	at := trace.SpanContextFromContext(ctx)
	if !at.IsValid() || !at.IsSampled() {
		return ""
	}
	var raw [idLength]byte
	traceID, spanID := at.TraceID(), at.SpanID()
	copy(raw[:16], traceID[:])
	copy(raw[16:], spanID[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// places reads what Of has written, and what the queue has joined: the newest first. Words that it does
// not understand are left out.
func places(text string) []trace.SpanContext {
	if text == "" {
		return nil
	}
	var found []trace.SpanContext
	for word := range strings.SplitSeq(text, separator) {
		raw, err := base64.RawURLEncoding.DecodeString(word)
		if err != nil || len(word) != wordLength {
			continue
		}
		at := trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID(raw[:16]), SpanID: trace.SpanID(raw[16:]),
			TraceFlags: trace.FlagsSampled, Remote: true,
		})
		if at.IsValid() {
			found = append(found, at)
		}
	}
	return found
}

// links lead to what else a span belongs to.
func links(to []trace.SpanContext) []trace.Link {
	all := make([]trace.Link, len(to))
	for i, at := range to {
		all[i] = trace.Link{SpanContext: at}
	}
	return all
}
