package flow_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/rest"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	token := func() string { return "t" }
	for name, o := range map[string]flow.Options{
		"no tenant":         {BaseURL: testBaseURL, AccessToken: token},
		"no access token":   {BaseURL: testBaseURL, Tenant: "x"},
		"no base URL":       {Tenant: "x", AccessToken: token},
		"relative base URL": {BaseURL: "/v2", Tenant: "x", AccessToken: token},
	} {
		if _, err := flow.New(o); err == nil {
			t.Errorf("New with %s = nil, want an error", name)
		}
	}
}

func TestProbeAndWrongToken(t *testing.T) {
	t.Parallel()
	server := flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{{UID: testTenant, Token: "another"}}})
	c := newClient(t, flow.Options{Transport: flowtest.Transport(server)})
	err := c.Probe(t.Context())
	if answer, ok := errors.AsType[*rest.Error](err); !ok || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("Probe with a wrong token = %v, want status 401", err)
	}
	if strings.Contains(err.Error(), testAuth) || strings.Contains(err.Error(), testTenant) {
		t.Errorf("Probe error %q holds the token or the path", err)
	}
	if err := newWorld(t, flowtest.Options{}).client.Probe(t.Context()); err != nil {
		t.Errorf("Probe = %v, want nil", err)
	}
}

// TestTokenIsAskedForEveryCall is what lets a reload change it.
func TestTokenIsAskedForEveryCall(t *testing.T) {
	t.Parallel()
	var got []string
	tokens := []string{"old", "new"}
	c, err := flow.New(flow.Options{
		Tenant: testTenant, BaseURL: testBaseURL,
		AccessToken: func() string { return tokens[len(got)] },
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			got = append(got, r.Header.Get("Authorization"))
			return response(r, 200), nil
		}),
	})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for range tokens {
		if err := c.Probe(t.Context()); err != nil {
			t.Fatalf("Probe: %v", err)
		}
	}
	if want := "Bearer old,Bearer new"; strings.Join(got, ",") != want {
		t.Errorf("Authorization = %q, want %q", got, want)
	}
}

func TestObserveIsToldOfFinishedCalls(t *testing.T) {
	t.Parallel()
	type seen struct {
		op     string
		status int
	}
	var got []seen
	status := 200
	c := newClient(t, flow.Options{
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if status == 0 {
				return nil, errors.New("refused")
			}
			return response(r, status), nil
		}),
		Breaker: flow.Breaker{ConsecutiveFailures: 1},
		Observe: func(op string, status int, took time.Duration) { got = append(got, seen{op, status}) },
	})
	_ = c.Probe(t.Context())
	status = 0
	_ = c.SetPropertyText(t.Context(), "p", "q", "text")
	_ = c.Probe(t.Context()) // Refused by the breaker: nothing was sent.
	want := []seen{{flow.TenantGet, 200}, {flow.ProductPropertySet, 0}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("Observe was told %v, want %v", got, want)
	}
}

// TestHostileUIDs sends uids that would name something else if they were not escaped.
func TestHostileUIDs(t *testing.T) {
	t.Parallel()
	var got string
	c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.URL.RequestURI()
		return response(r, 200), nil
	})})
	base := "/v2/tenants/" + testTenant + "/products/"
	for uid, segment := range map[string]string{
		"a/b":           "a%2Fb",
		"../brands":     "..%2Fbrands",
		"a?b=c":         "a%3Fb=c",
		"a#b":           "a%23b",
		"a%2Fb":         "a%252Fb",
		"a b":           "a%20b",
		"{propertyUid}": "%7BpropertyUid%7D",
		"æøå":           "%C3%A6%C3%B8%C3%A5",
		"a\r\nX-Evil:1": "a%0D%0AX-Evil:1",
	} {
		if err := c.SetPropertyText(t.Context(), uid, "size", "x"); err != nil {
			t.Errorf("SetPropertyText(%q): %v", uid, err)
		}
		if want := base + segment + "/properties/size"; got != want {
			t.Errorf("SetPropertyText(%q) went to %s, want %s", uid, got, want)
		}
	}
	for _, uid := range []string{"", ".", ".."} {
		got = ""
		if err := c.SetPropertyText(t.Context(), uid, "size", "x"); !errors.Is(err, flow.ErrBadUID) {
			t.Errorf("SetPropertyText(%q) = %v, want ErrBadUID", uid, err)
		}
		for _, known := range []bool{true, false} {
			if _, err := c.PutProduct(t.Context(), flow.Product{ProductUID: uid}, known); !errors.Is(err, flow.ErrBadUID) {
				t.Errorf("PutProduct(%q, known %v) = %v, want ErrBadUID", uid, known, err)
			}
		}
		if err := c.AddMedia(t.Context(), "p", flow.Media{ProductMediaUID: uid}); !errors.Is(err, flow.ErrBadUID) {
			t.Errorf("AddMedia(%q) = %v, want ErrBadUID", uid, err)
		}
		if got != "" {
			t.Errorf("uid %q: a request went to %s, want none", uid, got)
		}
	}
}

