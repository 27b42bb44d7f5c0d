package catchup_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/catchup"
	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// records keep in memory what the ledger keeps in Redis; ledger's conformance suite says how.
type records struct {
	mu          sync.Mutex
	holder      string
	until       time.Time
	token       int64
	checkpoints map[string]time.Time
	fences      map[string]int64
	wishes      map[event.Resource]ledger.Wish
	broken      error
}

func newRecords() *records {
	return &records{
		checkpoints: map[string]time.Time{}, fences: map[string]int64{},
		wishes: map[event.Resource]ledger.Wish{},
	}
}

func (r *records) Lead(_ context.Context, holder string, ttl time.Duration) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return 0, r.broken
	}
	if time.Now().Before(r.until) && r.holder != holder {
		return 0, nil
	}
	if !time.Now().Before(r.until) {
		r.token++
	}
	r.holder, r.until = holder, time.Now().Add(ttl)
	return r.token, nil
}

func (r *records) Resign(_ context.Context, holder string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holder == holder {
		r.until = time.Time{}
	}
	return nil
}

func (r *records) Checkpoints(_ context.Context, t tenant.ID) (map[event.Resource]time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[event.Resource]time.Time{}
	for _, resource := range event.Resources() {
		if at, ok := r.checkpoints[name(t, resource)]; ok {
			found[resource] = at
		}
	}
	return found, r.broken
}

func (r *records) SaveCheckpoint(
	_ context.Context, t tenant.ID, resource event.Resource, token int64, at time.Time,
) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fences[name(t, resource)] > token {
		return ledger.ErrDeposed
	}
	r.fences[name(t, resource)], r.checkpoints[name(t, resource)] = token, at
	return nil
}

func (r *records) Wishes(context.Context) (map[event.Resource]ledger.Wish, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[event.Resource]ledger.Wish{}
	maps.Copy(found, r.wishes)
	return found, r.broken
}

func (r *records) Granted(_ context.Context, resource event.Resource, _ ledger.Wish) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.wishes, resource)
	return nil
}

func (r *records) wish(resource event.Resource, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wishes[resource] = ledger.Wish{Since: since}
}

func (r *records) wishAfresh(resource event.Resource, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wishes[resource] = ledger.Wish{Since: since, Afresh: true}
}

func (r *records) checkpoint(t tenant.ID, resource event.Resource) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checkpoints[name(t, resource)]
}

// terms returns how many terms there were, and who leads.
func (r *records) terms() (int64, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token, r.holder
}

func name(t tenant.ID, r event.Resource) string { return string(t) + "/" + string(r) }

// list is one call of the source.
type list struct {
	resource event.Resource
	window   omnium.Window
	at       time.Time
}

// source answers every list with the changes in the window.
type source struct {
	mu      sync.Mutex
	changes map[event.Resource][]omnium.Change
	lists   []list
	fail    error
	hold    time.Duration
}

func (s *source) Changes(
	ctx context.Context, r event.Resource, w omnium.Window, visit func([]omnium.Change) error,
) error {
	s.mu.Lock()
	s.lists = append(s.lists, list{r, w, time.Now()})
	changes, fail, hold := s.changes[r], s.fail, s.hold
	s.mu.Unlock()
	if hold > 0 {
		select {
		case <-time.After(hold):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fail != nil {
		return fail
	}
	return visit(changes)
}

func (s *source) set(change func(*source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// of returns the lists of a resource.
func (s *source) of(r event.Resource) []list {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.lists), func(l list) bool { return l.resource != r })
}

// intake is a queue that knows of duplicates.
type intake struct {
	mu   sync.Mutex
	seen map[string]bool
	jobs []queue.Entry
}

func (q *intake) Enqueue(_ context.Context, entries []queue.Entry) ([]queue.Result, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(entries) > queue.MaxBatch {
		return nil, fmt.Errorf("%d entries at once", len(entries))
	}
	results := make([]queue.Result, len(entries))
	for i, e := range entries {
		id := string(e.Tenant) + e.Dedupe
		if e.Dedupe != "" && q.seen[id] {
			results[i] = queue.Duplicate
			continue
		}
		if q.seen == nil {
			q.seen = map[string]bool{}
		}
		q.seen[id] = true
		q.jobs = append(q.jobs, e)
		results[i] = queue.Accepted
	}
	return results, nil
}

func (q *intake) taken() []queue.Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.jobs)
}

const overlap = 5 * time.Minute

