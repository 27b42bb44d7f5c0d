package reconcile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

// mask is the field of a document in the fake Omnium that names what is answered in its place.
const mask = "_mask"

// masks replaces documents in Omnium's answers, so that the fake can find those that it could not store.
type masks struct {
	next http.RoundTripper
	docs map[string]any
	// marketList, when not nil, is answered in the place of the markets.
	marketList any
}

// RoundTrip implements http.RoundTripper.
func (m *masks) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if m.marketList != nil && r.URL.Path == "/api/Markets" {
		if raw, err = json.Marshal(m.marketList); err != nil {
			return nil, err
		}
	}
	if bytes.Contains(raw, []byte(`"`+mask+`"`)) {
		var v any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		if raw, err = json.Marshal(m.replaced(v)); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return resp, nil
}

func (m *masks) replaced(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if name, ok := v[mask].(string); ok {
			return m.docs[name]
		}
		for key := range v {
			v[key] = m.replaced(v[key])
		}
	case []any:
		for i := range v {
			v[i] = m.replaced(v[i])
		}
	}
	return v
}

// wild is a world in which a tenant exports everything, of an Omnium that answers with anything.
type wild struct {
	*world

	masks *masks
	tally map[string]int // outcomes
}

func newWild(t *testing.T, properties tenant.Properties) *wild {
	t.Helper()
	w := &wild{world: newWorld(t), tally: map[string]int{}}
	w.masks = &masks{next: w.omnium.Transport(), docs: map[string]any{}}
	var err error
	w.oms, err = omnium.New(omnium.Options{
		BaseURL: "http://omnium.test", ClientID: "client", ClientSecret: "secret", Language: "no",
		RequestsPerSecond: 1e6, Transport: w.masks,
	})
	if err != nil {
		t.Fatalf("omnium.New: %v", err)
	}
	w.process = w.start(func(o *reconcile.Options) { w.everything(o, properties) })
	w.handler = w.handlers()
	w.settled()
	return w
}

func (w *wild) everything(o *reconcile.Options, properties tenant.Properties) {
	o.Omnium = w.oms
	o.Markets = func() []string { return []string{"NOR", "NOR-B2B"} }
	o.Tenant = &tenant.Tenant{ID: fjell, Markets: o.Markets(), Properties: tenant.Properties{
		"DefaultVatCodeUid": "vat25", "MainPricesListUid": "main", "OrganizationUid": "chain",
		"PurchaseNumberSeriesUid": "purchases", "SyncCategoriesToFlow": "true", "ProductGroupRootId": "klaer",
		"DefaultProductGroupUid": "diverse", "UseCostPriceListInInventoryExport": "true", "OmniumIsMasterForStock": "true",
	}}
	maps.Copy(o.Tenant.Properties, properties)
	for _, r := range event.Resources() {
		o.Tenant.Resources = append(o.Tenant.Resources, string(r))
	}
	o.Tenant.Implementations = []string{
		"IProductExporter", "FlowPriceScheduledTask", "FlowCostPriceScheduledTask", "IInventoryExporter",
		privateExporter, businessExporter, "IPurchaseOrderSynchronousExporter", "IDeliveryExporter", "IStoreExporter",
	}
}

func (w *wild) handlers() byResource {
	w.Helper()
	o, oms, target := w.opts, w.oms, w.target
	product, e1 := reconcile.NewProduct(o, target)
	price, e2 := reconcile.NewPrice(o, oms, target)
	stock, e3 := reconcile.NewInventory(o, oms, target)
	customer, e4 := reconcile.NewCustomer(o, oms, target)
	orders, e5 := reconcile.NewPurchaseOrder(o, oms, target)
	delivery, e6 := reconcile.NewDelivery(o, oms)
	supplier, e7 := reconcile.NewSupplier(o, oms, target)
	store, e8 := reconcile.NewStore(o, oms, target)
	category, e9 := reconcile.NewCategory(o, oms, target)
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, e8, e9); err != nil {
		w.Fatal(err)
	}
	return byResource{
		event.Product: product, event.Price: price, event.Inventory: stock, event.Customer: customer,
		event.PurchaseOrder: orders, event.Delivery: delivery, event.Supplier: supplier, event.Store: store,
		event.Category: category,
	}
}

// settled brings what good documents refer to into Flow: stores, a supplier, categories and products.
func (w *wild) settled() {
	w.Helper()
	w.flow.PutPriceList(string(fjell), "main")
	g := flow.ProductGroup{ProductGroupUID: "diverse", Name: "Diverse"}
	if _, err := w.target.PutProductGroup(w.Context(), g, false); err != nil {
		w.Fatal(err)
	}
	var markets []omnium.Market
	w.decode("markets", &markets)
	w.omnium.SetMarkets(markets)
	var due []job.Key
	for _, name := range []string{"store_primary", "store_warehouse_only"} {
		w.file(omniumtest.Stores, w.sample(name))
	}
	w.file(omniumtest.Suppliers, w.sample("supplier"))
	var categories []json.RawMessage
	w.decode("categories", &categories)
	for _, c := range categories {
		w.file(omniumtest.Categories, c)
	}
	for _, name := range []string{"product_with_variants", "product_single_sku"} {
		if err := w.omnium.PutDocument(w.sample(name)); err != nil {
			w.Fatal(err)
		}
	}
	for _, key := range []string{"store/101", "supplier/SUP-77", "product/ff-1041", "product/ff-2070"} {
		due = append(due, jobKey(key))
	}
	for _, id := range []string{"klaer", "herre", "jakker", "utstyr", "turkjokken", "intern"} {
		due = append(due, job.Key{Resource: event.Category, ID: id})
	}
	for key, o := range w.playOut(due) {
		if o.Verdict != job.Done || o.Result == job.Waiting {
			w.Fatalf("job %s of the good documents = %s", key, show(o))
		}
	}
}

