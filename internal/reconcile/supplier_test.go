package reconcile_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// suppliers makes a process work on suppliers.
func suppliers(w *world, p *process) *process {
	w.Helper()
	handler, err := reconcile.NewSupplier(p.opts, w.oms, p.target)
	if err != nil {
		w.Fatalf("NewSupplier: %v", err)
	}
	p.handler = handler
	return p
}

func newSupplierWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	suppliers(w, w.process)
	return w
}

// of makes a job one of another resource.
func of(resource event.Resource, j job.Job) job.Job {
	j.Resource = resource
	return j
}

// supply runs the job of one supplier whose event is of now.
func (w *world) supply(id string) job.Outcome {
	w.Helper()
	return w.handle(w, of(event.Supplier, w.changed(id)))[0]
}

// store puts a document into Omnium.
func (w *world) store(kind omniumtest.Kind, document any) {
	w.Helper()
	if err := w.omnium.Put(kind, document); err != nil {
		w.Fatalf("Put: %v", err)
	}
}

func skare() omnium.Supplier {
	return omnium.Supplier{
		ID: "SUP-77", Name: "Skare Tekstil AS", Email: "ordre@skare.example", TaxID: "977666555",
		Contacts: []omnium.SupplierContact{{FirstName: "Liv", Email: "liv@skare.example"}},
	}
}

// supplier fails the test unless Flow holds it so.
func (w *world) supplier(want flow.Supplier) {
	w.Helper()
	if diff := cmp.Diff(want, w.snapshot().Suppliers[want.SupplierUID]); diff != "" {
		w.Errorf("supplier (-want +got):\n%s", diff)
	}
}

func TestSupplierIsPushed(t *testing.T) {
	t.Parallel()
	w := newSupplierWorld(t)
	w.store(omniumtest.Suppliers, skare())
	w.want("first run", w.supply("SUP-77"), "done pushed")
	want := flow.Supplier{
		SupplierUID: "SUP77", Name: "Skare Tekstil AS", ExternalID: "SUP-77", Email: "ordre@skare.example",
		VATNumber: "977666555", ContactName: "Liv", ContactEmail: "liv@skare.example", Active: true,
	}
	w.supplier(want)
	before := w.calls()
	w.want("second run", w.supply("SUP-77"), "done unchanged")
	if got := w.ops(before); got != "" {
		t.Errorf("requests for an unchanged supplier = %q, want none", got)
	}
	less := skare()
	less.Contacts, less.TaxID, less.Name = nil, "", "Skare"
	w.store(omniumtest.Suppliers, less)
	o := w.supply("SUP-77")
	w.want("run of one with less", o, "done pushed")
	if o.Reads != 1 || o.Writes != 1 {
		t.Errorf("run = %d reads and %d writes, want one each", o.Reads, o.Writes)
	}
	want.ContactName, want.ContactEmail, want.VATNumber, want.Name = "", "", "", "Skare"
	w.supplier(want)
}

