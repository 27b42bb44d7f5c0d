package flow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// withWarehouse puts a store there with a warehouse of the same uid.
func (w world) withWarehouse(t *testing.T, uid string) world {
	t.Helper()
	w = w.withStore(t, flow.Store{StoreUID: uid, Name: uid, OrganizationUID: "acme"})
	warehouse := flow.Warehouse{WarehouseUID: uid, Name: uid}
	if _, err := w.client.PutWarehouse(t.Context(), uid, warehouse, false, 0); err != nil {
		t.Fatalf("PutWarehouse(%s): %v", uid, err)
	}
	return w
}

func TestPutStock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a", "b").withWarehouse(t, "oslo")
	cost := int64(9250)
	items := []flow.Stock{
		{ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 450, CostPrice: &cost},
		{ProductUID: "none", WarehouseUID: "oslo", QuantityStock: 100},
		{ProductUID: "b", WarehouseUID: "oslo", QuantityStock: -100},
		{ProductUID: "b", WarehouseUID: "none", QuantityStock: 100},
	}
	for i, err := range w.client.PutStock(t.Context(), "oslo", items) {
		if (err != nil) != (i == 1 || i == 3) {
			t.Errorf("PutStock: item %d: %v; want an error for the unknown product and warehouse alone", i, err)
		}
	}
	items[0].QuantityStock, items[0].CostPrice = 300, nil
	if errs := w.client.PutStock(t.Context(), "oslo", items[:1]); errs[0] != nil {
		t.Errorf("PutStock without a cost = %v", errs[0])
	}
	want := map[string]map[string]flow.Stock{"oslo": {
		"oslo/a": {ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 300, CostPrice: &cost},
		"oslo/b": items[2],
	}}
	if diff := cmp.Diff(want, w.snapshot(t).Stock); diff != "" {
		t.Errorf("stock (-want +got):\n%s", diff)
	}
}

func TestHasProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a", "b").withWarehouse(t, "oslo")
	w.client.PutStock(t.Context(), "oslo", []flow.Stock{{ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 1}})
	for product, want := range map[string]struct {
		has bool
		ops string
	}{
		"a":    {true, "stock.read"},
		"b":    {true, "stock.read product.get"}, // without stock
		"none": {false, "stock.read product.get"},
	} {
		from := len(w.flow.Log())
		got, err := w.client.HasProduct(t.Context(), "oslo", product)
		if err != nil || got != want.has || w.ops(from) != want.ops {
			t.Errorf("HasProduct(%s) = %v, %v after %s; want %v after %s", product, got, err, w.ops(from), want.has, want.ops)
		}
	}
	w.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Status: 500} })
	if _, err := w.client.HasProduct(t.Context(), "oslo", "a"); err == nil {
		t.Error("HasProduct with 500 = no error")
	}
}
