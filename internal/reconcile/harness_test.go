package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

const fjell = tenant.ID("fjell_no")

// world is everything around the handler: both vendors, Redis, and the jobs that were asked for.
type world struct {
	*testing.T

	omnium *omniumtest.Server
	flow   *flowtest.Server
	redis  *miniredis.Miniredis
	ledger *ledger.Ledger
	oms    *omnium.Client
	*process

	mu       sync.Mutex
	enqueued []job.Job
	events   int
}

func newWorld(t *testing.T, vary ...func(*reconcile.Options)) *world {
	t.Helper()
	w := &world{
		T:      t,
		omnium: omniumtest.New(),
		redis:  miniredis.RunT(t),
	}
	w.emptyFlow()
	w.omnium.SetMarkets([]omnium.Market{
		{MarketID: "NOR", MarketGroupID: "nordic", Currency: "NOK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
		{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25"},
	})
	var err error
	w.oms, err = omnium.New(omnium.Options{
		BaseURL: "http://omnium.test", ClientID: "client", ClientSecret: "secret", Language: "no",
		RequestsPerSecond: 1e6, Transport: w.omnium.Transport(),
	})
	if err != nil {
		t.Fatalf("omnium.New: %v", err)
	}
	w.process = w.start(vary...)
	w.ledger = ledger.New(w.rdb)
	return w
}

// emptyFlow puts a Flow that holds nothing in the place of the one before.
func (w *world) emptyFlow() {
	w.flow = flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{{UID: string(fjell), Token: "token"}}})
	w.Cleanup(w.flow.Close)
}

// handler is what workers need of a resource's handler.
type handler interface {
	Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome))
}

// process is one instance of the service: a handler with a memory and with clients of its own. Every
// command to Redis, every request to Flow and every call of Enqueue is a step.
type process struct {
	rdb     *redis.Client
	opts    reconcile.Options
	target  *flow.Client
	handler handler

	mu    sync.Mutex
	steps int
	// before is called before each step, with its number from 1. A step that it has an error for does
	// not happen.
	before func(step int) error
	// lose is the number of a step that happens and whose reply is lost; 0 is none.
	lose int
}

var (
	errDead = errors.New("process is dead")
	errLost = errors.New("reply is lost")
)

// dieAt lets no step happen from the n-th on.
func (p *process) dieAt(n int) {
	p.before = func(step int) error {
		if step >= n {
			return errDead
		}
		return nil
	}
}

func (p *process) step(do func() error) error {
	p.mu.Lock()
	p.steps++
	n, before, lose := p.steps, p.before, p.lose
	p.mu.Unlock()
	if before != nil {
		if err := before(n); err != nil {
			return err
		}
	}
	err := do()
	if n == lose {
		return errLost
	}
	return err
}

func (p *process) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (p *process) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := p.step(func() error { return next(ctx, cmd) })
		cmd.SetErr(err)
		return err
	}
}

func (p *process) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return p.step(func() error { return next(ctx, cmds) })
	}
}

// stepping carries the requests of a process to Flow.
type stepping struct {
	*process
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s stepping) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	err = s.step(func() error {
		resp, err = s.next.RoundTrip(r) //nolint:bodyclose // the caller of RoundTrip closes it
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// start starts another process in the same world.
func (w *world) start(vary ...func(*reconcile.Options)) *process {
	w.Helper()
	p := new(process)
	p.rdb = redis.NewClient(&redis.Options{Addr: w.redis.Addr(), MaxRetries: -1, PoolSize: 4})
	p.rdb.AddHook(p)
	w.Cleanup(func() { _ = p.rdb.Close() })
	target, err := flow.New(flow.Options{
		Tenant: string(fjell), BaseURL: "http://flow.test" + flowtest.BasePath,
		AccessToken: func() string { return "token" },
		Transport: stepping{p, flowtest.Transport(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.flow.ServeHTTP(rw, r)
		}))},
		Breaker: flow.Breaker{ConsecutiveFailures: 1000},
	})
	if err != nil {
		w.Fatalf("flow.New: %v", err)
	}
	o := reconcile.Options{
		Tenant: &tenant.Tenant{
			ID: fjell, Markets: []string{"NOR"}, Properties: tenant.Properties{"DefaultVatCodeUid": "vat25"},
		},
		Markets: func() []string { return []string{"NOR"} },
		Omnium:  w.oms,
		Ledger:  ledger.New(p.rdb),
		Enqueue: func(_ context.Context, key job.Key, lane job.Lane, cause job.Cause) error {
			return p.step(func() error { w.enqueue(job.Job{Key: key, Lane: lane, Cause: cause}); return nil })
		},
	}
	for _, change := range vary {
		change(&o)
	}
	p.opts, p.target = o, target
	if p.handler, err = reconcile.NewProduct(o, target); err != nil {
		w.Fatalf("NewProduct: %v", err)
	}
	return p
}