// TestSupplierGoes covers deletion, coming back with fewer fields, and one that Flow has lost.
func TestSupplierGoes(t *testing.T) {
	t.Parallel()
	w := newSupplierWorld(t)
	deleted := func() job.Outcome { return w.handle(w, of(event.Supplier, w.event("SUP-77", event.Deleted)))[0] }
	w.want("delete of one that was never seen", deleted(), "done skipped unknown_to_omnium")
	w.store(omniumtest.Suppliers, skare())
	w.want("delete that is not true", deleted(), "done pushed")
	w.omnium.Remove(omniumtest.Suppliers, "SUP-77")
	w.want("delete", deleted(), "done deactivated")
	if s := w.snapshot().Suppliers["SUP77"]; s.Active || s.Email == "" {
		t.Errorf("deleted supplier = %+v, want it inactive with the rest left alone", s)
	}
	before := w.calls()
	w.want("delete once more", deleted(), "done skipped unknown_to_omnium")
	if got := w.ops(before); got != "" {
		t.Errorf("requests of a second delete = %q, want none", got)
	}
	w.store(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Back"})
	w.want("run of one that is back", w.supply("SUP-77"), "done pushed")
	w.supplier(flow.Supplier{SupplierUID: "SUP77", Name: "Back", ExternalID: "SUP-77", Active: true})

	w.emptyFlow()
	w.omnium.Remove(omniumtest.Suppliers, "SUP-77")
	w.want("delete of one that Flow has lost", deleted(), "done deactivated")
	if got := w.snapshot().Suppliers; len(got) != 0 {
		t.Errorf("suppliers = %v, want none: what is gone is not created", got)
	}
}

func TestSupplierSkipsAndFailures(t *testing.T) {
	t.Parallel()
	w := newSupplierWorld(t)
	w.want("an id without a usable character", w.handle(w, of(event.Supplier, w.event("ÆØ", event.Deleted)))[0],
		"done skipped unknown_to_omnium")
	w.store(omniumtest.Suppliers, omnium.Supplier{ID: "Æ"})
	w.want("a supplier without one", w.supply("Æ"), "permanent uid_empty")
	j := of(event.Supplier, w.changed("late"))
	w.want("one that is not there yet", w.handle(w, j)[0], "deferred not_found_yet")
	w.want("the second look", w.handle(w, j)[0], "done skipped unknown_to_omnium")
	w.omnium.Now = func() time.Time { return time.Now().Add(-time.Minute) }
	w.store(omniumtest.Suppliers, skare())
	j = of(event.Supplier, w.changed("SUP-77"))
	w.want("one that looks old", w.handle(w, j)[0], "deferred read_too_early")
	w.want("the second look", w.handle(w, j)[0], "done pushed")
	w.omnium.Fail = func(r *http.Request) (int, http.Header, bool) { return 503, nil, r.URL.Path != "/api/Token" }
	w.want("Omnium away", w.supply("SUP-77"), "snoozed omnium_unavailable")
	w.omnium.Fail = nil
	w.refuse(flow.SupplierUpdate, 422)
	changed := skare()
	changed.Name = "Other"
	w.store(omniumtest.Suppliers, changed)
	w.want("Flow refuses", w.handle(w, j)[0], "permanent flow_refused_422")
	w.flow.SetFault(nil)
	w.want("Flow takes it", w.handle(w, j)[0], "done pushed")
}

// TestSuppliersOnOneUID checks that the first keeps the uid until it is gone.
func TestSuppliersOnOneUID(t *testing.T) {
	t.Parallel()
	w := newSupplierWorld(t)
	w.store(omniumtest.Suppliers, omnium.Supplier{ID: "S-1", Name: "first"})
	w.store(omniumtest.Suppliers, omnium.Supplier{ID: "S1", Name: "second"})
	w.want("run of the first", w.supply("S-1"), "done pushed")
	o := w.supply("S1")
	w.want("run of the second", o, "permanent uid_collision")
	wantNames(t, o, "S-1", "S1")
	w.omnium.Remove(omniumtest.Suppliers, "S1")
	w.want("delete of the second", w.handle(w, of(event.Supplier, w.event("S1", event.Deleted)))[0],
		"done skipped unknown_to_omnium")
	w.supplier(flow.Supplier{SupplierUID: "S1", Name: "first", ExternalID: "S-1", Active: true})
	w.omnium.Remove(omniumtest.Suppliers, "S-1")
	w.want("delete of the first", w.handle(w, of(event.Supplier, w.event("S-1", event.Deleted)))[0], "done deactivated")
	w.store(omniumtest.Suppliers, omnium.Supplier{ID: "S1", Name: "second"})
	w.want("run of the second once it is free", w.supply("S1"), "done pushed")
	w.supplier(flow.Supplier{SupplierUID: "S1", Name: "second", ExternalID: "S1", Active: true})
}

// spelled is an Omnium that does not mind the case of an id.
type spelled struct{ *omnium.Client }

func (s spelled) Supplier(context.Context, string, time.Time) (*omnium.Supplier, error) {
	return &omnium.Supplier{ID: "SUP-77"}, nil
}

func TestSupplierByAnotherSpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler, err := reconcile.NewSupplier(w.opts, spelled{w.oms}, w.target)
	if err != nil {
		t.Fatal(err)
	}
	w.handler = handler
	w.want("run", w.supply("sup-77"), "done rekeyed alias_of_SUP-77")
	if got := w.asked(); len(got) != 1 || got[0] != "SUP-77" {
		t.Errorf("enqueued = %v, want SUP-77", got)
	}
}

func TestNewSupplierRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, err := range map[string]error{
		"options": second(reconcile.NewSupplier(reconcile.Options{}, w.oms, w.target)),
		"source":  second(reconcile.NewSupplier(w.opts, nil, w.target)),
		"target":  second(reconcile.NewSupplier(w.opts, w.oms, nil)),
	} {
		if err == nil {
			t.Errorf("NewSupplier without %s = nil, want an error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestSupplierSurvives puts suppliers through faults.
func TestSupplierSurvives(t *testing.T) {
	t.Parallel()
	full := func(w *world) { w.store(omniumtest.Suppliers, skare()) }
	less := func(w *world) { w.store(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Less"}) }
	gone := func(w *world) { w.omnium.Remove(omniumtest.Suppliers, "SUP-77") }
	faults{
		start: suppliers,
		job:   job.Key{Resource: event.Supplier, ID: "SUP-77"},
		changes: map[string]change{
			"first push":                  {nil, full, full},
			"first push, then less":       {nil, full, less},
			"first push, then gone":       {nil, full, gone},
			"fields":                      {full, less, less},
			"fields and back":             {full, less, full},
			"fields, then gone":           {full, less, gone},
			"more, then less":             {less, full, less},
			"gone":                        {full, gone, gone},
			"gone and back":               {full, gone, full},
			"gone and back with less":     {full, gone, less},
			"back from gone, then gone":   {func(w *world) { full(w); w.drainSupplier(); gone(w) }, full, gone},
			"back with less, then fuller": {func(w *world) { full(w); w.drainSupplier(); gone(w) }, less, full},
		},
		agrees: func(w *world) {
			w.Helper()
			held := w.snapshot().Suppliers
			for _, s := range omniumtest.Documents[omnium.Supplier](w.omnium, omniumtest.Suppliers) {
				want := flow.Supplier{
					SupplierUID: "SUP77", Name: s.Name, ExternalID: s.ID, Email: s.Email, VATNumber: s.TaxID, Active: true,
				}
				if len(s.Contacts) > 0 {
					want.ContactName, want.ContactEmail = s.Contacts[0].FirstName, s.Contacts[0].Email
				}
				w.supplier(want)
				delete(held, "SUP77")
			}
			if s, there := held["SUP77"]; there && s.Active {
				w.Errorf("supplier %+v is active in Flow and not in Omnium", s)
			}
		},
	}.test(t)
}

func (w *world) drainSupplier() {
	w.Helper()
	w.drainKey(w.process, job.Key{Resource: event.Supplier, ID: "SUP-77"})
}