// world is what replicas share.
type world struct {
	*testing.T

	records *records
	source  *source
	intake  *intake
	syncs   *syncs
}

func newWorld(t *testing.T) *world {
	return &world{
		t, newRecords(), &source{changes: map[event.Resource][]omnium.Change{}}, &intake{},
		&syncs{all: map[string]ledger.Sync{}},
	}
}

// start runs a replica until the returned function kills it; with resign it stops properly.
func (w *world) start(holder string) (stop func()) {
	w.Helper()
	directory, err := tenant.NewDirectory([]tenant.Tenant{
		{ID: "no", Markets: []string{"NOR"}, Resources: []string{"product", "price"}},
		{ID: "se", Markets: []string{"SWE"}, Resources: []string{"product"}},
	}, tenant.Topology{})
	if err != nil {
		w.Fatal(err)
	}
	c, err := catchup.New(catchup.Options{
		Holder:    holder,
		Directory: func() *tenant.Directory { return directory },
		Source:    w.source, Intake: w.intake, Records: w.records, Syncs: w.syncs, Depths: w.syncs,
		Intervals: map[event.Resource]time.Duration{event.Product: time.Minute, event.Price: time.Hour},
		Overlap:   overlap, Log: zerolog.Nop(),
	})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(ctx)
	}()
	return func() { cancel(); <-ended }
}

func TestDelta(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		began := time.Now()
		w.source.changes[event.Product] = []omnium.Change{
			{ID: "lamp", Modified: began.Add(-time.Minute)},
			{ID: "window", Modified: began.Add(-time.Hour)}, // a price has opened
		}
		w.records.checkpoints[name("no", event.Product)] = began.Add(-10 * time.Minute)
		stop := w.start("a")
		time.Sleep(10 * time.Second)
		lists := w.source.of(event.Product)
		if len(lists) != 1 || !lists[0].window.Since.Equal(began.Add(-15*time.Minute)) || lists[0].window.Until.Before(began) {
			t.Fatalf("lists of products = %+v, want one since the overlap before the oldest checkpoint", lists)
		}
		if jobs := w.intake.taken(); len(jobs) != 6 {
			t.Fatalf("jobs = %v, want two products for each of two tenants, and their prices for one", jobs)
		}
		for _, e := range w.intake.taken() {
			price := e.Resource == event.Price && e.Tenant == "no"
			if e.Lane != job.Bulk || e.Resource != event.Product && !price || e.Cause.Time.IsZero() {
				t.Errorf("job %+v: want the bulk lane, and when the object was written", e)
			}
		}
		if at := w.records.checkpoint("se", event.Product); at.Before(began) || at.After(began.Add(time.Second)) {
			t.Errorf("checkpoint %v, want when the list began", at)
		}
		time.Sleep(time.Minute)
		lists = w.source.of(event.Product)
		if len(lists) != 2 || lists[1].at.Sub(lists[0].at) < time.Minute {
			t.Errorf("lists of products = %+v, want another one after a minute", lists)
		}
		// The lamp is listed again because lists overlap; only what is there for its window is looked at.
		if jobs := w.intake.taken(); len(jobs) != 9 {
			t.Errorf("%d jobs after the second list, want 9: the lamp was not written again", len(jobs))
		}
		if n := len(w.source.of(event.Price)); n != 1 {
			t.Errorf("%d lists of prices within the first hour, want 1", n)
		}
		stop()
	})
}

// TestPricesMakeProductsDue: a cost price is a field of its product.
func TestPricesMakeProductsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.source.changes[event.Price] = []omnium.Change{{ID: "lamp", Modified: time.Now()}}
		stop := w.start("a")
		time.Sleep(time.Second)
		var got []string
		for _, e := range w.intake.taken() {
			got = append(got, string(e.Tenant)+"/"+e.String())
		}
		if want := []string{"no/price/lamp", "no/product/lamp"}; !slices.Equal(got, want) {
			t.Errorf("jobs = %v, want %v", got, want)
		}
		stop()
	})
}

func TestDeltaThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.source.fail = errors.New("scroll expired")
		stop := w.start("a")
		time.Sleep(10 * time.Second)
		if at := w.records.checkpoint("no", event.Price); !at.IsZero() {
			t.Errorf("checkpoint %v after a list that failed, want none", at)
		}
		w.source.set(func(s *source) { s.fail = nil })
		time.Sleep(40 * time.Second)
		if n := len(w.source.of(event.Price)); n != 2 {
			t.Errorf("%d lists of prices, want 2: the one that failed is repeated long before an hour", n)
		}
		if at := w.records.checkpoint("no", event.Price); at.IsZero() {
			t.Error("no checkpoint after the list that succeeded")
		}
		stop()
	})
}

