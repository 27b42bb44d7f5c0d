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
	// MaxConnections bounds the clients at once. When there are more, the connection gives way that has been
	// idle for the longest; when all are busy, newcomers wait.
	MaxConnections int `yaml:"maxConnections" validate:"min=10,max=1000000"`
	// ShutdownGrace is how long running work may finish after SIGTERM.
	ShutdownGrace time.Duration `yaml:"shutdownGrace" validate:"min=1s,max=10m"`
	// DrainDelay is how long, within ShutdownGrace, requests are still taken after /readyz has begun to
	// answer 503: a load balancer must see that first. At most half of the grace is used.
	DrainDelay time.Duration `yaml:"drainDelay" validate:"min=0s,max=5m"`
	// AdminTokens are those that may use the admin API; with none its routes answer 403.
	AdminTokens []AdminToken `yaml:"adminTokens" validate:"dive"`
}

// The roles of an AdminToken.
const (
	RoleOperator = "operator" // reads and acts
	RoleViewer   = "viewer"   // reads
)

// AdminToken lets a person or a tool use the admin API. Names and tokens are unique.
type AdminToken struct {
	// Name stands in the log beside what was done with the token.
	Name string `yaml:"name" validate:"required"`
	// Role says what the token may do: a viewer reads, an operator also acts.
	Role string `yaml:"role" validate:"required,oneof=operator viewer"`
	// Token is the bearer token. It is the only thing between the network and the admin API, and 16 random
	// characters cannot be guessed.
	Token tenant.Secret `yaml:"token" validate:"required,visible,min=16"`
}

// Webhook is who may post events; any one matching credential is enough.
type Webhook struct {
	// Bearer are static bearer tokens; give two while one is replaced.
	Bearer []tenant.Secret `yaml:"bearer"  validate:"dive,required,visible"`
	// Basic are users of HTTP basic authentication.
	Basic []BasicAuth `yaml:"basic"   validate:"dive"`
	// Headers are request headers with a secret value.
	Headers []Header `yaml:"headers" validate:"dive"`
	// AllowAnonymous accepts events from anyone.
	AllowAnonymous bool `yaml:"allowAnonymous"`
}

// BasicAuth is a user of HTTP basic authentication.
type BasicAuth struct {
	// Username must not contain a colon.
	Username string `yaml:"username" validate:"required,excludes=:"`
	// Password is any text.
	Password tenant.Secret `yaml:"password" validate:"required"`
}

// Header is a request header with a secret value.
type Header struct {
	// Name is the name of the header.
	Name string `yaml:"name"  validate:"required,header_name"`
	// Value is what the header must hold: printable ASCII.
	Value tenant.Secret `yaml:"value" validate:"required,header_value"`
}

// Omnium is how the OMS is read. The budget of one API user is 20 requests at once and 100 per
// second (design §7).
type Omnium struct {
	// BaseURL is where Omnium's API is. A trailing slash is dropped.
	BaseURL string `yaml:"baseUrl"           validate:"required,base_url"`
	// ClientID names the API user.
	ClientID string `yaml:"clientId"          validate:"required"`
	// ClientSecret is the API user's secret.
	ClientSecret tenant.Secret `yaml:"clientSecret"      validate:"required"`
	// ProductLanguage is the language of texts for markets that have no product content language in Omnium.
	ProductLanguage string `yaml:"productLanguage"   validate:"required"`
	// MaxConcurrent bounds the requests at once, per replica. The budget of an API user is 20.
	MaxConcurrent int `yaml:"maxConcurrent"     validate:"min=1,max=1024"`
	// RequestsPerSecond bounds the rate of requests, per replica. The budget of an API user is 100.
	RequestsPerSecond float64 `yaml:"requestsPerSecond" validate:"gt=0,max=1000000"`
	// IgnoreUserIDs are the ids of Omnium users whose writes of customers and stock are echoes of Flow's.
	IgnoreUserIDs []string `yaml:"ignoreUserIds" validate:"dive,required"`
}

// Flow is how the POS is written. Every limit holds per tenant.
type Flow struct {
	// BaseURL is where Flow's API is, with its version. A trailing slash is dropped.
	BaseURL string `yaml:"baseUrl"           validate:"required,base_url"`
	// RequestsPerSecond bounds the rate of requests, per tenant and replica.
	RequestsPerSecond float64 `yaml:"requestsPerSecond" validate:"gt=0,max=1000000"`
	// Burst is how many requests may come at once after a pause.
	Burst int `yaml:"burst"             validate:"min=1,max=1000000"`
	// Concurrency is the number of jobs in flight, per tenant and replica.
	Concurrency int `yaml:"concurrency" validate:"min=1,max=1024"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"     validate:"min=100ms,max=10m"`
	Breaker Breaker       `yaml:"breaker"`
	// Routes are rows that replace those of the routes table: a name, and `METHOD /path/{parameter}`.
	Routes map[string]string `yaml:"routes"` // names are checked by the flow package; Config.At gives their lines
}

