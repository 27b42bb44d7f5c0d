package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

const (
	// maxStreams bounds how many clients one process feeds: each costs reads of Redis.
	maxStreams = 16
	// streamEvery is how often the history is looked at, and statesEvery how often the tenants are
	// shown, which keeps the connection alive, too.
	streamEvery = time.Second
	statesEvery = 5 * time.Second
	// streamBatch bounds what a client is sent per look. What is more is left out, and said to be.
	streamBatch = 200
	// streamWrite is how long a client may take to take something.
	streamWrite = 10 * time.Second
)

// stream answers GET /admin/v1/stream with server-sent events until the client leaves or the service
// stops. It reads the history from Redis, so that the client sees what every replica does.
func (s *server) stream(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return refuse(errUnavailable, "Too many clients listen already; try again.", nil)
	}
	last, err := s.streamStart(r)
	if err != nil {
		return storeFault(fmt.Errorf("begin stream: %w", err))
	}
	out := newStreamWriter(w)
	err = s.follow(r.Context(), out, last)
	zerolog.Ctx(r.Context()).Debug().Err(err).Msg("stream ended")
	return nil
}

// streamStart is the place in the history after which the stream begins: where the client was when
// it lost the connection, else the end.
func (s *server) streamStart(r *http.Request) (string, error) {
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		_, err := s.Archive.RecordsAfter(r.Context(), last, 1)
		return last, err
	}
	return s.newest(r.Context())
}

// newest is the place of the newest entry of the history.
func (s *server) newest(ctx context.Context) (string, error) {
	records, err := s.Archive.Records(ctx, "", 1)
	if err != nil || len(records) == 0 {
		return "0-0", err
	}
	return records[0].ID, nil
}

// follow sends until something ends it. A Redis that cannot answer does not: the client is told, and
// the next look may work again.
func (s *server) follow(ctx context.Context, out *streamWriter, last string) error {
	look := time.NewTicker(streamEvery)
	defer look.Stop()
	states := time.NewTicker(statesEvery)
	defer states.Stop()
	if err := s.sendStates(ctx, out); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Stopping:
			return nil
		case <-states.C:
			err = s.sendStates(ctx, out)
		case <-look.C:
			last, err = s.sendRecords(ctx, out, last)
		}
		if err != nil {
			return err
		}
	}
}

func (s *server) sendStates(ctx context.Context, out *streamWriter) error {
	list, err := s.tenantStates(ctx)
	if err != nil {
		return out.comment("redis cannot be reached")
	}
	return out.event("", "tenants", list)
}

// sendRecords sends what is younger than last and returns the place of the youngest. After a full
// batch it goes on at the end: a client that watches wants to see the present.
func (s *server) sendRecords(ctx context.Context, out *streamWriter, last string) (string, error) {
	records, err := s.Archive.RecordsAfter(ctx, last, streamBatch)
	if err != nil {
		return last, out.comment("redis cannot be reached")
	}
	for _, rec := range records {
		if err := out.event(rec.ID, "record", shownRecord(rec)); err != nil {
			return last, err
		}
		last = rec.ID
	}
	if len(records) < streamBatch {
		return last, nil
	}
	newest, err := s.newest(ctx)
	if err != nil || newest == last {
		return last, nil //nolint:nilerr // the next look goes on from where this one ended
	}
	return newest, out.event(newest, "gap", streamGap{From: last, To: newest})
}

// streamGap says that entries were left out: those after From, up to To.
type streamGap struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// streamWriter writes server-sent events.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// newStreamWriter sends the header. The connection may then stay open for as long as it likes: what
// bounds it is the time that each write may take.
func newStreamWriter(w http.ResponseWriter) *streamWriter {
	out := &streamWriter{w, http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // writers that know no deadlines exist in tests only
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that would collect the events first
	w.WriteHeader(http.StatusOK)
	return out
}

// event sends v; the id, when there is one, is what the client tells when it comes back.
func (o *streamWriter) event(id, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return o.send(id + "event: " + name + "\ndata: " + string(raw) + "\n\n")
}

func (o *streamWriter) comment(text string) error { return o.send(": " + text + "\n\n") }

func (o *streamWriter) send(text string) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, err := o.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write stream: %w", err)
	}
	if err := o.control.Flush(); err != nil {
		return fmt.Errorf("flush stream: %w", err)
	}
	return nil
}
