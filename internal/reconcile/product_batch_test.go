package reconcile_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/rest"
)

// bulk returns the jobs of products p0 …, whose events Omnium's search must know by now, and puts the
// products into Omnium.
func (w *world) bulk(n int) []job.Job {
	var jobs []job.Job
	for i := range n {
		id := fmt.Sprintf("p%d", i)
		w.put(plain(id))
		j := aged(w.changed(id))
		jobs = append(jobs, j)
	}
	return jobs
}

func TestManyAreReadAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := w.bulk(10)
	w.omnium.SoftDelete("p3")
	w.omnium.HardDelete("p4")
	if err := w.omnium.PutDocument([]byte(`{"id":"p5_no","productId":"p5","name":{"odd":1}}`)); err != nil {
		t.Fatal(err)
	}
	w.patch("p6", func(p *omnium.Product) { p.Cost = "-1" })
	jobs = append(jobs, w.changed("p7_no"))
	want := map[string]string{
		"p3": "done skipped deleted_before_first_push", "p4": "done skipped unknown_to_omnium",
		"p5": "permanent omnium_unreadable", "p6": "permanent negative", "p7_no": "done rekeyed alias_of_p7",
	}
	for i, o := range w.handle(t, jobs...) {
		id, expected := jobs[i].ID, want[jobs[i].ID]
		if expected == "" {
			expected = "done pushed"
		}
		w.want("outcome of "+id, o, expected)
		reads := 0
		if id == "p4" || id == "p7_no" {
			reads = 1
		}
		if o.Reads != reads {
			t.Errorf("Reads of %s = %d, want %d: only what the scrolls do not give is read by id", id, o.Reads, reads)
		}
	}
	if got := w.omnium.Calls(omniumtest.OpScroll); got != 2 {
		t.Errorf("scrolls = %d, want 2: one of the products, one of the deleted ones", got)
	}
	if got := w.omnium.OpenScrolls(); got != 0 {
		t.Errorf("open scrolls = %d, want none", got)
	}
}

// TestYoungEventsAreReadByID covers Omnium's index, which may lag behind what an event says: nothing
// old may be taken for the state that the event is about.
func TestYoungEventsAreReadByID(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]time.Duration{"clocks agree": 0, "Omnium's clock is behind": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			youngEventsAreReadByID(t, behind)
		})
	}
}

func youngEventsAreReadByID(t *testing.T, behind time.Duration) {
	t.Helper()
	w := newWorld(t)
	w.omnium.IndexLag = 3 * time.Second
	now := time.Now().Add(-4 * time.Second)
	w.omnium.Now = func() time.Time { return now }
	jobs := w.bulk(10)
	now = time.Now()
	for i := range jobs {
		id := jobs[i].ID
		w.patch(id, func(p *omnium.Product) { p.Name = "new " + id })
		jobs[i] = w.changed(id)
		jobs[i].Enqueued = jobs[i].Cause.Time
		jobs[i].Cause.Time = jobs[i].Cause.Time.Add(-behind)
	}
	for i, o := range w.handle(t, jobs...) {
		w.want("outcome of "+jobs[i].ID, o, "done pushed")
	}
	w.agrees()
	if got := w.omnium.Calls(omniumtest.OpScroll); got != 0 {
		t.Errorf("scrolls = %d, want none", got)
	}
}

func TestFewAreReadByID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, o := range w.handle(t, w.bulk(3)...) {
		w.want(fmt.Sprintf("outcome of p%d", i), o, "done pushed")
	}
	if got := w.omnium.Calls(omniumtest.OpScroll); got != 0 {
		t.Errorf("scrolls = %d, want none", got)
	}
}

