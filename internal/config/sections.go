package config

import (
	"time"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Server is the HTTP side.
type Server struct {
	// Listen is a host:port; an empty host means every interface, port 0 any free port.
	Listen string `yaml:"listen" validate:"listen_address"`
	// MaxBodyBytes bounds the body of a webhook call.
	MaxBodyBytes int64 `yaml:"maxBodyBytes" validate:"min=1024,max=67108864"`
	// ShutdownGrace is how long running work may finish after SIGTERM.
	ShutdownGrace time.Duration `yaml:"shutdownGrace" validate:"min=1s,max=10m"`
	// DrainDelay is how long, within ShutdownGrace, requests are still taken after /readyz has begun to
	// answer 503: a load balancer must see that first. At most half of the grace is used.
	DrainDelay time.Duration `yaml:"drainDelay" validate:"min=0s,max=5m"`
	// AdminTokens may use /admin and /dashboard; with none those routes are closed.
	AdminTokens []AdminToken `yaml:"adminTokens" validate:"dive"`
}

// The roles of an AdminToken.
const (
	RoleOperator = "operator" // reads and acts
	RoleViewer   = "viewer"   // reads
)

// AdminToken lets a person or a tool use the admin API. Names and tokens are unique.
type AdminToken struct {
	Name string `yaml:"name" validate:"required"`
	Role string `yaml:"role" validate:"required,oneof=operator viewer"`
	// Token has at least 16 characters: it is the only thing between the network and the admin API,
	// and 16 random characters cannot be guessed.
	Token tenant.Secret `yaml:"token" validate:"required,visible,min=16"`
}

// Webhook is who may post events; any one matching credential is enough.
type Webhook struct {
	Bearer  []tenant.Secret `yaml:"bearer"  validate:"dive,required,visible"`
	Basic   []BasicAuth     `yaml:"basic"   validate:"dive"`
	Headers []Header        `yaml:"headers" validate:"dive"`
	// AllowAnonymous accepts events from anyone.
	AllowAnonymous bool `yaml:"allowAnonymous"`
}

// BasicAuth is a user of HTTP basic authentication.
type BasicAuth struct {
	Username string        `yaml:"username" validate:"required,excludes=:"`
	Password tenant.Secret `yaml:"password" validate:"required"`
}

// Header is a request header with a secret value.
type Header struct {
	Name  string        `yaml:"name"  validate:"required,header_name"`
	Value tenant.Secret `yaml:"value" validate:"required,header_value"`
}

// Omnium is how the OMS is read. The budget of one API user is 20 requests at once and 100 per
// second (design §7).
type Omnium struct {
	// BaseURL has no trailing slash.
	BaseURL           string        `yaml:"baseUrl"           validate:"required,base_url"`
	ClientID          string        `yaml:"clientId"          validate:"required"`
	ClientSecret      tenant.Secret `yaml:"clientSecret"      validate:"required"`
	ProductLanguage   string        `yaml:"productLanguage"   validate:"required"`
	MaxConcurrent     int           `yaml:"maxConcurrent"     validate:"min=1,max=1024"`
	RequestsPerSecond float64       `yaml:"requestsPerSecond" validate:"gt=0,max=1000000"`
	// IgnoreUserIDs are API users whose customer and stock writes are echoes.
	IgnoreUserIDs []string `yaml:"ignoreUserIds" validate:"dive,required"`
}

// Flow is how the POS is written. Every limit holds per tenant.
type Flow struct {
	// BaseURL has no trailing slash.
	BaseURL           string  `yaml:"baseUrl"           validate:"required,base_url"`
	RequestsPerSecond float64 `yaml:"requestsPerSecond" validate:"gt=0,max=1000000"`
	Burst             int     `yaml:"burst"             validate:"min=1,max=1000000"`
	// Concurrency is the number of jobs in flight.
	Concurrency int           `yaml:"concurrency" validate:"min=1,max=1024"`
	Timeout     time.Duration `yaml:"timeout"     validate:"min=100ms,max=10m"`
	Breaker     Breaker       `yaml:"breaker"`
	// Routes override rows of the routes table: name → "METHOD /path/{parameter}". Only the syntax
	// is checked here, the names are known to the flow package; Config.At gives their lines.
	Routes map[string]string `yaml:"routes"`
}

// Breaker is the circuit breaker of a tenant.
type Breaker struct {
	ConsecutiveFailures uint32        `yaml:"consecutiveFailures" validate:"min=1"`
	OpenFor             time.Duration `yaml:"openFor"             validate:"min=100ms,max=1h"`
	HalfOpenRequests    uint32        `yaml:"halfOpenRequests"    validate:"min=1"`
}

// Queue is how jobs are kept and retried.
type Queue struct {
	// DedupeWindow must outlive Omnium's retries (21 s) by far.
	DedupeWindow time.Duration `yaml:"dedupeWindow" validate:"min=1m,max=720h"`
	// Coalesce is how long to wait for more events on one object; 0 is not at all.
	Coalesce            time.Duration `yaml:"coalesce"            validate:"min=0s,max=1h"`
	Lease               time.Duration `yaml:"lease"               validate:"min=1s,max=1h"`
	MaxAttempts         int           `yaml:"maxAttempts"         validate:"min=1,max=1000"`
	Backoff             Backoff       `yaml:"backoff"`
	DeadLetterRetention time.Duration `yaml:"deadLetterRetention" validate:"min=1m,max=87600h"`
}

// Backoff bounds the wait between two attempts.
type Backoff struct {
	Min time.Duration `yaml:"min" validate:"min=1ms,ltefield=Max"`
	Max time.Duration `yaml:"max" validate:"min=1ms,max=24h"`
}

// Catchup is the repair of lost events by reading what changed.
type Catchup struct {
	Enabled   bool          `yaml:"enabled"`
	Overlap   time.Duration `yaml:"overlap" validate:"min=0s,max=24h"`
	Intervals Intervals     `yaml:"intervals"`
}

// Intervals are the times between two delta reads per resource.
type Intervals struct {
	Products       time.Duration `yaml:"products"       validate:"min=1s"`
	Prices         time.Duration `yaml:"prices"         validate:"min=1s"`
	Inventory      time.Duration `yaml:"inventory"      validate:"min=1s"`
	Customers      time.Duration `yaml:"customers"      validate:"min=1s"`
	PurchaseOrders time.Duration `yaml:"purchaseOrders" validate:"min=1s"`
	Deliveries     time.Duration `yaml:"deliveries"     validate:"min=1s"`
	Suppliers      time.Duration `yaml:"suppliers"      validate:"min=1s"`
	Stores         time.Duration `yaml:"stores"         validate:"min=1s"`
	Categories     time.Duration `yaml:"categories"     validate:"min=1s"`
}

// Connector is the part of the connector that is not merged into the tenants.
type Connector struct {
	Name string
	// Implementations are the exporters and tasks to run, without duplicates.
	Implementations []string
}

// Log is what is logged and how.
type Log struct {
	Level  string `yaml:"level"  validate:"oneof=trace debug info warn error"`
	Format string `yaml:"format" validate:"oneof=json console"`
}

// Tracing is where traces go.
type Tracing struct {
	// OTLPEndpoint is the URL of a collector that takes OTLP over HTTP, such as http://collector:4318; empty
	// when tracing is off.
	OTLPEndpoint string `yaml:"otlpEndpoint" validate:"omitempty,base_url"`
}