func TestOverriddenRouteIsUsed(t *testing.T) {
	t.Parallel()
	routes, err := flow.DefaultRoutes().Override(map[string]string{flow.ProductLink: "PUT /links/{productUid}"})
	if err != nil {
		t.Fatalf("Override: %v", err)
	}
	var got string
	c := newClient(t, flow.Options{Routes: routes, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.Method + " " + r.URL.Path
		return response(r, 207), nil
	})})
	if err := c.LinkSibling(t.Context(), "a", "b"); err != nil {
		t.Errorf("LinkSibling with status 207 = %v, want nil", err)
	}
	if want := "PUT /v2/links/a"; got != want {
		t.Errorf("LinkSibling went to %s, want %s", got, want)
	}
}

// TestOwnTransport uses real connections: many calls at once share a few, and Close leaves none.
func TestOwnTransport(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	const workers = 8
	var mu sync.Mutex
	conns := make(map[string]bool)
	arrived, release := make(chan struct{}), make(chan struct{})
	server := flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{{UID: testTenant, Token: testAuth}}})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		conns[r.RemoteAddr] = true
		mu.Unlock()
		arrived <- struct{}{}
		<-release
		server.ServeHTTP(w, r)
	}))
	c := newClient(t, flow.Options{BaseURL: srv.URL + flowtest.BasePath})
	// All calls of a round are under way before the first is answered, so that each has a connection.
	for round := range 5 {
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				if err := c.Probe(t.Context()); err != nil {
					t.Errorf("Probe: %v", err)
				}
			})
		}
		for range workers {
			<-arrived
		}
		for range workers {
			release <- struct{}{}
		}
		all.Wait()
		mu.Lock()
		if len(conns) != workers {
			t.Errorf("after %d rounds of %d calls at once = %d connections, want as many as calls", round+1, workers, len(conns))
		}
		mu.Unlock()
	}
	c.Close()
	srv.Close()
	goleak.VerifyNone(t, ignore)
}

func TestCheckCallsReadsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	called := make(map[string]bool)
	for _, row := range w.client.Check(t.Context()) {
		if row.Err != nil {
			t.Errorf("Check of %s: %v", row.Name, row.Err)
		}
		called[row.Name] = row.Called
	}
	if len(called) != len(flow.DefaultRoutes().Rows()) {
		t.Errorf("Check returned %d rows, want all %d", len(called), len(flow.DefaultRoutes().Rows()))
	}
	for name, want := range map[string]bool{
		flow.TenantGet: true, flow.BrandList: true, flow.PropertyList: true, flow.ProductGroupList: true,
		flow.ProductGet: false, flow.MediaList: false, flow.BrandSearch: false, flow.ProductGroupDelete: false,
	} {
		if called[name] != want {
			t.Errorf("Check called %s: %v, want %v", name, called[name], want)
		}
	}
	for _, e := range w.flow.Log() {
		if e.Method != http.MethodGet {
			t.Errorf("Check sent %s %s", e.Method, e.Path)
		}
	}
}

func TestCheckGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Op == flow.BrandList {
			return flowtest.Fault{Status: 403}
		}
		return flowtest.Fault{}
	})
	for _, row := range w.client.Check(t.Context()) {
		if failed := row.Err != nil; failed != (row.Name == flow.BrandList) {
			t.Errorf("Check of %s = %v", row.Name, row.Err)
		}
	}
}
