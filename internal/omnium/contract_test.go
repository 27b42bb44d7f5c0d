package omnium_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// loadSpec reads openapi/omnium.yaml without its servers, so that it matches any host.
func loadSpec(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../openapi/omnium.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	return doc
}

// contract is a RoundTripper that holds every request and every answer against the specification.
type contract struct {
	next http.RoundTripper
	doc  *openapi3.T

	mu         sync.Mutex // guards violations
	violations []error
}

// checked wraps next; the test fails at its end when anything broke the contract.
func checked(t testing.TB, next http.RoundTripper) *contract {
	t.Helper()
	c := &contract{next: next, doc: loadSpec(t)}
	t.Cleanup(func() {
		for _, err := range c.violations {
			t.Errorf("contract: %v", err)
		}
	})
	return c
}

// RoundTrip implements http.RoundTripper.
func (c *contract) RoundTrip(req *http.Request) (*http.Response, error) {
	input, err := c.input(req)
	if err != nil {
		c.report(fmt.Errorf("%s %s: %w", req.Method, req.URL.EscapedPath(), err))
		return c.next.RoundTrip(req)
	}
	if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil && req.Context().Err() == nil {
		c.report(fmt.Errorf("%s: %w", input.Route.Operation.OperationID, err))
	}
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := c.answer(req, input, resp); err != nil {
		c.report(fmt.Errorf("%s: %w", input.Route.Operation.OperationID, err))
	}
	return resp, nil
}

func (c *contract) input(req *http.Request) (*openapi3filter.RequestValidationInput, error) {
	copied := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		copied.Body = body
	}
	route, params := c.route(req)
	if route == nil {
		return nil, errors.New("no such operation")
	}
	return &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: needsBearer},
	}, nil
}

// route finds the operation by the segments of the escaped path: an escaped slash is part of an id.
// Of two that match, the one whose literals come first wins; a brace sorts after every letter.
func (c *contract) route(req *http.Request) (*routers.Route, map[string]string) {
	segments := strings.Split(req.URL.EscapedPath(), "/")
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		item := c.doc.Paths.Value(path)
		params, ok := match(strings.Split(path, "/"), segments)
		if op := item.GetOperation(req.Method); ok && op != nil {
			return &routers.Route{
				Spec: c.doc, Path: path, PathItem: item, Method: req.Method, Operation: op,
			}, params
		}
	}
	return nil, nil
}

func match(pattern, segments []string) (map[string]string, bool) {
	if len(pattern) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range pattern {
		if name, ok := strings.CutPrefix(part, "{"); ok && segments[i] != "" {
			params[strings.TrimSuffix(name, "}")] = segments[i]
		} else if part != segments[i] {
			return nil, false
		}
	}
	return params, true
}

func (c *contract) answer(
	req *http.Request, input *openapi3filter.RequestValidationInput, resp *http.Response,
) error {
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body:    io.NopCloser(bytes.NewReader(raw)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

func (c *contract) report(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.violations = append(c.violations, err)
}

// take returns the violations so far and forgets them.
func (c *contract) take() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.violations
	c.violations = nil
	return taken
}

func TestSpecNamesEvidence(t *testing.T) {
	t.Parallel()
	doc := loadSpec(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("openapi/omnium.yaml: %v", err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			evidence, _ := op.Extensions["x-evidence"].(string)
			source, _ := op.Extensions["x-source"].(string)
			if !slices.Contains([]string{"documented", "assumed"}, evidence) || source == "" {
				t.Errorf("%s %s: x-evidence %q, x-source %q, want both", method, path, evidence, source)
			}
		}
	}
}

func needsBearer(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(header, "Bearer "); !ok || token == "" {
		return errors.New("no bearer token")
	}
	return nil
}

// sample reads a file of testdata.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", filepath.Base(name)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Every operation of the specification is served by the fake as specified.
func TestFakeServesTheSpecification(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.SetMarketGroups([]omniumtest.MarketGroup{{GroupID: "norden", GroupName: "Norden", MarketIDs: []string{"NOR"}}, {}})
	s.SetMarkets(sampleMarkets(t))
	transport := checked(t, s.Transport())
	c := newClient(t, s, func(o *omnium.Options) { o.Transport = transport })
	read(t, c, "p", "no")
	mustProducts(t, c, "no", "p")
	if _, err := c.Markets(t.Context()); err != nil {
		t.Error(err)
	}
	callInventory(t, s, c)
	readStores(t, c, s)
	readCustomers(t, c, s)
	putSamples(t, s)
	readPurchasing(t, c)
	readPrices(t, s, c)
	listEverything(t, s)
	readSupplierAndCategories(t, s, c)
	bearer := send(t, transport, http.MethodPost, "/api/Token?clientId=client&clientSecret="+secret, "")
	send(t, transport, http.MethodGet, "/api/Markets/GetMarketGroups", bearer)
	for _, item := range loadSpec(t).Paths.Map() {
		for _, op := range item.Operations() {
			if s.Calls(op.OperationID) == 0 {
				t.Errorf("operation %s was not called", op.OperationID)
			}
		}
	}
}

func send(t *testing.T, transport http.RoundTripper, method, path, bearer string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://omnium.test"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s = %d, %v, want 200", method, path, resp.StatusCode, err)
	}
	return string(raw)
}
