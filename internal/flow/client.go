package flow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/omniflow/omniflow/internal/rest"
)

// Options configure a Client.
type Options struct {
	// Tenant is the uid of the Flow tenant. Required.
	Tenant string
	// BaseURL ends in the version, such as https://api.flowretail.com/v2. Required.
	BaseURL string
	// AccessToken returns the bearer token for the next call; it must be safe for concurrent use.
	// Required.
	AccessToken func() string

	// RequestsPerSecond bounds the calls of this client. Zero means no bound.
	RequestsPerSecond float64
	// Burst is how many calls may go at once after a pause. Zero means one second's worth.
	Burst int
	// Timeout bounds one call, including reading its answer. Zero means 15 s; there is always a
	// bound, because a probe that never returns would keep the breaker half-open for ever.
	Timeout time.Duration
	Breaker Breaker

	// Routes is the table of operations. Empty means DefaultRoutes.
	Routes Routes
	// Transport carries the requests. Nil means one of the client's own, which no other tenant
	// shares.
	Transport http.RoundTripper

	// Patient, when not nil, reports whether a call may wait for others: at most PatientCalls of those
	// are under way or wait for the rate limit at once, so that they never hold up the rest. Zero calls
	// means one.
	Patient      func(ctx context.Context) bool
	PatientCalls int

	// Observe, when not nil, is told of every finished call; status is 0 when no answer arrived.
	Observe func(op string, status int, took time.Duration)
	// Trace, when not nil, follows every call.
	Trace rest.Trace
	// OnBreaker, when not nil, is told of every change of the breaker's state. It is called with the
	// breaker locked: it must return quickly and must not call the client.
	OnBreaker func(from, to string)
}

const defaultTimeout = 15 * time.Second

// Client writes to one Flow tenant. All its calls share one rate limit and one circuit breaker. It
// is safe for concurrent use.
//
// Every method that takes a context blocks until Flow has answered all the requests it needs, or
// one of them failed. The errors are *UnavailableError when the breaker refused a call, *rest.Error
// for an answer outside 2xx, *rest.DecodeError for one that could not be read, ErrBadUID for a uid
// that was not sent, and otherwise the cause why no answer arrived. Their texts name the operation.
type Client struct {
	tenant  string
	token   func() string
	routes  Routes
	rest    *rest.Client
	limiter *rate.Limiter
	circuit *circuit
	patient func(context.Context) bool
	// queue holds an element for every patient call.
	queue chan struct{}
	// record, when not nil, takes every write instead of Flow.
	record func(Sent)
	// own is the transport that the client has to close; nil when it was given one.
	own *http.Transport
}

// New returns a client, or an error that says what is missing or wrong in the options.
func New(o Options) (*Client, error) {
	if o.Tenant == "" || o.AccessToken == nil {
		return nil, errors.New("flow client: tenant and access token are required")
	}
	c := &Client{
		tenant:  o.Tenant,
		token:   o.AccessToken,
		routes:  o.Routes,
		limiter: newLimiter(o.RequestsPerSecond, o.Burst),
		circuit: newCircuit(o.Breaker, o.OnBreaker),
		patient: o.Patient,
		queue:   make(chan struct{}, max(o.PatientCalls, 1)),
	}
	if len(c.routes.rows) == 0 {
		c.routes = DefaultRoutes()
	}
	if o.Transport == nil {
		c.own = newTransport()
		o.Transport = c.own
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	var err error
	c.rest, err = rest.New(rest.Options{
		BaseURL:   o.BaseURL,
		Transport: o.Transport,
		Timeout:   o.Timeout,
		Observe:   o.Observe,
		Trace:     o.Trace,
	})
	if err != nil {
		return nil, fmt.Errorf("flow client of tenant %s: %w", o.Tenant, err)
	}
	return c, nil
}

func newLimiter(perSecond float64, burst int) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	if burst <= 0 {
		burst = max(1, int(math.Ceil(perSecond)))
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// Close closes the idle connections of the client's own transport. Calls under way are not
// disturbed.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Probe reads the tenant: it succeeds when Flow is there and takes the credential.
func (c *Client) Probe(ctx context.Context) error {
	return c.do(ctx, call{op: TenantGet})
}

// Breaker returns the state of the circuit breaker: "closed", "open" or "half-open".
func (c *Client) Breaker() string { return c.circuit.state() }

// Capacity says how many jobs may be started now. While the breaker is closed that is math.MaxInt,
// while it is half-open as many as there are free probes, and while it is open none. When it is 0
// the duration is how long to wait before asking again, and always positive; else it is 0.
func (c *Client) Capacity() (int, time.Duration) { return c.circuit.capacity() }