func TestWishes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.start("a")
		time.Sleep(time.Minute)
		since := time.Now().Add(-time.Hour)
		w.records.wish(event.Price, since)
		w.records.wish(event.Supplier, since) // nobody exports suppliers
		time.Sleep(15 * time.Second)
		lists := w.source.of(event.Price)
		if len(lists) != 2 || !lists[1].window.Since.Equal(since) {
			t.Errorf("lists of prices = %+v, want a second one since the moment that was asked for", lists)
		}
		if left, _ := w.records.Wishes(t.Context()); len(left) > 0 {
			t.Errorf("wishes left: %v", left)
		}
		if n := len(w.source.of(event.Supplier)); n != 0 {
			t.Errorf("%d lists of suppliers, want none", n)
		}
		stop()
	})
}

// TestWishAfresh: what a list has handed over is not handed over again, unless that is what is wanted.
func TestWishAfresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.source.set(func(s *source) {
			s.changes[event.Product] = []omnium.Change{{ID: "a", Modified: time.Now()}, {ID: "b", Modified: time.Now()}}
		})
		stop := w.start("a")
		time.Sleep(time.Minute)
		since := time.Now().Add(-time.Hour)
		asked := func() int { return len(w.intake.taken()) }
		before := asked()
		w.records.wish(event.Product, since)
		time.Sleep(15 * time.Second)
		if n := asked() - before; n != 0 {
			t.Errorf("%d jobs of what was listed before, want none", n)
		}
		w.records.wishAfresh(event.Product, since)
		time.Sleep(15 * time.Second)
		if n := asked() - before; n != 6 {
			t.Errorf("%d jobs afresh, want 6: two products of two tenants, and their prices of one", n)
		}
		stop()
	})
}

func TestOneLeads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stopA, stopB := w.start("a"), w.start("b")
		time.Sleep(10 * time.Minute)
		lists := w.source.of(event.Product)
		for i := 1; i < len(lists); i++ {
			if gap := lists[i].at.Sub(lists[i-1].at); gap < time.Minute {
				t.Errorf("two lists of products within %v: both replicas lead", gap)
			}
		}
		terms, holder := w.records.terms()
		if terms != 1 {
			t.Errorf("%d terms in ten quiet minutes, want 1", terms)
		}
		leader, other := stopA, stopB
		if holder == "b" {
			leader, other = stopB, stopA
		}
		leader()
		time.Sleep(10 * time.Second)
		if terms, _ := w.records.terms(); terms != 2 {
			t.Errorf("%d terms ten seconds after the leader resigned, want 2", terms)
		}
		other()
	})
}

// TestLeaderThatIsCutOff covers one that cannot reach Redis: it stops before its term is over, and a
// list that it still has in hand moves no checkpoint.
func TestLeaderThatIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.source.hold = time.Hour
		stop := w.start("a")
		time.Sleep(time.Second)
		w.records.mu.Lock()
		w.records.broken = errors.New("redis is away")
		w.records.mu.Unlock()
		time.Sleep(30 * time.Second)
		w.records.mu.Lock()
		w.records.broken = nil
		w.records.mu.Unlock()
		w.source.set(func(s *source) { s.hold = 0 })
		time.Sleep(30 * time.Second)
		terms, _ := w.records.terms()
		if at := w.records.checkpoint("no", event.Product); terms != 2 || at.IsZero() {
			t.Errorf("term %d, checkpoint %v; want a second term that has listed the products", terms, at)
		}
		stop()
	})
}

// TestRedisWasAway covers a short outage: what Redis may have lost is looked for at once.
func TestRedisWasAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.start("a")
		time.Sleep(time.Minute)
		set := func(err error) {
			w.records.mu.Lock()
			defer w.records.mu.Unlock()
			w.records.broken = err
		}
		set(errors.New("connection refused"))
		time.Sleep(6 * time.Second)
		set(nil)
		time.Sleep(20 * time.Second)
		if n := len(w.source.of(event.Price)); n != 2 {
			t.Errorf("%d lists of prices, want a second one long before an hour", n)
		}
		stop()
	})
}
