package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/queue"
)

const (
	// syncConcurrency is the live concurrency of the tenant; catch-up has a quarter of it in calls.
	syncConcurrency = 64
	// liveEvery is how often an event arrives beside the synchronisation.
	liveEvery = 50 * time.Millisecond
	// syncPatience ends a synchronisation that does not get anywhere.
	syncPatience = 15 * time.Minute
)

// fullSync synchronises a catalogue that Flow does not have, and then once more, while events go on.
func fullSync(ctx context.Context, s settings, t *table) error {
	products, quietEvents := 200_000, 400
	if s.short {
		products, quietEvents = 20_000, 100
	}
	w, err := newSyncWorld(ctx, s, products)
	if err != nil {
		return err
	}
	defer w.end()
	r, err := w.serve(ctx)
	if err != nil {
		return err
	}
	defer r.kill()
	if _, err := w.events(ctx, r, "warm", 20); err != nil {
		return err
	}
	quiet, err := w.events(ctx, r, "quiet", quietEvents)
	if err != nil {
		return err
	}
	t.note("events beside nothing", "%s", spread(quiet))
	for _, one := range []string{"first", "second"} {
		phase, err := w.synchronise(ctx, r, one)
		if err != nil {
			return fmt.Errorf("%s synchronisation: %w", one, err)
		}
		phase.tell(t, one)
		if err := w.account(ctx, phase, one == "first"); err != nil {
			return fmt.Errorf("%s synchronisation: %w", one, err)
		}
		limit := float64(products) / 50
		t.atMost(one+" synchronisation: Omnium requests", float64(phase.reads()), limit, "")
		if one == "second" {
			t.atMost("second synchronisation: writes to Flow", float64(phase.flow.Creates+phase.flow.Updates), 0, "")
		}
	}
	return nil
}

// syncWorld is a world whose vendors are processes of their own.
type syncWorld struct {
	world

	products int
	oms, pos string // base URLs
	ledger   *ledger.Ledger
}