func (w *world) enqueue(j job.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enqueued = append(w.enqueued, j)
}

// asked returns and forgets the ids that were enqueued.
func (w *world) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, j := range w.enqueued {
		ids = append(ids, j.ID)
	}
	w.enqueued = nil
	return ids
}

// changed is the job of an event that has just happened.
func (w *world) changed(id string) job.Job { return w.event(id, event.Changed) }

func (w *world) event(id string, change event.Change) job.Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events++
	return job.Job{
		Tenant: fjell, Key: job.Key{Resource: event.Product, ID: id}, Enqueued: time.Now(),
		Cause: job.Cause{EventID: fmt.Sprintf("event-%d", w.events), Change: change, Time: time.Now()},
	}
}

// aged is a job whose event came and happened an hour ago.
func aged(j job.Job) job.Job {
	j.Enqueued = time.Now().Add(-time.Hour)
	j.Cause.Time = j.Enqueued
	return j
}

// handle runs jobs as a worker does and returns their outcomes in order.
func (p *process) handle(t testing.TB, jobs ...job.Job) []job.Outcome {
	t.Helper()
	var mu sync.Mutex
	outcomes := make([]job.Outcome, len(jobs))
	settled := make([]int, len(jobs))
	for i := range jobs {
		jobs[i].Claimed = time.Now()
	}
	p.handler.Handle(t.Context(), jobs, func(j job.Job, o job.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		i := slices.IndexFunc(jobs, func(k job.Job) bool { return k.Key == j.Key })
		outcomes[i] = o
		settled[i]++
	})
	for i, n := range settled {
		if n != 1 {
			t.Errorf("Handle settled job %s %d times, want once", jobs[i].Key, n)
		}
	}
	return outcomes
}

// run runs the job of one id whose event is of now.
func (w *world) run(id string) job.Outcome {
	w.Helper()
	return w.handle(w, w.changed(id))[0]
}

// pushed runs the jobs of ids and fails the test unless all are done.
func (w *world) pushed(ids ...string) {
	w.Helper()
	for _, id := range ids {
		if o := w.run(id); o.Verdict != job.Done {
			w.Fatalf("run(%s) = %v, want done", id, show(o))
		}
	}
}

// show renders what matters of an outcome.
func show(o job.Outcome) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Verdict, o.Result, o.Reason))
	if o.Err != nil {
		text += ": " + o.Err.Error()
	}
	return text
}

// want fails the test unless the outcome is "verdict result reason", empty ones left out.
func (w *world) want(call string, o job.Outcome, want string) {
	w.Helper()
	if got := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", o.Verdict, o.Result, o.Reason)), " "); got != want {
		w.Errorf("%s = %q (%v), want %q", call, got, o.Err, want)
	}
}

// drain is drainKey for products.
func (w *world) drain(p *process, ids ...string) map[string]job.Outcome {
	w.Helper()
	var due []job.Job
	for _, id := range ids {
		due = append(due, w.changed(id))
	}
	return w.play(p, due)
}

