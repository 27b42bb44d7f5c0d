package flow_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// tried is what a dry client was told to write.
type tried struct{ sent []flow.Sent }

func (d *tried) record(s flow.Sent) { d.sent = append(d.sent, s) }

func (d *tried) lines() []string {
	var lines []string
	for _, s := range d.sent {
		lines = append(lines, strings.TrimSpace(s.Name+" "+s.Method+" "+s.Target+" "+string(s.Body)))
	}
	return lines
}

func TestDryClientWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a")
	before := len(w.flow.Log())
	var d tried
	dry := w.client.Dry(d.record)
	ctx := t.Context()
	_, errPut := dry.PutProduct(ctx, flow.Product{ProductUID: "a", Name: "B"}, true)
	created, errNew := dry.PutProduct(ctx, flow.Product{ProductUID: "n/1", Name: "N"}, false)
	errBrand := dry.EnsureBrand(ctx, flow.Brand{BrandUID: "fjell", Name: "Fjell"})
	errText := dry.SetPropertyText(ctx, "a", "size", "42")
	if errPut != nil || errNew != nil || errBrand != nil || errText != nil || !created {
		t.Errorf("dry writes = %v, %v, %v, %v, created %t, want all accepted", errPut, errNew, errBrand, errText, created)
	}
	for _, e := range w.flow.Log()[before:] {
		if e.Method != http.MethodGet && e.Op != flow.BrandSearch {
			t.Errorf("Flow got %s %s, want reads only", e.Method, e.Path)
		}
	}
	if got := w.snapshot(t); got.Products["a"].Name != "a" || len(got.Products) != 1 || len(got.Brands) != 0 {
		t.Errorf("Flow holds %+v and %+v, want it as it was", got.Products, got.Brands)
	}
	var ops []string
	for _, s := range d.sent {
		ops = append(ops, s.Name)
	}
	want := []string{flow.ProductUpdate, flow.ProductCreate, flow.BrandCreate, flow.ProductPropertySet}
	if diff := cmp.Diff(want, ops); diff != "" {
		t.Errorf("recorded writes differ (-want +got):\n%s\n%v", diff, d.lines())
	}
	if got := d.lines()[3]; got != `productProperty.set PUT /tenants/fjell_no/products/a/properties/size {"propertyText":"42"}` {
		t.Errorf("recorded %s, want the request as it would be sent", got)
	}
	if _, err := w.client.PutProduct(ctx, flow.Product{ProductUID: "a", Name: "C"}, true); err != nil || w.snapshot(t).Products["a"].Name != "C" {
		t.Errorf("the client that writes does so no longer: %v", err)
	}
}

func TestDryBatchesCountAsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	var d tried
	errs := w.client.Dry(d.record).PutStock(t.Context(), "oslo", []flow.Stock{{ProductUID: "a", WarehouseUID: "w"}})
	if len(errs) != 1 || errs[0] != nil || len(d.sent) != 1 || len(w.flow.Log()) != 0 {
		t.Errorf("dry batch = %v with %v, want it accepted and recorded", errs, d.lines())
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	var d tried
	dry := w.client.Dry(d.record)
	ctx := t.Context()
	old := flow.Supplier{SupplierUID: "s1", Name: "Fjell", Email: "a@b.no", Active: true}
	if _, err := w.client.PutSupplier(ctx, old, false, 0); err != nil {
		t.Fatal(err)
	}
	compare := func(s flow.Sent) flow.Comparison {
		t.Helper()
		got, err := dry.Compare(ctx, s)
		if err != nil {
			t.Fatalf("Compare(%s) = %v, want nil", s.Name, err)
		}
		return got
	}
	renamed := old
	renamed.Name = "Fjell AS"
	for _, known := range []bool{true, false} { // an update, and a create of what exists: found in the list
		if _, err := dry.PutSupplier(ctx, renamed, known, 0); err != nil {
			t.Fatal(err)
		}
		got := compare(d.sent[len(d.sent)-1])
		want := flow.Comparison{Readable: true, Exists: true, Changes: []flow.Change{{"name", `"Fjell"`, `"Fjell AS"`}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Compare of a supplier, known %t, differs (-want +got):\n%s", known, diff)
		}
	}
	renamed.SupplierUID = "s2"
	if _, err := dry.PutSupplier(ctx, renamed, false, 0); err != nil {
		t.Fatal(err)
	}
	if got := compare(d.sent[len(d.sent)-1]); !got.Readable || got.Exists || len(got.Changes) < 2 || got.Changes[0].Before != "" {
		t.Errorf("Compare of a new supplier = %+v, want everything new", got)
	}
}

// A route that is only assumed is believed when it answers with the object, and says nothing otherwise.
func TestCompareByAnAssumedRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a")
	var d tried
	dry := w.client.Dry(d.record)
	for _, uid := range []string{"a", "b"} {
		if _, err := dry.PutProduct(t.Context(), flow.Product{ProductUID: uid, Name: "B"}, true); err != nil {
			t.Fatal(err)
		}
	}
	got, err := dry.Compare(t.Context(), d.sent[0])
	if err != nil || !got.Readable || !got.Exists || !slices.Contains(got.Changes, flow.Change{Field: "name", Before: `"a"`, After: `"B"`}) {
		t.Errorf("Compare with a product that is answered = %+v, %v, want its name to change", got, err)
	}
	if got, err = dry.Compare(t.Context(), d.sent[1]); err != nil || got.Readable {
		t.Errorf("Compare with a product that is not found = %+v, %v, want it not readable", got, err)
	}
}

// A route that the operator has configured is trusted.
func TestCompareByAConfiguredRoute(t *testing.T) {
	t.Parallel()
	server := flowtest.New(flowtest.Options{Tenants: []flowtest.Tenant{{UID: testTenant, Token: testAuth}}})
	t.Cleanup(server.Close)
	routes, err := flow.DefaultRoutes().Override(map[string]string{
		flow.ProductGet: "GET /tenants/{tenantUid}/products/{productUid}",
	})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, flow.Options{Transport: flowtest.Transport(server), Routes: routes})
	if _, err := c.PutProduct(t.Context(), flow.Product{ProductUID: "a", Name: "A"}, false); err != nil {
		t.Fatal(err)
	}
	var d tried
	dry := c.Dry(d.record)
	if _, err := dry.PutProduct(t.Context(), flow.Product{ProductUID: "a", Name: "B"}, true); err != nil {
		t.Fatal(err)
	}
	got, err := dry.Compare(t.Context(), d.sent[0])
	if err != nil || !got.Exists || len(got.Changes) != 1 || got.Changes[0] != (flow.Change{Field: "name", Before: `"A"`, After: `"B"`}) {
		t.Errorf("Compare = %+v, %v, want the name alone", got, err)
	}
	server.SetDown(testTenant, true)
	if _, err := dry.Compare(t.Context(), d.sent[0]); err == nil {
		t.Error("Compare with a Flow that is away = nil, want an error")
	}
}