// Breaker is the circuit breaker of a tenant.
type Breaker struct {
	// ConsecutiveFailures is how many failures in a row open the breaker.
	ConsecutiveFailures uint32 `yaml:"consecutiveFailures" validate:"min=1"`
	// OpenFor is how long an open breaker refuses every request.
	OpenFor time.Duration `yaml:"openFor"             validate:"min=100ms,max=1h"`
	// HalfOpenRequests is how many requests may then try at once, and how many must succeed in a row.
	HalfOpenRequests uint32 `yaml:"halfOpenRequests"    validate:"min=1"`
}

// Queue is how jobs are kept and retried.
type Queue struct {
	// DedupeWindow is how long an event's id is remembered. It must outlive Omnium's retries (21 s) by far.
	DedupeWindow time.Duration `yaml:"dedupeWindow" validate:"min=1m,max=720h"`
	// Coalesce is how long to wait for more events on one object before it is looked at.
	Coalesce time.Duration `yaml:"coalesce"            validate:"min=0s,max=1h"`
	// Lease is how long a worker that has died holds up a job.
	Lease time.Duration `yaml:"lease"               validate:"min=1s,max=1h"`
	// MaxAttempts is how often a job may fail before it becomes a dead letter.
	MaxAttempts int     `yaml:"maxAttempts"         validate:"min=1,max=1000"`
	Backoff     Backoff `yaml:"backoff"`
	// DeadLetterRetention is how long dead letters are kept.
	DeadLetterRetention time.Duration `yaml:"deadLetterRetention" validate:"min=1m,max=87600h"`
}

// Backoff bounds the wait between two attempts.
type Backoff struct {
	// Min is the least wait. The longest doubles with every attempt; a random one in between is waited.
	Min time.Duration `yaml:"min" validate:"min=1ms,ltefield=Max"`
	// Max bounds the longest wait.
	Max time.Duration `yaml:"max" validate:"min=1ms,max=24h"`
}

// Catchup is the repair of lost events by reading what changed.
type Catchup struct {
	// Enabled says whether changes are listed.
	Enabled bool `yaml:"enabled"`
	// Overlap is how far before its last checkpoint a list begins.
	Overlap   time.Duration `yaml:"overlap" validate:"min=0s,max=24h"`
	Intervals Intervals     `yaml:"intervals"`
}

// Intervals are the times between two delta reads per resource.
type Intervals struct {
	// Products is how often changes of products, and their publish and price windows, are listed.
	Products time.Duration `yaml:"products"       validate:"min=1s"`
	// Prices is how often changes of prices are listed.
	Prices time.Duration `yaml:"prices"       validate:"min=1s"`
	// Inventory is how often changes of stock are listed.
	Inventory time.Duration `yaml:"inventory"       validate:"min=1s"`
	// Customers is how often changes of customers are listed.
	Customers time.Duration `yaml:"customers"       validate:"min=1s"`
	// PurchaseOrders is how often changes of purchase orders are listed.
	PurchaseOrders time.Duration `yaml:"purchaseOrders"       validate:"min=1s"`
	// Deliveries is how often changes of deliveries are listed.
	Deliveries time.Duration `yaml:"deliveries"       validate:"min=1s"`
	// Suppliers is how often changes of suppliers are listed.
	Suppliers time.Duration `yaml:"suppliers"       validate:"min=1s"`
	// Stores is how often changes of stores are listed.
	Stores time.Duration `yaml:"stores"       validate:"min=1s"`
	// Categories is how often changes of categories are listed.
	Categories time.Duration `yaml:"categories"       validate:"min=1s"`
}

// Connector is the part of the connector that is not merged into the tenants.
type Connector struct {
	Name string
	// Implementations are the exporters and tasks to run, without duplicates.
	Implementations []string
}

// Log is what is logged and how.
type Log struct {
	// Level is the least severe level that is logged.
	Level string `yaml:"level"  validate:"oneof=trace debug info warn error"`
	// Format is for machines (json) or for people (console).
	Format string `yaml:"format" validate:"oneof=json console"`
}

// Tracing is where traces go.
type Tracing struct {
	// OTLPEndpoint is the URL of a collector that takes OTLP over HTTP, such as http://collector:4318; empty
	// when tracing is off.
	OTLPEndpoint string `yaml:"otlpEndpoint" validate:"omitempty,base_url"`
}
