package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/ledger"
)

// listener is a client of the stream on a connection in memory.
type listener struct {
	*testing.T
	conn   net.Conn
	reader *bufio.Reader
}

// message is one server-sent event; a comment has no name.
type message struct{ id, name, data string }

func (h *harness) listen(t *testing.T, last string) *listener {
	t.Helper()
	conn := servePipe(t, &http.Server{ // the timeouts are the service's
		Handler: h.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second,
		WriteTimeout: 30 * time.Second,
	})
	request := "GET " + streamPath + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + viewerToken + "\r\n"
	if last != "" {
		request += "Last-Event-ID: " + last + "\r\n"
	}
	if _, err := fmt.Fprint(conn, request+"\r\n"); err != nil {
		t.Fatalf("write request: %v", err)
	}
	l := &listener{t, conn, bufio.NewReader(conn)}
	response, err := http.ReadResponse(l.reader, nil)
	if err != nil {
		t.Fatalf("ReadResponse: %v", err)
	}
	t.Cleanup(func() {
		_ = conn.Close() // first, because the body is read to its end
		_ = response.Body.Close()
	})
	if ct := response.Header.Get("Content-Type"); response.StatusCode != 200 || ct != "text/event-stream" {
		t.Fatalf("GET %s = %d %s, want 200 text/event-stream", streamPath, response.StatusCode, ct)
	}
	l.reader = bufio.NewReader(response.Body)
	return l
}

// next reads one event or comment.
func (l *listener) next() message {
	l.Helper()
	var m message
	for {
		line, err := l.reader.ReadString('\n')
		if err != nil {
			l.Fatalf("read the stream: %v", err)
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "id":
			m.id = value
		case "event":
			m.name = value
		case "data", "":
			if line == "\n" {
				return m
			}
			m.data = value
		}
	}
}

// nextOf passes over events with other names.
func (l *listener) nextOf(name string) message {
	l.Helper()
	for range 100 {
		if m := l.next(); m.name == name {
			return m
		}
	}
	l.Fatalf("no %s among 100 events", name)
	return message{}
}

// fits checks data against a schema of the contract.
func fits(t *testing.T, doc *openapi3.T, schema, data string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
	if err := doc.Components.Schemas[schema].Value.VisitJSON(v); err != nil {
		t.Errorf("%s breaks the schema %s: %v", data, schema, err)
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.archive.add(run("fjell_no", "before", "pushed"))
		l := h.listen(t, "")
		first := l.next()
		if first.name != "tenants" || first.id != "" {
			t.Errorf("first event = %+v, want the tenants", first)
		}
		fits(t, h.doc, "TenantPage", first.data)
		began := time.Now()
		h.archive.add(run("fjell_no", "one", "pushed"), run("fjell_no", "two\nlines", "failed"))
		for _, want := range []string{"one", `two\nlines`} {
			m := l.next()
			if m.name != "record" || !strings.Contains(m.data, want) || m.id == "" {
				t.Errorf("event = %+v, want the record of %s", m, want)
			}
			fits(t, h.doc, "Record", m.data)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the records came after %v, want within 2s", took)
		}
		// Long after every timeout of the server the stream still runs.
		for range 30 {
			l.nextOf("tenants")
		}
		if took := time.Since(began); took < 2*time.Minute {
			t.Errorf("30 states in %v, want one every 5s", took)
		}
	})
}

func TestStreamGoesOnWhereTheClientWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.archive.add(run("fjell_no", "seen", "pushed"), run("fjell_no", "missed", "pushed"))
		if m := h.listen(t, "1-0").nextOf("record"); !strings.Contains(m.data, "missed") {
			t.Errorf("first record = %+v, want the missed one", m)
		}
	})
}

func TestStreamRefusesAWrongPlace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+viewerToken)
	request.Header.Set("Last-Event-ID", "yesterday")
	if got := h.do(request); got.status != http.StatusBadRequest {
		t.Errorf("GET with Last-Event-ID yesterday = %d %s, want 400", got.status, got.body)
	}
}

// What one look finds is bounded: the client is told that entries are missing.
func TestStreamLeavesOutWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		l := h.listen(t, "")
		l.nextOf("tenants")
		var many []ledger.Record
		for range 1000 {
			many = append(many, run("fjell_no", "one of many", "pushed"))
		}
		h.archive.add(many...)
		records := 0
		m := l.next()
		for ; m.name == "record"; m = l.next() {
			records++
		}
		if records != 200 || m.name != "gap" || m.id != "1000-0" || m.data != `{"from":"200-0","to":"1000-0"}` {
			t.Errorf("%d records, then %+v, want 200 and a gap up to the newest", records, m)
		}
	})
}

func TestStreamSurvivesAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		l := h.listen(t, "")
		l.nextOf("tenants")
		h.archive.fail(errRedis)
		if m := l.next(); m.name != "" || m.data != "redis cannot be reached" {
			t.Errorf("event during an outage = %+v, want a comment", m)
		}
		h.archive.fail(nil)
		h.archive.add(run("fjell_no", "after", "pushed"))
		if m := l.nextOf("record"); !strings.Contains(m.data, "after") {
			t.Errorf("record after the outage = %+v", m)
		}
	})
}

func TestStreamEndsWhenTheServiceStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopping := make(chan struct{})
		h := newHarness(t, func(o *api.Options) { o.Stopping = stopping })
		l := h.listen(t, "")
		l.nextOf("tenants")
		close(stopping)
		if rest, err := l.reader.ReadString(0); err == nil || strings.Contains(rest, "record") {
			t.Errorf("the stream goes on with %q", rest)
		}
	})
}

// A client that takes nothing is given up, and does not keep its place.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(o *api.Options) { o.Observe = nil })
		for range 16 {
			h.listen(t, "")
		}
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, streamPath, nil)
		request.Header.Set("Authorization", "Bearer "+viewerToken)
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, request)
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Errorf("GET %s by a 17th client = %d, want 503 with Retry-After", streamPath, rec.Code)
		}
		time.Sleep(time.Minute) // nobody reads
		h.listen(t, "").nextOf("tenants")
	})
}
