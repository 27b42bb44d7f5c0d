package flow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

const (
	testTenant  = "fjell_no"
	testAuth    = "key-of-fjell-no"
	testBaseURL = "http://flow.test" + flowtest.BasePath
)

// world is a fake Flow and a client whose every request and answer is held against
// openapi/flow.yaml.
type world struct {
	flow   *flowtest.Server
	client *flow.Client
}

func newWorld(t *testing.T, o flowtest.Options) world {
	t.Helper()
	o.Tenants = []flowtest.Tenant{{UID: testTenant, Token: testAuth}}
	server := flowtest.New(o)
	t.Cleanup(server.Close)
	transport := contract{t: t, router: specRouter{loadSpec(t)}, next: flowtest.Transport(server)}
	return world{flow: server, client: newClient(t, flow.Options{Transport: transport})}
}

// newClient fills what a test does not care about.
func newClient(t *testing.T, o flow.Options) *flow.Client {
	t.Helper()
	o.Tenant = testTenant
	o.AccessToken = func() string { return testAuth }
	if o.BaseURL == "" {
		o.BaseURL = testBaseURL
	}
	c, err := flow.New(o)
	if err != nil {
		t.Fatalf("flow.New: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// withProducts puts products there that later calls need.
func (w world) withProducts(t *testing.T, uids ...string) world {
	t.Helper()
	for _, uid := range uids {
		if _, err := w.client.PutProduct(t.Context(), flow.Product{ProductUID: uid, Name: uid}, false); err != nil {
			t.Fatalf("PutProduct(%s): %v", uid, err)
		}
	}
	return w
}

func (w world) snapshot(t *testing.T) flowtest.State {
	t.Helper()
	state, err := w.flow.Snapshot(testTenant)
	if err != nil {
		t.Fatalf("Snapshot: %v", err)
	}
	return state
}

// ops returns the operations that were called since the n-th, in order.
func (w world) ops(n int) string {
	var ops []string
	for _, e := range w.flow.Log()[n:] {
		ops = append(ops, e.Op)
	}
	return strings.Join(ops, " ")
}

// parseSpec reads openapi/flow.yaml once for all tests; nobody changes the result.
var parseSpec = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile("../../openapi/flow.yaml")
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(loader.Context)
})

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := parseSpec()
	if err != nil {
		t.Fatalf("load openapi/flow.yaml: %v", err)
	}
	return doc
}

// specRouter finds the operation of a request by comparing path segments.
type specRouter struct{ doc *openapi3.T }

// FindRoute implements routers.Router.
func (s specRouter) FindRoute(r *http.Request) (*routers.Route, map[string]string, error) {
	path, below := strings.CutPrefix(r.URL.EscapedPath(), flowtest.BasePath)
	for template, item := range s.doc.Paths.Map() {
		params, matches := matchPath(template, path)
		if op := item.GetOperation(r.Method); below && matches && op != nil {
			route := &routers.Route{Spec: s.doc, Path: template, PathItem: item, Method: r.Method, Operation: op}
			return route, params, nil
		}
	}
	return nil, nil, errors.New("no operation has this method and path")
}

func matchPath(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := make(map[string]string)
	for i, segment := range want {
		if name, is := strings.CutPrefix(segment, "{"); is {
			params[strings.TrimSuffix(name, "}")] = got[i]
		} else if segment != got[i] {
			return nil, false
		}
	}
	return params, true
}

// contract fails the test when a request or an answer is not as openapi/flow.yaml has it.
type contract struct {
	t      *testing.T
	router specRouter
	next   http.RoundTripper
}

func (c contract) RoundTrip(r *http.Request) (*http.Response, error) {
	body := readAll(c.t, r.Body)
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := c.router.FindRoute(checked)
	if err != nil {
		c.t.Errorf("%s %s is not in openapi/flow.yaml: %v", r.Method, r.URL.Path, err)
		return nil, err
	}
	in := &openapi3filter.RequestValidationInput{
		Request: checked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: wantBearer},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		c.t.Errorf("%s: request breaks openapi/flow.yaml: %v", route.Operation.OperationID, err)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	c.checkResponse(r.Context(), in, resp)
	return resp, nil
}

func (c contract) checkResponse(ctx context.Context, in *openapi3filter.RequestValidationInput, resp *http.Response) {
	body := readAll(c.t, resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	err := openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                in.Options,
	})
	if err != nil {
		c.t.Errorf("%s: answer %d breaks openapi/flow.yaml: %v", in.Route.Operation.OperationID, resp.StatusCode, err)
	}
}

func wantBearer(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if !strings.HasPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ") {
		return errors.New("no bearer token")
	}
	return nil
}

func readAll(t *testing.T, r io.ReadCloser) []byte {
	if r == nil {
		return nil
	}
	defer func() { _ = r.Close() }()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("read body: %v", err)
	}
	return raw
}

// roundTrip is an in-memory transport for tests of the breaker, where no real socket may be waited
// for.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answering(status int) roundTrip {
	return func(r *http.Request) (*http.Response, error) { return response(r, status), nil }
}

func response(r *http.Request, status int) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header), Body: io.NopCloser(strings.NewReader("")), Request: r,
	}
}

func body(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }
