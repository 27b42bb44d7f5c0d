package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// The tenants of a world and their markets.
const (
	norway = tenant.ID("bench_no") // NOR
	sweden = tenant.ID("bench_se") // SWE
)

// world is both vendors as fakes in the harness's own process, a Redis, and the real service as
// processes beside it.
type world struct {
	dir    string
	binary string
	omnium *omniumtest.Server
	flow   *flowtest.Server
	redis  *redisServer
	jobs   *queue.Queue
	close  []func()

	mu    sync.Mutex
	fault func(flowtest.Request) flowtest.Fault
	first map[object]time.Time // when Flow was first asked about an object
	asked chan struct{}        // holds a signal when first has grown
	reads time.Duration        // how long Omnium took for all its answers
}

type object struct {
	tenant tenant.ID
	id     string
}

// worldConfig is what the parts vary.
type worldConfig struct {
	Lease   time.Duration
	Service string // path of the binary
}

func newWorld(ctx context.Context, c worldConfig) (*world, error) {
	w := &world{
		binary: c.Service,
		omnium: omniumtest.New(),
		flow: flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{
			{UID: string(norway), Token: "token"}, {UID: string(sweden), Token: "token"},
		}}),
		first: map[object]time.Time{}, asked: make(chan struct{}, 1),
	}
	if err := w.open(ctx, c); err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

func (w *world) open(ctx context.Context, c worldConfig) error {
	var err error
	if w.dir, err = os.MkdirTemp("", "omniflow-bench-"); err != nil {
		return err
	}
	w.close = append(w.close, func() { _ = os.RemoveAll(w.dir) })
	if w.redis, err = startRedis(ctx); err != nil {
		return err
	}
	w.close = append(w.close, w.redis.stop)
	if w.jobs, err = queue.New(w.redis.rdb, queue.Options{}); err != nil {
		return err
	}
	w.omnium.SetMarkets([]omnium.Market{
		{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
		{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
	})
	oms, err := w.host(http.HandlerFunc(w.timed))
	if err != nil {
		return err
	}
	pos, err := w.host(w.flow)
	if err != nil {
		return err
	}
	w.close = append(w.close, w.flow.Close)
	w.flow.SetFault(w.notice)
	text := fmt.Sprintf(worldFile, w.redis.addr, oms, pos+flowtest.BasePath, c.Lease)
	if err := os.WriteFile(w.file(), []byte(text), 0o600); err != nil {
		return err
	}
	return nil
}

func (w *world) file() string { return filepath.Join(w.dir, "omniflow.yaml") }

const worldFile = `
server: { listen: "127.0.0.1:0", shutdownGrace: 10s, drainDelay: 0s, adminTokens: [] }
log: { level: info, format: json }
redis: { url: "redis://%s/0" }
webhook: { bearer: ["` + webhookToken + `"] }
omnium:
  baseUrl: "%s"
  clientId: client
  clientSecret: secret
  productLanguage: "no"
  maxConcurrent: 16
  requestsPerSecond: 5000
flow: { baseUrl: "%s", requestsPerSecond: 5000, burst: 5000, timeout: 10s }
queue: { lease: %v }
connector:
  accessToken: token
  implementations: [IProductExporter]
  properties:
    DefaultTenantUid: ` + string(norway) + `
    MainPricesListUid: main
    DefaultVatCodeUid: vat25
    OrganizationUid: bench
markets:
  - market: NOR
  - market: SWE
    accessToken: token
    properties: { DefaultTenantUid: ` + string(sweden) + `, MainPricesListUid: main, DefaultVatCodeUid: vat25 }
`

// host serves h on loopback until the world ends.
func (w *world) host(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	w.close = append(w.close, func() { _ = server.Close() })
	return "http://" + l.Addr().String(), nil
}

func (w *world) end() {
	for _, end := range slices.Backward(w.close) {
		end()
	}
}

// timed is Omnium with a stopwatch.
func (w *world) timed(rw http.ResponseWriter, r *http.Request) {
	started := time.Now()
	w.omnium.ServeHTTP(rw, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads += time.Since(started)
}

// notice is asked by Flow about every request.
func (w *world) notice(r flowtest.Request) flowtest.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := object{tenant.ID(r.Tenant), r.ProductUID}
	if _, known := w.first[o]; !known && o.id != "" {
		w.first[o] = time.Now()
		select {
		case w.asked <- struct{}{}:
		default:
		}
	}
	if w.fault == nil {
		return flowtest.Fault{}
	}
	return w.fault(r)
}

// setFault changes how Flow answers; nil heals it.
func (w *world) setFault(f func(flowtest.Request) flowtest.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

// forget makes the next request about any object its first.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.first)
}

func (w *world) firstAsked(o object) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.first[o]
	return at, ok
}

func (w *world) readTime() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads
}

// wait blocks until Flow has been asked about the object and returns when.
func (w *world) wait(ctx context.Context, o object) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if at, ok := w.firstAsked(o); ok {
			return at, nil
		}
		select {
		case <-w.asked:
		case <-time.After(20 * time.Millisecond): // the signal may have been for somebody else
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("flow was not asked about %s", o.id)
		}
	}
}

// put makes Omnium have a product.
func (w *world) put(id, name string) {
	w.omnium.PutProduct(omnium.Product{
		ID: id + "_no", ProductID: id, SkuID: id, Language: "no", Name: name, Status: "Active", IsActive: true,
	})
}

// quiet waits until nothing is queued or in work.
func (w *world) quiet(ctx context.Context) error {
	for range 1500 {
		open := 0
		for _, t := range []tenant.ID{norway, sweden} {
			s, err := w.jobs.Stats(ctx, t)
			if err != nil {
				return err
			}
			if s.Dead > 0 {
				return fmt.Errorf("%d dead letters of %s", s.Dead, t)
			}
			open += s.Ready + s.Delayed + s.Leased
		}
		if open == 0 {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return errors.New("the queue does not become empty")
}

// replica is one process of the service.
type replica struct {
	cmd  *exec.Cmd
	url  string
	http *http.Client
}

// serve starts a replica and returns when it takes requests.
func (w *world) serve(ctx context.Context) (*replica, error) {
	cmd := exec.CommandContext(ctx, w.binary, "serve", "-c", w.file())
	endWithParent(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &replica{cmd: cmd, http: &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	lines := json.NewDecoder(stderr)
	for {
		var line struct{ Message, Address string }
		if err := lines.Decode(&line); err != nil {
			r.kill()
			return nil, fmt.Errorf("omniflow serve ended: %w", err)
		}
		if line.Message == "listening" {
			r.url = "http://" + line.Address
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }() // what nobody reads would block it
	return r, nil
}

func (r *replica) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// term asks the replica to stop and waits for it.
func (r *replica) term() error {
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return r.cmd.Wait()
}

// tell posts an event about a product and returns when that began.
func (w *world) tell(ctx context.Context, r *replica, id, market string) (time.Time, error) {
	body := w.omnium.Event(omniumtest.Event{ObjectID: id, Market: market})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/webhooks/omnium", bytes.NewReader(body))
	if err != nil {
		return time.Time{}, err
	}
	req.Header.Set("Authorization", "Bearer "+webhookToken)
	sent := time.Now()
	resp, err := r.http.Do(req)
	if err != nil {
		return sent, err
	}
	defer resp.Body.Close()
	var said struct{ Accepted, Coalesced int }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return sent, err
	}
	if resp.StatusCode != http.StatusAccepted || said.Accepted+said.Coalesced != 1 {
		return sent, fmt.Errorf("POST: %s %+v", resp.Status, said)
	}
	return sent, nil
}