func jobKey(text string) job.Key {
	resource, id, _ := strings.Cut(text, "/")
	return job.Key{Resource: event.Resource(resource), ID: id}
}

// sample reads a sample of Omnium's documents.
func (w *wild) sample(name string) json.RawMessage {
	w.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "omnium", "testdata", filepath.Base(name)+".json"))
	if err != nil {
		w.Fatal(err)
	}
	return raw
}

func (w *wild) decode(name string, into any) {
	w.Helper()
	if err := json.Unmarshal(w.sample(name), into); err != nil {
		w.Fatal(err)
	}
}

// file puts a document into the fake Omnium.
func (w *wild) file(kind omniumtest.Kind, doc any) {
	w.Helper()
	put := func() error { return w.omnium.Put(kind, doc) }
	if kind == products {
		put = func() error {
			raw, err := json.Marshal(doc)
			return errors.Join(err, w.omnium.PutDocument(raw))
		}
	}
	if err := put(); err != nil {
		w.Fatalf("Put(%s): %v", kind, err)
	}
}

// products is the kind of product documents, which the fake keeps apart.
const products omniumtest.Kind = "product"

const (
	// claimSize is how many jobs of one resource are worked on together.
	claimSize = 32
	// attempts is after how many failures the worker gives up, and patience how often a job may put itself
	// off before that counts as for ever.
	attempts = 12
	patience = 4
	// endless is how often a job may run at all.
	endless = 40
)

// queued plays the queue for playOut.
type queued struct {
	due                    []job.Job
	runs, failures, putOff map[job.Key]int
	last                   map[job.Key]job.Outcome
}

// playOut runs jobs, those of one resource together, and what they ask for, until nothing is due. It
// returns the last outcome of each. One that would be repeated for ever has the last one it had.
func (w *wild) playOut(keys []job.Key) map[job.Key]job.Outcome {
	w.Helper()
	q := &queued{
		runs: map[job.Key]int{}, failures: map[job.Key]int{}, putOff: map[job.Key]int{}, last: map[job.Key]job.Outcome{},
	}
	for i, key := range keys {
		j := w.due(key)
		if i/2%2 == 0 { // not of just now: it is read together with others
			j = aged(j)
		}
		q.add(j)
	}
	for len(q.due) > 0 {
		batch := q.claim()
		for i, o := range w.handle(w, batch...) {
			q.settle(batch[i], o)
		}
		w.mu.Lock()
		for _, j := range w.enqueued {
			q.add(j)
		}
		w.enqueued = nil
		w.mu.Unlock()
	}
	return q.last
}

func (q *queued) add(j job.Job) {
	waits := slices.ContainsFunc(q.due, func(k job.Job) bool { return k.Key == j.Key })
	switch {
	case waits:
	case q.runs[j.Key] < endless:
		q.due = append(q.due, j)
	default:
		q.last[j.Key] = job.Fail("endless", nil)
	}
}

// claim takes the jobs of one resource, those that have waited longest first.
func (q *queued) claim() []job.Job {
	var batch, rest []job.Job
	for _, j := range q.due {
		if j.Resource == q.due[0].Resource && len(batch) < claimSize {
			batch = append(batch, j)
			q.runs[j.Key]++
		} else {
			rest = append(rest, j)
		}
	}
	q.due = rest
	return batch
}

func (q *queued) settle(j job.Job, o job.Outcome) {
	q.last[j.Key] = o
	again := !o.Again.IsZero() && !o.Again.After(time.Now())
	switch {
	case o.Verdict == job.Permanent, o.Verdict == job.Done && !again:
	case o.Verdict == job.Failed:
		if q.failures[j.Key]++; q.failures[j.Key] < attempts {
			q.add(j)
			return
		}
		exhausted := job.Bury("attempts_exhausted "+o.Reason, o.Err)
		q.last[j.Key] = exhausted
	default:
		if q.putOff[j.Key]++; q.putOff[j.Key] < patience {
			q.add(j)
		}
	}
}

// slow are the reasons of failures that may end with the worker giving up: it cannot be told from the
// document that trying again does not help.
var slow = []string{"attempts_exhausted omnium_changed"}

// complaint says what is wrong with how a job has ended; "" when nothing is.
func complaint(o job.Outcome) string {
	switch {
	case o.Verdict == job.Permanent && (o.Reason == "" || o.Err == nil):
		return "is buried without a reason"
	case strings.HasPrefix(o.Reason, "attempts_exhausted") && !slices.Contains(slow, o.Reason):
		return "fails until the worker gives up"
	case o.Verdict == job.Permanent:
		return ""
	case o.Verdict != job.Done:
		return "goes on and on"
	case slices.Contains([]string{job.Skipped, job.Waiting, job.Rekeyed}, o.Result) && o.Reason == "":
		return "says no reason"
	default:
		return ""
	}
}

// word is how an outcome is counted.
func word(o job.Outcome) string {
	if o.Verdict == job.Done {
		return o.Result
	}
	return string(o.Verdict)
}

// counted is how an outcome is counted, with its reason.
func counted(o job.Outcome) string {
	reason := o.Reason
	if o.Result == job.Rekeyed {
		reason = "alias"
	}
	return strings.TrimSpace(word(o) + " " + reason)
}
