package flow_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// held is one kind of object that Flow can be asked about.
type held struct {
	put func(ctx context.Context, c *flow.Client) error
	// right asks for what was put, wrong for what differs in one field.
	right, wrong func(ctx context.Context, c *flow.Client) (bool, error)
	ops          string
}

func heldKinds() map[string]held {
	type ask = func(ctx context.Context, c *flow.Client) (bool, error)
	supplier := func(city string) flow.Supplier { s := skare(); s.City = city; return s }
	group := flow.ProductGroup{ProductGroupUID: "wool", Name: "Ull", ExternalID: "wool"}
	category := flow.Category{CategoryUID: "wool", Name: "Ull", ExternalID: "wool"}
	list := func(name string) flow.PriceList { return flow.PriceList{PriceListUID: "oslo", Name: name} }
	holdsSupplier := func(city string) ask {
		return func(ctx context.Context, c *flow.Client) (bool, error) { return c.HoldsSupplier(ctx, supplier(city)) }
	}
	holdsList := func(name string) ask {
		return func(ctx context.Context, c *flow.Client) (bool, error) { return c.HoldsPriceList(ctx, list(name)) }
	}
	holdsCustomer := func(clear string) ask {
		return func(ctx context.Context, c *flow.Client) (bool, error) {
			fields, err := flow.CustomerFields(clear)
			if err != nil {
				return false, err
			}
			less := kari()
			less.Email = ""
			return c.HoldsCustomer(ctx, less, fields)
		}
	}
	return map[string]held{
		"supplier": {
			put: func(ctx context.Context, c *flow.Client) error {
				_, err := c.PutSupplier(ctx, supplier("Bergen"), false, 0)
				return err
			},
			right: holdsSupplier("Bergen"), wrong: holdsSupplier("Voss"), ops: "supplier.list",
		},
		"price list": {
			put: func(ctx context.Context, c *flow.Client) error {
				_, err := c.PutPriceList(ctx, list("Oslo"), false, 0)
				return err
			},
			right: holdsList("Oslo"), wrong: holdsList("Bergen"), ops: "pricelist.get",
		},
		"product group that moves to the top": {
			put: func(ctx context.Context, c *flow.Client) error {
				top := flow.ProductGroup{ProductGroupUID: "top", Name: "Top", ExternalID: "top"}
				below := group
				below.ParentUID = "top"
				for _, g := range []flow.ProductGroup{top, below} {
					if _, err := c.PutProductGroup(ctx, g, false); err != nil {
						return err
					}
				}
				return nil
			},
			right: func(ctx context.Context, c *flow.Client) (bool, error) {
				below := group
				below.ParentUID = "top"
				return c.HoldsProductGroup(ctx, below)
			},
			wrong: func(ctx context.Context, c *flow.Client) (bool, error) { return c.HoldsProductGroup(ctx, group) },
			ops:   "productGroup.get",
		},
		"category": {
			put: func(ctx context.Context, c *flow.Client) error {
				_, err := c.PutCategory(ctx, category, false)
				return err
			},
			right: func(ctx context.Context, c *flow.Client) (bool, error) { return c.HoldsCategory(ctx, category) },
			wrong: func(ctx context.Context, c *flow.Client) (bool, error) {
				renamed := category
				renamed.Name = "Wool"
				return c.HoldsCategory(ctx, renamed)
			},
			ops: "category.get",
		},
		// An erasure is a field that is to be empty.
		"customer that is erased": {
			put: func(ctx context.Context, c *flow.Client) error {
				_, err := c.PutCustomer(ctx, kari(), false, 0)
				return err
			},
			right: holdsCustomer("mobile"), wrong: holdsCustomer("email"), ops: "customer.list",
		},
	}
}

// TestHolds asks about what Flow does not have, what it has, and what it has otherwise.
func TestHolds(t *testing.T) {
	t.Parallel()
	for name, kind := range heldKinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flowtest.Options{})
			if got, err := kind.right(t.Context(), w.client); got || err != nil {
				t.Errorf("asked about what is not there: %v, %v; want false and no error", got, err)
			}
			if err := kind.put(t.Context(), w.client); err != nil {
				t.Fatalf("put: %v", err)
			}
			before := len(w.flow.Log())
			if got, err := kind.right(t.Context(), w.client); !got || err != nil {
				t.Errorf("asked about what is so: %v, %v; want true", got, err)
			}
			if got := w.ops(before); got != kind.ops {
				t.Errorf("requests = %q, want %q", got, kind.ops)
			}
			if got, err := kind.wrong(t.Context(), w.client); got || err != nil {
				t.Errorf("asked about what is otherwise: %v, %v; want false and no error", got, err)
			}
		})
	}
}

func TestHoldsWarehouseAndOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withWarehouse(t, "oslo")
	for name, want := range map[string]bool{"oslo": true, "Oslo": false} {
		got, err := w.client.HoldsWarehouse(t.Context(), "oslo", flow.Warehouse{WarehouseUID: "oslo", Name: name})
		if got != want || err != nil {
			t.Errorf("HoldsWarehouse(%s) = %v, %v; want %v", name, got, err, want)
		}
	}
	if _, err := w.client.PutSupplier(t.Context(), skare(), false, 0); err != nil {
		t.Fatalf("PutSupplier: %v", err)
	}
	order := flow.PurchaseOrder{
		StoreUID: "oslo", PurchaseOrderUID: "PO1", SupplierUID: "SUP77", ExternalID: "PO-1", Status: flow.OrderSent, Currency: "NOK",
	}
	if _, err := w.client.PutPurchaseOrder(t.Context(), order, false, 0); err != nil {
		t.Fatalf("PutPurchaseOrder: %v", err)
	}
	for currency, want := range map[string]bool{"NOK": true, "SEK": false} {
		order.Currency = currency
		if got, err := w.client.HoldsPurchaseOrder(t.Context(), order); got != want || err != nil {
			t.Errorf("HoldsPurchaseOrder(%s) = %v, %v; want %v", currency, got, err, want)
		}
	}
}

func TestHoldsStock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a", "b", "c").withWarehouse(t, "oslo")
	cost := int64(9250)
	items := []flow.Stock{
		{ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 450},
		{ProductUID: "b", WarehouseUID: "oslo", QuantityStock: -100},
	}
	w.client.PutStock(t.Context(), "oslo", items)
	ask := append(slices.Clone(items),
		flow.Stock{ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 451},
		flow.Stock{ProductUID: "a", WarehouseUID: "oslo", QuantityStock: 450, CostPrice: &cost},
		flow.Stock{ProductUID: "c", WarehouseUID: "oslo"},
	)
	got, err := w.client.HoldsStock(t.Context(), "oslo", ask)
	if want := []bool{true, true, false, false, false}; err != nil || !slices.Equal(got, want) {
		t.Errorf("HoldsStock = %v, %v; want %v", got, err, want)
	}
}

// TestHoldsPassesTroubleOn: what passes is an error, and a refusal is a no, because the write that follows
// tells what is wrong.
func TestHoldsPassesTroubleOn(t *testing.T) {
	t.Parallel()
	for status, wantErr := range map[int]bool{http.StatusForbidden: true, http.StatusBadGateway: true, http.StatusBadRequest: false} {
		w := newWorld(t, flowtest.Options{})
		w.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Status: status} })
		ctx := t.Context()
		for name, kind := range heldKinds() {
			if got, err := kind.right(ctx, w.client); got || (err != nil) != wantErr {
				t.Errorf("%s answered with %d: %v, %v; want false and an error: %v", name, status, got, err, wantErr)
			}
		}
	}
}