// play is drain for jobs of any resource.
func (w *world) play(p *process, due []job.Job) map[string]job.Outcome {
	w.Helper()
	return playBy(w, p, due, func(j job.Job) string { return j.ID })
}

// drainKey is drain for jobs of any resource, with outcomes by key.
func (w *world) drainKey(p *process, keys ...job.Key) map[job.Key]job.Outcome {
	w.Helper()
	var due []job.Job
	for _, key := range keys {
		due = append(due, w.due(key))
	}
	return playBy(w, p, due, func(j job.Job) job.Key { return j.Key })
}

// playBy is play with outcomes by what name says of their jobs.
func playBy[K comparable](w *world, p *process, due []job.Job, name func(job.Job) K) map[K]job.Outcome {
	w.Helper()
	last := map[K]job.Outcome{}
	for rounds := 0; ; rounds++ {
		w.mu.Lock()
		due = append(due, w.enqueued...)
		w.enqueued = nil
		w.mu.Unlock()
		if len(due) == 0 {
			return last
		}
		if rounds > 400 {
			w.Fatalf("jobs go on and on: %v", last)
		}
		j := due[0]
		due = slices.DeleteFunc(due, func(k job.Job) bool { return k.Key == j.Key })
		o := p.handle(w, j)[0]
		last[name(j)] = o
		if o.Verdict == job.Failed || o.Verdict == job.Deferred || o.Verdict == job.Snoozed {
			due = append(due, j)
		}
	}
}

// refuse makes Flow answer an operation with a status.
func (w *world) refuse(op string, status int) {
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Op == op {
			return flowtest.Fault{Status: status}
		}
		return flowtest.Fault{}
	})
}

// ops returns the operations of Flow that were called since the n-th, in order.
func (w *world) ops(n int) string {
	var ops []string
	for _, e := range w.flow.Log()[n:] {
		ops = append(ops, e.Op)
	}
	return strings.Join(ops, " ")
}

// calls counts the requests that Flow has answered.
func (w *world) calls() int { return len(w.flow.Log()) }

func (w *world) snapshot() flowtest.State {
	w.Helper()
	state, err := w.flow.Snapshot(string(fjell))
	if err != nil {
		w.Fatalf("Snapshot: %v", err)
	}
	return state
}

// product returns what Flow holds under a uid.
func (w *world) product(uid string) flow.Product {
	w.Helper()
	p, exists := w.snapshot().Products[uid]
	if !exists {
		w.Fatalf("Flow has no product %s", uid)
	}
	return p
}

// wantNames fails the test unless the error names all of them.
func wantNames(t *testing.T, o job.Outcome, names ...string) {
	t.Helper()
	for _, name := range names {
		if o.Err == nil || !strings.Contains(o.Err.Error(), name) {
			t.Errorf("error %v does not name %s", o.Err, name)
		}
	}
}

// offSale fails the test unless Flow holds the product and does not sell it any more.
func (w *world) offSale(uid string) {
	w.Helper()
	if p := w.product(uid); p.AllowPurchase || p.DiscontinuedFrom.At.IsZero() {
		w.Errorf("product %s: allowPurchase %v, discontinuedFrom %v; want false and a date",
			uid, p.AllowPurchase, p.DiscontinuedFrom.At)
	}
}

// onSale fails the test unless Flow sells the product under this name.
func (w *world) onSale(uid, name string) {
	w.Helper()
	if p := w.product(uid); !p.AllowPurchase || !p.DiscontinuedFrom.At.IsZero() || p.Name != name {
		w.Errorf("product %s: name %q, allowPurchase %v, discontinuedFrom %v; want %q, true and none",
			uid, p.Name, p.AllowPurchase, p.DiscontinuedFrom.At, name)
	}
}

// owner returns who owns a product uid; "" when nobody does.
func (w *world) owner(uid string) string {
	w.Helper()
	owners, err := w.ledger.Owners(w.Context(), fjell, "product", []string{uid})
	if err != nil {
		w.Fatalf("Owners(%s): %v", uid, err)
	}
	return owners[uid].Object
}