func newSyncWorld(ctx context.Context, s settings, products int) (*syncWorld, error) {
	w := &syncWorld{world: world{binary: s.service}, products: products}
	if err := w.open(ctx); err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

func (w *syncWorld) open(ctx context.Context) error {
	var err error
	if w.dir, err = os.MkdirTemp("", "omniflow-bench-"); err != nil {
		return err
	}
	w.close = append(w.close, func() { _ = os.RemoveAll(w.dir) })
	if w.redis, err = startRedis(ctx); err != nil {
		return err
	}
	w.close = append(w.close, w.redis.stop)
	w.ledger = ledger.New(w.redis.rdb)
	if w.jobs, err = queue.New(w.redis.rdb, queue.Options{}); err != nil {
		return err
	}
	w.oms, err = w.beside(ctx, "omnium", omniumTask{
		Products: w.products, Page: 1000, Read: 5 * time.Millisecond, Search: 50 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	w.pos, err = w.beside(ctx, "pos", posTask{Products: w.products, Delay: 5 * time.Millisecond})
	if err != nil {
		return err
	}
	text := fmt.Sprintf(syncFile, w.redis.addr, w.oms, w.pos+"/v2", syncConcurrency)
	return os.WriteFile(w.file(), []byte(text), 0o600)
}

// beside starts a process that serves until the world ends and returns its base URL.
func (w *syncWorld) beside(ctx context.Context, role string, task any) (string, error) {
	c, err := spawn(ctx, role, task)
	if err != nil {
		return "", err
	}
	w.close = append(w.close, c.stop)
	var at serving
	if err := c.read(&at); err != nil {
		return "", err
	}
	return "http://" + at.Addr, nil
}

// syncFile leaves the limits of Omnium as they are by default; Flow's would be all that is measured.
const syncFile = `
server: { listen: "127.0.0.1:0", shutdownGrace: 10s, adminTokens: [] }
log: { level: info, format: json }
redis: { url: "redis://%s/0" }
webhook: { bearer: ["` + webhookToken + `"] }
omnium: { baseUrl: "%s", clientId: client, clientSecret: secret, productLanguage: "no" }
flow: { baseUrl: "%s", requestsPerSecond: 20000, burst: 20000, concurrency: %d, timeout: 10s }
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
`

// synchronise runs one full synchronisation with events beside it.
func (w *syncWorld) synchronise(ctx context.Context, r *replica, id string) (*phase, error) {
	ctx, cancel := context.WithTimeout(ctx, syncPatience)
	defer cancel()
	before, err := w.counts(ctx)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	p := &phase{}
	done := make(chan error, 2)
	go func() { done <- p.watch(watching, r.cmd.Process.Pid, w.redis) }()
	go func() { done <- w.eventsUntil(watching, r, id, p) }()
	ended := w.untilDone(ctx, id, p)
	stop()
	err = errors.Join(ended, <-done, <-done)
	if err != nil {
		return nil, err
	}
	if err := w.quiet(ctx); err != nil {
		return nil, err
	}
	after, err := w.counts(ctx)
	if err != nil {
		return nil, err
	}
	p.since(before, after)
	return p, nil
}

func (w *syncWorld) untilDone(ctx context.Context, id string, p *phase) error {
	asked := ledger.Sync{
		ID: id, Tenant: norway, Resources: []event.Resource{event.Product}, Created: time.Now(),
	}
	if err := w.ledger.CreateSync(ctx, asked); err != nil {
		return err
	}
	for ctx.Err() == nil {
		sync, err := w.ledger.Sync(ctx, norway, id)
		if err != nil {
			return err
		}
		if sync.State == ledger.SyncDraining && p.listed.IsZero() {
			p.listed = time.Now()
		}
		if sync.State != ledger.SyncListing && sync.State != ledger.SyncWaiting &&
			(sync.State.Final() || sync.Done+sync.Failed >= sync.Seen) {
			p.sync, p.ended = sync, time.Now()
			return nil
		}
		pause(ctx, 100*time.Millisecond)
	}
	return errors.New("it does not end")
}

// account checks that what should have happened has.
func (w *syncWorld) account(ctx context.Context, p *phase, first bool) error {
	want := posCount{Distinct: w.products}
	if first {
		want.Creates = w.products
	}
	got := p.flow
	got.Others = 0
	if got != want {
		return fmt.Errorf("flow has seen %+v, want %+v", got, want)
	}
	if p.sync.State == ledger.SyncFailed || p.sync.Seen != int64(w.products) || p.sync.Done != p.sync.Seen || p.sync.Failed != 0 {
		return fmt.Errorf("it says %+v, want %d seen and done", p.sync, w.products)
	}
	return nil
}

// vendorCounts are what both vendors have counted.
type vendorCounts struct {
	omnium map[string]int
	flow   posCount
}

func (w *syncWorld) counts(ctx context.Context) (vendorCounts, error) {
	var c vendorCounts
	return c, errors.Join(
		fetch(ctx, w.oms+"/bench/requests", &c.omnium), fetch(ctx, w.pos+"/bench/count", &c.flow))
}

func fetch(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

// phase is what was seen of one synchronisation.
type phase struct {
	watched

	sync          ledger.Sync
	listed, ended time.Time
	live          []time.Duration // webhook → Flow, sorted
	omnium        map[string]int
	flow          posCount
}

// since takes the counts of what was before away.
func (p *phase) since(before, after vendorCounts) {
	p.omnium, p.flow = after.omnium, after.flow
	for op, n := range before.omnium {
		if op != mostOpen {
			p.omnium[op] -= n
		}
	}
	p.flow.Creates -= before.flow.Creates
	p.flow.Updates -= before.flow.Updates
}

// reads counts the requests that were made for the synchronisation.
func (p *phase) reads() int {
	n := 0
	for op, count := range p.omnium {
		if !strings.HasPrefix(op, livePrefix) && op != mostOpen {
			n += count
		}
	}
	return n
}

func (p *phase) tell(t *table, name string) {
	took := p.ended.Sub(p.sync.Started)
	t.note(name+" synchronisation", "%d products in %.1f s (list %.1f s), %.0f/s", p.sync.Seen, took.Seconds(),
		p.listed.Sub(p.sync.Started).Seconds(), float64(p.sync.Seen)/took.Seconds())
	var ops []string
	for _, op := range slices.Sorted(maps.Keys(p.omnium)) {
		if p.omnium[op] > 0 {
			ops = append(ops, fmt.Sprintf("%s %d", op, p.omnium[op]))
		}
	}
	t.note("… requests to Omnium", "%s", strings.Join(ops, ", "))
	t.note("… events beside it", "%s", spread(p.live))
	t.note("… memory of the service", "%s", p.service())
	t.note("… memory of Redis", "%.0f MB before, %.0f at most, %.0f after", p.redisMB[0], slices.Max(p.redisMB),
		p.redisMB[len(p.redisMB)-1])
	t.note("… processor time per product", "%.0f µs + Redis %.0f µs", us(p.cpu)/float64(p.sync.Seen), us(p.redisCPU)/float64(p.sync.Seen))
}

func spread(took []time.Duration) string {
	return fmt.Sprintf("%d, webhook → Flow p50 %.1f ms, p99 %.1f ms, most %.1f ms", len(took),
		ms(quantile(took, 0.5)), ms(quantile(took, 0.99)), ms(took[len(took)-1]))
}
