// Package api is the HTTP surface of omniflow: the webhook that Omnium posts to, health and metrics,
// and the admin API. It decides nothing about jobs: it puts events into the queue and shows what the
// queue says. The contract is openapi/omniflow.yaml; problem.go is the only place that turns errors
// into answers.
package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
	"github.com/omniflow/omniflow/openapi"
)

// Options are what the API needs. Everything is required unless its comment says otherwise, and
// everything must be safe for concurrent use.
type Options struct {
	Credentials Credentials
	// AdminTokens may use /admin; without any, its routes answer 403.
	AdminTokens []AdminToken
	// MaxBodyBytes bounds a webhook body. Zero means 1 MiB.
	MaxBodyBytes int64

	// Directory returns who events are routed to now. It must not block.
	Directory func() *tenant.Directory
	Intake    Intake
	// Wishes is told of events that name no object. It may be nil: then they are parked.
	Wishes Wishes
	// EchoUsers are ids of Omnium's users whose events about customers and stock are ignored, because
	// Flow has caused them. It may be empty.
	EchoUsers []string
	// Recorder may be nil: then nobody listens.
	Recorder Recorder
	// OnSettings is called after a request with an event about Omnium's settings; it must not block.
	// It may be nil.
	OnSettings func()

	Jobs    JobAdmin
	Archive Archive
	Syncs   Syncs
	// CatchupOff says that nobody runs synchronisations.
	CatchupOff bool
	Health     TenantHealth
	// Settings returns what the service was configured with, secrets redacted.
	Settings func() Settings
	Reload   Reloader
	Preview  Previewer
	// Stopping is closed when the service begins to stop, or another handler takes over: it ends the
	// streams. It may be nil.
	Stopping <-chan struct{}
	// Ready returns nil when Redis is reachable and the process is not stopping.
	Ready func(ctx context.Context) error

	// Metrics answers GET /metrics.
	Metrics http.Handler
	// Observe is told about every answer: the pattern of the route ("unmatched" when there is none),
	// the method ("other" when it is a made-up one), the status and how long it took. It must not
	// block. It may be nil.
	Observe func(route, method string, status int, took time.Duration)
	// Trace returns what the causes of a request's jobs carry, so that its trace goes on in the workers;
	// empty when the request is not traced. It may be nil.
	Trace func(ctx context.Context) string
	// Log is the parent of the loggers that requests carry. The zero value logs nowhere.
	Log zerolog.Logger
	// Version is shown by the health checks. It may be empty.
	Version string
}

// Intake makes events durable.
type Intake interface {
	// Enqueue blocks until the entries, however many, are durable and returns one result per entry,
	// in order. After an error some may have been kept; sending them again is harmless.
	Enqueue(ctx context.Context, entries []queue.Entry) ([]queue.Result, error)
	// Park blocks until the events are durable. Parking an event again replaces it.
	Park(ctx context.Context, parked []queue.Parked) error
}

// Wishes makes it durable that somebody looks for changes.
type Wishes interface {
	// Want asks for the changes of a resource since a moment, which is zero when it is not known. It
	// blocks until that is durable. Asking again is harmless.
	Want(ctx context.Context, r event.Resource, since time.Time) error
}

// Recorder is told what came in, for operators who ask later. It is best effort: it must not block.
type Recorder interface {
	// Rejected takes over the first 64 KiB of a body that was answered 400, and why.
	Rejected(body []byte, reason string)
	// Received takes an event and its result: accepted, coalesced, duplicate, ignored (the notice
	// says why) or unrouted. The tenants are those the event was queued for; the slice is shared.
	Received(n omnium.Notice, tenants []tenant.ID, result string)
}

// TenantHealth is how the way to a tenant is doing.
type TenantHealth interface {
	// Breaker returns closed, open or half-open.
	Breaker(t tenant.ID) string
	// LastSuccess returns when an object of the tenant last agreed; zero when none ever did.
	LastSuccess(ctx context.Context, t tenant.ID) (time.Time, error)
}

// defaultMaxBody is the limit of a webhook body when the options give none (design §3).
const defaultMaxBody = 1 << 20

// New returns the handler of all routes. The error says which option is missing or makes no sense.
// The handler bounds the time of bodies and of what it waits for; header and idle timeouts are the
// server's.
func New(o Options) (http.Handler, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("check api options: %w", err)
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = defaultMaxBody
	}
	gate, err := newGate(o.Credentials)
	if err != nil {
		return nil, fmt.Errorf("check webhook credentials: %w", err)
	}
	admins, err := newAdmins(o.AdminTokens)
	if err != nil {
		return nil, fmt.Errorf("check admin tokens: %w", err)
	}
	validate, err := newValidator()
	if err != nil {
		return nil, err
	}
	spec, err := openapi.Files.ReadFile(openapi.Omniflow)
	if err != nil {
		return nil, fmt.Errorf("read own contract: %w", err)
	}
	pages, err := newPages(spec)
	if err != nil {
		return nil, err
	}
	s := &server{
		Options: o, gate: gate, admins: admins, validate: validate, spec: spec, pages: pages,
		streams: make(chan struct{}, maxStreams), previews: make(chan struct{}, maxPreviews),
	}
	return s.routes(), nil
}

// complete names every required option that is missing.
func (o Options) complete() error {
	var errs []error
	require := func(given bool, name string) {
		if !given {
			errs = append(errs, errors.New(name+" is missing"))
		}
	}
	require(o.Directory != nil, "Directory")
	require(o.Intake != nil, "Intake")
	require(o.Jobs != nil, "Jobs")
	require(o.Archive != nil, "Archive")
	require(o.Syncs != nil, "Syncs")
	require(o.Health != nil, "Health")
	require(o.Settings != nil, "Settings")
	require(o.Reload != nil, "Reload")
	require(o.Preview != nil, "Preview")
	require(o.Ready != nil, "Ready")
	require(o.Metrics != nil, "Metrics")
	require(o.MaxBodyBytes >= 0, "a MaxBodyBytes that is not negative")
	return errors.Join(errs...)
}
