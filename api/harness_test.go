package api_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/queuetest"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/openapi"
)

// errRedis stands for any error of Redis; its text must never reach a client.
var errRedis = errors.New("dial tcp 10.0.0.7:6379: connection refused")

// intake is a queue in memory: it knows duplicates and jobs that wait, and refuses when told to.
type intake struct {
	mu      sync.Mutex
	entries []queue.Entry
	parked  []queue.Parked
	seen    map[string]bool
	jobs    map[string]bool

	enqueueErr, parkErr error
	short               bool // Enqueue loses a result
	hang                bool // Enqueue answers when the context ends, as on a hung Redis
}

func (i *intake) Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error) {
	if i.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if i.enqueueErr != nil {
		return nil, i.enqueueErr
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	results := make([]queue.Result, 0, len(entries))
	for _, e := range entries {
		results = append(results, i.enqueue(e))
	}
	if i.short {
		return results[1:], nil
	}
	return results, nil
}

func (i *intake) enqueue(e queue.Entry) queue.Result {
	i.entries = append(i.entries, e)
	dedupe, key := string(e.Tenant)+"|"+e.Dedupe, string(e.Tenant)+"|"+e.String()
	switch {
	case e.Dedupe != "" && i.seen[dedupe]:
		return queue.Duplicate
	case i.jobs[key]:
		i.seen[dedupe] = true
		return queue.Coalesced
	default:
		i.seen[dedupe], i.jobs[key] = true, true
		return queue.Accepted
	}
}

func (i *intake) Park(_ context.Context, parked []queue.Parked) error {
	if i.parkErr != nil {
		return i.parkErr
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.parked = append(i.parked, parked...)
	return nil
}

// recorder remembers what it was told.
type recorder struct {
	mu       sync.Mutex
	rejected []rejected
	received []received
}

type rejected struct {
	Body   string
	Reason string
}

type received struct {
	Ignored string
	Tenants []tenant.ID
	Result  string
}

func (r *recorder) Rejected(body []byte, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected = append(r.rejected, rejected{string(body), reason})
}

func (r *recorder) Received(n omnium.Notice, tenants []tenant.ID, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = append(r.received, received{n.Ignored, tenants, result})
}

// jobs holds dead letters in a slice, the youngest first; its cursors are times and, like those
// of the queue, not made of harmless bytes only. Everything else is the queue in memory.
type jobs struct {
	*queuetest.Memory

	mu      sync.Mutex
	stats   map[tenant.ID]queue.Stats
	letters map[tenant.ID][]queue.DeadLetter

	err       error // what every method answers
	settleErr error // what settling many letters answers
	slow      time.Duration
	gone      bool // letters disappear between being read and being settled
}

const cursorPrefix = "\xff \x00"

func (j *jobs) Stats(ctx context.Context, t tenant.ID) (queue.Stats, error) {
	if j.err != nil {
		return queue.Stats{}, j.err
	}
	stats := j.stats[t]
	now, err := j.Memory.Stats(ctx, t)
	stats.Paused, stats.Suspended = stats.Paused || now.Paused, cmp.Or(stats.Suspended, now.Suspended)
	return stats, err
}

func (j *jobs) Job(ctx context.Context, t tenant.ID, key job.Key) (queue.View, error) {
	if j.err != nil {
		return queue.View{}, j.err
	}
	return j.Memory.Job(ctx, t, key)
}

func (j *jobs) Jobs(
	ctx context.Context, t tenant.ID, state queue.State, cursor string, limit int,
) ([]queue.View, string, error) {
	if j.err != nil {
		return nil, "", j.err
	}
	return j.Memory.Jobs(ctx, t, state, cursor, limit)
}

func (j *jobs) ParkedPage(ctx context.Context, cursor uint64, limit int) ([]queue.Parked, uint64, error) {
	if j.err != nil {
		return nil, 0, j.err
	}
	return j.Memory.ParkedPage(ctx, cursor, limit)
}

func (j *jobs) Pause(ctx context.Context, t tenant.ID) error {
	return cmp.Or(j.err, j.Memory.Pause(ctx, t))
}

func (j *jobs) Resume(ctx context.Context, t tenant.ID) error {
	return cmp.Or(j.err, j.Memory.Resume(ctx, t))
}

func (j *jobs) Hasten(ctx context.Context, t tenant.ID, key job.Key) error {
	return cmp.Or(j.err, j.Memory.Hasten(ctx, t, key))
}

func (j *jobs) DeadLetters(
	_ context.Context, t tenant.ID, cursor string, limit int,
) ([]queue.DeadLetter, string, error) {
	if j.err != nil {
		return nil, "", j.err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	start := 0
	if cursor != "" {
		position, ok := strings.CutPrefix(cursor, cursorPrefix)
		n, err := strconv.ParseInt(position, 10, 64)
		if !ok || err != nil {
			return nil, "", queue.ErrCursor
		}
		start = slices.IndexFunc(j.letters[t], func(d queue.DeadLetter) bool { return d.DiedAt.UnixNano() < n })
		if start < 0 {
			return nil, "", nil
		}
	}
	all := j.letters[t]
	end := min(start+limit, len(all))
	if end == len(all) {
		return slices.Clone(all[start:]), "", nil
	}
	return slices.Clone(all[start:end]), cursorPrefix + strconv.FormatInt(all[end-1].DiedAt.UnixNano(), 10), nil
}

func (j *jobs) DeadLetter(_ context.Context, t tenant.ID, key job.Key) (queue.DeadLetter, error) {
	if j.err != nil {
		return queue.DeadLetter{}, j.err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, d := range j.letters[t] {
		if d.Key == key {
			return d, nil
		}
	}
	return queue.DeadLetter{}, queue.ErrNotFound
}

func (j *jobs) Discard(_ context.Context, t tenant.ID, key job.Key) error {
	if j.err != nil {
		return j.err
	}
	if n := j.remove(t, []queue.DeadLetter{{Key: key}}); n == 0 {
		return queue.ErrNotFound
	}
	return nil
}

func (j *jobs) ReplayAll(_ context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error) {
	return j.settle(t, letters)
}

func (j *jobs) DiscardAll(_ context.Context, t tenant.ID, letters []queue.DeadLetter) (int, error) {
	return j.settle(t, letters)
}

// settle takes its time, when it is told to.
func (j *jobs) settle(t tenant.ID, letters []queue.DeadLetter) (int, error) {
	if j.settleErr != nil {
		return 0, j.settleErr
	}
	if j.slow > 0 {
		time.Sleep(j.slow) // in a bubble
	}
	n := j.remove(t, letters)
	if j.gone {
		return 0, nil
	}
	return n, nil
}

func (j *jobs) remove(t tenant.ID, letters []queue.DeadLetter) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.letters[t])
	j.letters[t] = slices.DeleteFunc(slices.Clone(j.letters[t]), func(d queue.DeadLetter) bool {
		return slices.ContainsFunc(letters, func(l queue.DeadLetter) bool { return l.Key == d.Key })
	})
	return before - len(j.letters[t])
}

// tenantHealth knows one tenant that has succeeded before.
type tenantHealth struct{ err error }

func (tenantHealth) Breaker(t tenant.ID) string {
	if t == "fjell_se" {
		return "half-open"
	}
	return "closed"
}

func (h tenantHealth) LastSuccess(_ context.Context, t tenant.ID) (time.Time, error) {
	if t == "fjell_se" {
		return time.Time{}, h.err
	}
	return time.Date(2025, 3, 4, 10, 15, 29, 0, time.FixedZone("CET", 3600)), h.err
}

// harness is the API with fakes around it. Every answer that goes through do is checked against the
// contract.
type harness struct {
	t       *testing.T
	handler http.Handler
	doc     *openapi3.T

	intake   *intake
	recorder *recorder
	jobs     *jobs
	archive  *archive
	syncs    *syncs
	log      *logBuffer
	settings int
	observed []observation
}

// logBuffer takes the lines of several requests at once.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type observation struct {
	route, method string
	status        int
}

const (
	hookToken     = "hook-token"
	viewerToken   = "viewer-token"
	operatorToken = "operator-token"
)

func newHarness(t *testing.T, change ...func(*api.Options)) *harness {
	t.Helper()
	doc, err := closedContract()
	if err != nil {
		t.Fatalf("load the contract: %v", err)
	}
	h := &harness{
		t: t, doc: doc, recorder: &recorder{}, log: &logBuffer{},
		intake: &intake{seen: map[string]bool{}, jobs: map[string]bool{}},
		jobs: &jobs{
			Memory: queuetest.NewMemory(queue.Options{}),
			stats:  map[tenant.ID]queue.Stats{}, letters: map[tenant.ID][]queue.DeadLetter{},
		},
		archive: newArchive(),
		syncs:   &syncs{},
	}
	o := h.options(t)
	for _, c := range change {
		c(&o)
	}
	handler, err := api.New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	h.handler = handler
	return h
}

func (h *harness) options(t *testing.T) api.Options {
	t.Helper()
	directory := newDirectory(t)
	return api.Options{
		Credentials: api.Credentials{Bearer: []tenant.Secret{hookToken}},
		AdminTokens: []api.AdminToken{
			{Name: "wallboard", Role: api.Viewer, Token: viewerToken},
			{Name: "ops", Role: api.Operator, Token: operatorToken},
		},
		Directory:  func() *tenant.Directory { return directory },
		Intake:     h.intake,
		Recorder:   h.recorder,
		OnSettings: func() { h.settings++ },
		Jobs:       h.jobs,
		Archive:    h.archive,
		Syncs:      h.syncs,
		Settings:   settings,
		Preview: func(context.Context, tenant.ID, job.Key) (api.Preview, error) {
			return api.Preview{Requests: []api.PreviewRequest{}, AlsoQueues: []api.PreviewKey{}}, nil
		},
		Reload: func(context.Context) (api.Reload, error) {
			none := []tenant.ID{}
			return api.Reload{Added: none, Removed: none, Changed: none, NeedsRestart: []string{}, Warnings: []string{}}, nil
		},
		Health: tenantHealth{},
		Ready:  func(context.Context) error { return nil },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			_, _ = io.WriteString(w, "omniflow_up 1\n")
		}),
		Observe: func(route, method string, status int, _ time.Duration) {
			h.observed = append(h.observed, observation{route, method, status})
		},
		Log:     zerolog.New(h.log).Level(zerolog.DebugLevel),
		Version: "v1.2.3",
	}
}