// TestBulkReadThatFails checks that a scroll that fails says nothing about any product of it.
func TestBulkReadThatFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want string
	}{
		"refused":     {&rest.Error{StatusCode: 400}, "done pushed"},
		"expired":     {&rest.Error{StatusCode: 404}, "done pushed"},
		"failed":      {&rest.Error{StatusCode: 500}, "done pushed"},
		"malformed":   {fmt.Errorf("%w: page", omnium.ErrMalformed), "done pushed"},
		"throttled":   {&omnium.ThrottledError{Wait: time.Second}, "snoozed omnium_throttled"},
		"unavailable": {&rest.Error{StatusCode: 503}, "snoozed omnium_unavailable"},
		"refuses us":  {&rest.Error{StatusCode: 401}, "snoozed omnium_credential_refused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *reconcile.Options) {
				o.Omnium = stub{
					product:  func(id string) (*omnium.Product, error) { p := plain(id); return &p, nil },
					products: func([]string) (map[string]omnium.ProductResult, error) { return nil, test.err },
				}
			})
			for i, o := range w.handle(t, w.bulk(5)...) {
				w.want(fmt.Sprintf("outcome of p%d", i), o, test.want)
			}
		})
	}
}

// TestMarketsThatCannotBeRead checks that no product is buried for what is wrong with the markets.
func TestMarketsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"refused":     {&rest.Error{StatusCode: 400}, "failed omnium_refused"},
		"malformed":   {fmt.Errorf("%w: markets", omnium.ErrMalformed), "failed omnium_unreadable"},
		"not found":   {&rest.Error{StatusCode: 404}, "failed omnium_failed"},
		"unreachable": {errors.New("no route to host"), "snoozed omnium_unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *reconcile.Options) {
				o.Omnium = stub{markets: func() ([]omnium.Market, error) { return nil, test.err }}
			})
			for _, o := range w.handle(t, w.changed("a"), w.changed("b")) {
				w.want("outcome", o, test.want)
			}
		})
	}
}

// TestOmniumFails covers reads by id that fail, through the real client.
func TestOmniumFails(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		400: "permanent omnium_refused", 401: "snoozed omnium_credential_refused",
		403: "snoozed omnium_credential_refused", 404: "done skipped unknown_to_omnium",
		429: "snoozed omnium_throttled", 500: "failed omnium_failed", 503: "snoozed omnium_unavailable",
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(plain("a"))
			w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) {
				header := http.Header{"Retry-After": {"60"}}
				return status, header, strings.HasPrefix(r.URL.Path, "/api/Products")
			}
			w.want("run", w.handle(t, w.event("a", "deleted"))[0], want)
			if w.calls() != 0 {
				t.Errorf("requests to Flow = %d, want none", w.calls())
			}
		})
	}
}

func TestRefusedProductHasQuietNeighbours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := w.bulk(10)
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.ProductUID == "p5" {
			return flowtest.Fault{Status: 422}
		}
		return flowtest.Fault{}
	})
	for i, o := range w.handle(t, jobs...) {
		want := "done pushed"
		if jobs[i].ID == "p5" {
			want = "permanent flow_refused_422"
		}
		w.want("outcome of "+jobs[i].ID, o, want)
		if jobs[i].ID == "p5" && o.Detail != "injected fault" {
			t.Errorf("Detail of p5 = %q, want Flow's answer", o.Detail)
		}
	}
}

func TestPanicFailsOneJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *reconcile.Options) {
		o.MapProduct = func(p *omnium.Product, opts mapping.ProductOptions) (*mapping.MappedProduct, error) {
			if p.ProductID == "p5" {
				panic("boom")
			}
			return mapping.Product(p, opts)
		}
	})
	for i, o := range w.handle(t, w.bulk(10)...) {
		if i != 5 {
			w.want(fmt.Sprintf("outcome of p%d", i), o, "done pushed")
			continue
		}
		w.want("outcome of p5", o, "failed panic")
		if !strings.Contains(o.Detail, "product_batch_test.go") {
			t.Errorf("Detail of p5 = %q, want the stack", o.Detail)
		}
	}
}

func TestFlowRefusesTheCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(plain("a"))
	w.refuse(flow.ProductCreate, 401)
	w.want("run", w.run("a"), "suspended flow_credential_refused")
	w.flow.SetFault(nil)
	w.pushed("a")
	w.agrees()
}
