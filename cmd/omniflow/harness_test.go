package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/queue/redistest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// The tenants of the harness: norway serves the market NOR, sweden the market SWE.
const (
	norway = tenant.ID("fjell_no")
	sweden = tenant.ID("fjell_se")
)

// canary is in every secret of the harness and in nothing else.
const canary = "canary"

// The secrets. None of them may appear in anything that omniflow writes.
const (
	webhookToken = canary + "-webhook-token"
	adminToken   = canary + "-admin-operator"
	viewerToken  = canary + "-admin-viewer"
	omniumSecret = canary + "-omnium-secret"
	norwayToken  = canary + "-flow-norway"
	swedenToken  = canary + "-flow-sweden"
)

// fakeJWT is how the tokens begin that the fake Omnium gives out.
const fakeJWT = "eyJhbGciOiJub25lIn0"

// harness is the world around omniflow: both vendors, a real Redis and a configuration file. It
// starts replicas of the service and compares what they have done with what Omnium says.
type harness struct {
	*testing.T

	omnium *omniumtest.Server
	flow   *flowtest.Server
	redis  *redistest.Server
	jobs   *queue.Queue // the service's, seen from outside
	config string       // path of the file
	env    map[string]string
	heard  *record
}

// settings are what tests vary in the configuration file.
type settings struct {
	Redis, Omnium, Flow string // filled in by the harness

	Lease, Grace, Drain, Timeout, OpenFor string
	MaxAttempts                           int
	// Catchup is how often the changes of every resource are listed; empty turns the catch-up off.
	Catchup string
	// Overlap is how far before the checkpoint lists begin.
	Overlap string
	// Also are the implementations beside IProductExporter.
	Also []string
	// Prepare changes the fake Omnium before it serves; nil leaves it as it is.
	Prepare func(*omniumtest.Server)
}

// Listed are the keys of catchup.intervals.
func (settings) Listed() []string {
	return []string{
		"products", "prices", "inventory", "customers", "purchaseOrders", "deliveries", "suppliers",
		"stores", "categories",
	}
}

func newHarness(t *testing.T, vary ...func(*settings)) *harness {
	t.Helper()
	s := settings{
		Lease: "15s", Grace: "10s", Drain: "0s", Timeout: "10s", OpenFor: "500ms", MaxAttempts: 12, Overlap: "5m",
	}
	for _, change := range vary {
		change(&s)
	}
	h := &harness{
		T:      t,
		omnium: omniumtest.New(),
		flow: flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{
			{UID: string(norway), Token: norwayToken}, {UID: string(sweden), Token: swedenToken},
		}}),
		heard: new(record),
		env: map[string]string{
			"WEBHOOK_TOKEN": webhookToken, "ADMIN_TOKEN": adminToken, "VIEWER_TOKEN": viewerToken,
			"OMNIUM_SECRET": omniumSecret, "FLOW_TOKEN": norwayToken, "FLOW_TOKEN_SE": swedenToken,
		},
	}
	t.Cleanup(h.wantNoSecrets)
	h.omnium.ClientSecret = omniumSecret
	h.omnium.SetMarkets([]omnium.Market{
		{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
		{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25", ProductContentLanguage: "sv"},
	})
	h.omnium.SetStores([]omnium.Store{{ID: "oslo", AvailableOnMarkets: []string{"NOR"}}})
	if s.Prepare != nil {
		s.Prepare(h.omnium)
	}
	vendorOMS, vendorPOS := httptest.NewServer(h.omnium), httptest.NewServer(h.flow)
	t.Cleanup(vendorOMS.Close)
	t.Cleanup(vendorPOS.Close)
	t.Cleanup(h.flow.Close) // before the server, which waits for the requests that hang
	h.redis = redistest.Start(t, redistest.FsyncAlways())
	s.Redis, s.Omnium, s.Flow = h.redis.URL(), vendorOMS.URL, vendorPOS.URL+flowtest.BasePath
	h.config = h.write(s)
	var err error
	if h.jobs, err = queue.New(h.redis.Client(), queue.Options{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// file is the configuration of the harness.
const file = `
server:
  listen: "127.0.0.1:0"
  shutdownGrace: {{.Grace}}
  drainDelay: {{.Drain}}
  adminTokens:
    - { name: ops, role: operator, token: "${ADMIN_TOKEN}" }
    - { name: wall, role: viewer, token: "${VIEWER_TOKEN}" }
redis: { url: "{{.Redis}}" }
log: { level: debug } # a finished run that had nothing to do is logged at this level
webhook: { bearer: ["${WEBHOOK_TOKEN}"] }
omnium:
  baseUrl: "{{.Omnium}}"
  clientId: client
  clientSecret: "${OMNIUM_SECRET}"
  productLanguage: "no"
  maxConcurrent: 16
  requestsPerSecond: 5000
flow:
  baseUrl: "{{.Flow}}"
  requestsPerSecond: 5000
  burst: 5000
  timeout: {{.Timeout}}
  breaker: { consecutiveFailures: 5, openFor: {{.OpenFor}}, halfOpenRequests: 1 }
queue:
  lease: {{.Lease}}
  maxAttempts: {{.MaxAttempts}}
  backoff: { min: 20ms, max: 200ms }
{{if .Catchup}}catchup:
  overlap: {{.Overlap}}
  intervals: { {{range $i, $r := .Listed}}{{if $i}}, {{end}}{{$r}}: {{$.Catchup}}{{end}} }
{{else}}catchup: { enabled: false }
{{end}}connector:
  accessToken: "${FLOW_TOKEN}"
  implementations: [IProductExporter{{range .Also}}, {{.}}{{end}}]
  properties:
    DefaultTenantUid: fjell_no
    MainPricesListUid: main
    DefaultVatCodeUid: vat25
    OrganizationUid: fjell_sport
markets:
  - market: NOR
  - market: SWE
    accessToken: "${FLOW_TOKEN_SE}"
    properties: { DefaultTenantUid: fjell_se, MainPricesListUid: main_se, DefaultVatCodeUid: vat25se }
`

func (h *harness) write(s settings) string {
	h.Helper()
	var text bytes.Buffer
	if err := template.Must(template.New("").Parse(file)).Execute(&text, s); err != nil {
		h.Fatal(err)
	}
	return h.save(text.String())
}

// save writes a configuration file and returns its path.
func (h *harness) save(text string) string {
	h.Helper()
	path := filepath.Join(h.TempDir(), "omniflow.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
	return path
}

func (h *harness) getenv(name string) (string, bool) {
	value, ok := h.env[name]
	return value, ok
}

const (
	// patience is how long the slowest thing may take that a test waits for.
	patience  = 30 * time.Second
	pollEvery = 5 * time.Millisecond
)

// eventually polls until check is content. The last thing that it was not content with is why the
// test fails when patience ends.
func (h *harness) eventually(what string, check func() error) {
	h.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			h.Fatalf("%s: not after %v: %v", what, patience, err)
		}
	}
}

// receive waits for a value that another goroutine sends.
func receive[T any](h *harness, what string, from <-chan T) T {
	h.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		h.Fatalf("%s: not after %v", what, patience)
		panic("unreachable")
	}
}

// record is everything that omniflow has written to anybody in a test.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer. It is safe for concurrent use.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// wantNoSecrets looks for the secrets in all that was written. It runs when every replica has ended.
func (h *harness) wantNoSecrets() {
	for line := range strings.Lines(h.heard.String()) {
		if strings.Contains(line, canary) || strings.Contains(line, fakeJWT) {
			h.Errorf("omniflow wrote a secret: %s", line)
		}
	}
}