// newDirectory has three tenants: two that export products, one of them purchase orders too, and one
// that exports stores only.
func newDirectory(t *testing.T) *tenant.Directory {
	t.Helper()
	d, err := tenant.NewDirectory([]tenant.Tenant{
		{ID: "fjell_no", Markets: []string{"NOR"}, Resources: []string{"product", "purchase_order"}},
		{ID: "fjell_se", Markets: []string{"SWE", "SWE2"}, Resources: []string{"product"}},
		{ID: "fjell/dk", Markets: []string{"DNK"}, Resources: []string{"store"}},
	}, tenant.Topology{})
	if err != nil {
		t.Fatalf("NewDirectory: %v", err)
	}
	return d
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request and checks the answer against the contract.
func (h *harness) do(r *http.Request) answer {
	h.t.Helper()
	rec := httptest.NewRecorder()
	before := len(h.observed)
	h.handler.ServeHTTP(rec, r)
	if len(h.observed) != before+1 {
		h.t.Fatalf("%s %s: observed %d times, want once", r.Method, r.URL, len(h.observed)-before)
	}
	got := answer{rec.Code, rec.Header(), rec.Body.String()}
	h.conforms(r, h.observed[before].route, got)
	return got
}

func (h *harness) conforms(r *http.Request, route string, got answer) {
	h.t.Helper()
	if got.header.Get("X-Request-Id") == "" {
		h.t.Errorf("%s %s: answer without X-Request-Id", r.Method, r.URL)
	}
	if route == "unmatched" {
		h.isProblem(got)
		return
	}
	item := h.doc.Paths.Value(route)
	if item == nil || item.GetOperation(r.Method) == nil {
		h.t.Fatalf("%s %s: not in the contract", r.Method, route)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r,
			Route: &routers.Route{
				Spec: h.doc, Path: route, PathItem: item, Method: r.Method,
				Operation: item.GetOperation(r.Method),
			},
		},
		Status: got.status,
		Header: got.header,
		Body:   io.NopCloser(strings.NewReader(got.body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			// The validator reads no HTML, scripts and pictures.
			ExcludeResponseBody: isFile(got.header.Get("Content-Type")),
		},
	}
	if err := openapi3filter.ValidateResponse(r.Context(), input); err != nil {
		h.t.Errorf("%s %s: answer %d breaks the contract: %v\n%s", r.Method, r.URL, got.status, err, got.body)
	}
	if got.status >= 400 {
		h.isProblem(got)
	}
	if got.status == http.StatusNoContent && got.body != "" {
		h.t.Errorf("%s %s: answer 204 has a body: %s", r.Method, r.URL, got.body)
	}
}

func isFile(contentType string) bool {
	return strings.HasSuffix(contentType, "; charset=utf-8") && !strings.HasPrefix(contentType, "text/plain") ||
		strings.HasPrefix(contentType, "image/")
}

// isProblem checks what every problem document has, and that it shows no cause.
func (h *harness) isProblem(got answer) {
	h.t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		h.t.Fatalf("problem document: %v\n%s", err, got.body)
	}
	if p.Status != got.status || p.Instance != got.header.Get("X-Request-Id") || p.Title == "" {
		h.t.Errorf("problem document = %+v, want status %d, instance %q and a title",
			p, got.status, got.header.Get("X-Request-Id"))
	}
	if ct := got.header.Get("Content-Type"); ct != "application/problem+json" {
		h.t.Errorf("Content-Type of a problem = %q", ct)
	}
	if strings.Contains(got.body, errRedis.Error()) {
		h.t.Errorf("problem document shows its cause: %s", got.body)
	}
}

// problem is a problem document as a client reads it.
type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []struct{ Field, Detail string }
}

// post sends a body to the webhook with the right credential.
func (h *harness) post(body string) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(
		h.t.Context(), http.MethodPost, "/webhooks/omnium", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+hookToken)
	return h.do(r)
}

// admin sends a request with an admin token; an empty one is left out.
func (h *harness) admin(token, method, target, body string) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, target, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return h.do(r)
}

// closedContract is the document with every object closed, so that an answer with a field that is
// not described fails. It is loaded once because that takes longer than the tests, and only read.
var closedContract = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := readContract()
	if err != nil {
		return nil, err
	}
	for name, schema := range doc.Components.Schemas {
		if name != "OmniumEvent" && len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: new(false)}
		}
	}
	return doc, nil
})

func readContract() (*openapi3.T, error) {
	raw, err := openapi.Files.ReadFile(openapi.Omniflow)
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(raw)
}

// decode reads an answer's body.
func decode[T any](t *testing.T, got answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatalf("decode %s: %v", got.body, err)
	}
	return v
}
