package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

// priceHandlers hands jobs to the handler of their resource, as a worker does.
type priceHandlers map[event.Resource]handler

func (h priceHandlers) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	for resource, next := range h {
		own := slices.DeleteFunc(slices.Clone(jobs), func(j job.Job) bool { return j.Resource != resource })
		if len(own) > 0 {
			next.Handle(ctx, own, settle)
		}
	}
}

// newPriceWorld is a world whose process reconciles products, prices and stores, and whose Flow has the
// main price list.
func newPriceWorld(t *testing.T, vary ...func(*tenant.Tenant)) *world {
	t.Helper()
	w := newWorld(t)
	w.flow.PutPriceList(string(fjell), "main")
	w.process = w.startPrices(vary...)
	return w
}

func (w *world) startPrices(vary ...func(*tenant.Tenant)) *process {
	w.Helper()
	p := w.start(func(o *reconcile.Options) {
		t := *o.Tenant
		t.Resources = []string{"product", "price", "store"}
		t.Implementations = []string{"IProductExporter", "FlowPriceScheduledTask", "IStoreExporter"}
		t.Properties = tenant.Properties{
			"DefaultVatCodeUid": "vat25", "MainPricesListUid": "main", "OrganizationUid": "chain",
		}
		for _, change := range vary {
			change(&t)
		}
		o.Tenant = &t
	})
	prices, err := reconcile.NewPrice(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewPrice: %v", err)
	}
	stores, err := reconcile.NewStore(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewStore: %v", err)
	}
	p.handler = priceHandlers{event.Product: p.handler, event.Price: prices, event.Store: stores}
	return p
}

func priceProperty(key, value string) func(*tenant.Tenant) {
	return func(t *tenant.Tenant) { t.Properties[key] = value }
}

func priceExporters(resource string, implementations ...string) func(*tenant.Tenant) {
	return func(t *tenant.Tenant) { t.Resources, t.Implementations = []string{resource}, implementations }
}

// jobOf is the job of an event that has just happened.
func (w *world) jobOf(resource event.Resource, id string) job.Job {
	j := w.changed(id)
	j.Resource = resource
	return j
}

// priceOf runs the price job of an id, whose event is of now.
func (w *world) priceOf(id string) job.Outcome {
	w.Helper()
	return w.handle(w, w.jobOf(event.Price, id))[0]
}

// playAll is play with outcomes by the keys of the jobs: a product and its price have one id.
func (w *world) playAll(p *process, due ...job.Job) map[string]job.Outcome {
	w.Helper()
	return playBy(w, p, due, job.Job.String)
}

// sync runs product and price jobs of ids until nothing is due, and fails the test unless all are done.
func (w *world) sync(ids ...string) {
	w.Helper()
	for key, o := range w.playAll(w.process, w.jobsOf(ids...)...) {
		if o.Verdict != job.Done {
			w.Fatalf("job %s = %s, want done", key, show(o))
		}
	}
}

func (w *world) jobsOf(ids ...string) []job.Job {
	var jobs []job.Job
	for _, id := range ids {
		jobs = append(jobs, w.jobOf(event.Product, id), w.jobOf(event.Price, id))
	}
	return jobs
}

// priced is a product with one variant, id-1, that costs amount.
func priced(id, amount string) omnium.Product {
	p := plain(id, id+"-1")
	p.Prices = []omnium.Price{{UnitPrice: omnium.Number(amount), MarketID: "NOR", CurrencyCode: "NOK"}}
	return p
}

// cents are the prices in a list by product uid.
func (w *world) cents(list string) map[string]int64 {
	w.Helper()
	prices := map[string]int64{}
	for uid, p := range w.snapshot().Prices[list] {
		prices[uid] = p.Price
	}
	return prices
}

func (w *world) wantPrices(list string, want map[string]int64) {
	w.Helper()
	if diff := cmp.Diff(want, w.cents(list)); diff != "" {
		w.Errorf("prices in %s (-want +got):\n%s", list, diff)
	}
}

// batches counts the batches since the n-th request.
func (w *world) batches(n int) int {
	count := 0
	for _, e := range w.flow.Log()[n:] {
		if e.Op == flow.PriceBatch {
			count++
		}
	}
	return count
}

func (w *world) fileIn(kind omniumtest.Kind, documents ...any) {
	w.Helper()
	for _, d := range documents {
		if err := w.omnium.Put(kind, d); err != nil {
			w.Fatal(err)
		}
	}
}

// priceDisagreement is what keeps the main list from being the mapping of what Omnium holds.
func (w *world) priceDisagreement() error {
	w.Helper()
	o := mapping.ProductOptions{
		Now: time.Now(), Groups: []string{"nordic"},
		Markets: []omnium.Market{{MarketID: "NOR", MarketGroupID: "nordic", Currency: "NOK", DefaultTaxRate: "25"}},
	}
	want := map[string]int64{}
	for _, p := range w.omnium.Products() {
		mapped, err := mapping.Prices(&p, o)
		if err != nil {
			return err
		}
		for _, u := range mapped.Units {
			if u.Best != nil {
				want[u.ProductUID] = u.Best.UnitPrice
			}
		}
	}
	if diff := cmp.Diff(want, w.cents("main")); diff != "" {
		return fmt.Errorf("main list (-want +got):\n%s", diff)
	}
	return nil
}
