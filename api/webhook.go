package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

const (
	// bodyTimeout bounds how long a body may take to arrive.
	bodyTimeout = 10 * time.Second
	// intakeTimeout bounds the wait for Redis, so that the sender gets a 503 that it retries before
	// it gives up by itself.
	intakeTimeout = 5 * time.Second
	// rejectedLimit is how much of a malformed body is kept for the operator.
	rejectedLimit = 64 << 10
)

// receive answers POST /webhooks/omnium (design §3). Nothing is acknowledged before it is durable.
func (s *server) receive(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, s.MaxBodyBytes)
	if err != nil {
		return err
	}
	notices, err := omnium.ParseWebhook(body)
	if err != nil {
		s.reject(body, err)
		return refuse(errMalformedEvent, "The "+err.Error()+".", nil) // holds nothing of the body
	}
	omnium.IgnoreEchoes(notices, s.EchoUsers)
	p := place(s.Directory(), notices, s.Wishes != nil)
	if s.Trace != nil {
		p.trace(s.Trace(r.Context()))
	}
	if err := s.keep(r.Context(), &p); err != nil {
		return refuse(errUnavailable, "The events could not be kept; send them again.", err)
	}
	s.report(p)
	return writeJSON(w, http.StatusAccepted, p.tally())
}

// requireCredential refuses before the body is read.
func (s *server) requireCredential(next http.Handler) http.Handler {
	challenges := s.gate.challenges()
	return handler(func(w http.ResponseWriter, r *http.Request) error {
		if !s.gate.admits(r) {
			w.Header()["Www-Authenticate"] = challenges
			return refuse(errUnauthenticated, "The credential is missing or wrong.", nil)
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// readBody reads a body that is bounded in size and in time.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	control := http.NewResponseController(w)
	// Writers that know no deadlines exist in tests only, where bodies do not hang.
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(min(r.ContentLength, limit)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(innermost(w), r.Body, limit))
	if err != nil {
		return nil, bodyError(err, limit)
	}
	// The deadline must not outlive the body: net/http watches the connection while the handler works.
	_ = control.SetReadDeadline(time.Time{})
	return buf.Bytes(), nil
}

// innermost is the server's own writer. Only when MaxBytesReader sees that one, the connection is
// closed so gently that a sender in the middle of a large body gets to read the answer.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}

// bodyError tells a body that is too large from one that did not arrive; the latter must not be
// answered 400, which Omnium does not retry (reference omnium-api.md §2.6).
func bodyError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refuse(errTooLarge, fmt.Sprintf("At most %d bytes are taken.", limit), err)
	}
	return refuse(errIncomplete, "", err)
}

// reject keeps what may have been an event, for the operator.
func (s *server) reject(body []byte, cause error) {
	if s.Recorder != nil {
		s.Recorder.Rejected(bytes.Clone(body[:min(len(body), rejectedLimit)]), cause.Error())
	}
}

// keep makes the placed events durable. Parking and wishing come first because repeating them changes
// nothing: when the sender tries again, the counts are as if it were the first time.
func (s *server) keep(ctx context.Context, p *placed) error {
	ctx, cancel := context.WithTimeout(ctx, intakeTimeout)
	defer cancel()
	if len(p.parked) > 0 {
		if err := s.Intake.Park(ctx, p.parked); err != nil {
			return fmt.Errorf("park events: %w", err)
		}
	}
	for r, since := range p.wants {
		if err := s.Wishes.Want(ctx, r, since); err != nil {
			return fmt.Errorf("ask for changes: %w", err)
		}
	}
	if len(p.entries) == 0 {
		return nil
	}
	results, err := s.Intake.Enqueue(ctx, p.entries)
	if err != nil {
		return fmt.Errorf("enqueue events: %w", err)
	}
	if len(results) != len(p.entries) {
		return fmt.Errorf("enqueue events: %d results for %d entries", len(results), len(p.entries))
	}
	p.settle(results)
	return nil
}

// report tells those who only listen, after everything is durable.
func (s *server) report(p placed) {
	settings := false
	for _, e := range p.events {
		settings = settings || e.notice.SettingsChanged
		if s.Recorder != nil {
			s.Recorder.Received(e.notice, e.tenants, e.result)
		}
	}
	if settings && s.OnSettings != nil {
		s.OnSettings()
	}
}
