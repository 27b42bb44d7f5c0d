package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

func skare() flow.Supplier {
	return flow.Supplier{
		SupplierUID: "SUP77", Name: "Skare & Sønn", ExternalID: "SUP-77", Email: "a@skare.example",
		Phone: "+4755000300", City: "Bergen", Active: true,
	}
}

// TestPutSupplier creates, updates, and finds out by itself when it was told wrong, with both answers
// that a create of an existing uid may get.
func TestPutSupplier(t *testing.T) {
	t.Parallel()
	const update = "supplier.update"
	for existing, taken := range map[int]string{
		409: "supplier.create " + update, 400: "supplier.create supplier.list " + update,
	} {
		for _, tt := range []struct {
			name         string
			there, known bool
			ops          string
		}{
			{"new", false, false, "supplier.create"},
			{"known", true, true, update},
			{"known and lost", false, true, update + " supplier.create"},
			{"there and not known", true, false, taken},
		} {
			t.Run(fmt.Sprintf("%s, existing answers %d", tt.name, existing), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, flowtest.Options{ExistingStatus: existing})
				if tt.there {
					if _, err := w.client.PutSupplier(t.Context(), flow.Supplier{SupplierUID: "SUP77", Name: "old"}, false, 0); err != nil {
						t.Fatalf("PutSupplier: %v", err)
					}
				}
				before := len(w.flow.Log())
				created, err := w.client.PutSupplier(t.Context(), skare(), tt.known, 0)
				if err != nil || created == tt.there {
					t.Errorf("PutSupplier = created %v, %v; want created %v", created, err, !tt.there)
				}
				if got := w.ops(before); got != tt.ops {
					t.Errorf("PutSupplier called %q, want %q", got, tt.ops)
				}
				if diff := cmp.Diff(skare(), w.snapshot(t).Suppliers["SUP77"]); diff != "" {
					t.Errorf("supplier (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestSupplierFieldsAreCleared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	full := skare()
	less := full
	less.Email, less.City = "", ""
	for _, s := range []flow.Supplier{full, less} {
		if _, err := w.client.PutSupplier(t.Context(), s, s == less, flow.Present(full)); err != nil {
			t.Fatalf("PutSupplier: %v", err)
		}
	}
	if diff := cmp.Diff(less, w.snapshot(t).Suppliers["SUP77"]); diff != "" {
		t.Errorf("supplier (-want +got):\n%s", diff)
	}
}

func TestDeactivateSupplier(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	if err := w.client.DeactivateSupplier(t.Context(), "SUP77"); !errors.Is(err, flow.ErrNotFound) {
		t.Errorf("DeactivateSupplier of an unknown one = %v, want ErrNotFound", err)
	}
	if _, err := w.client.PutSupplier(t.Context(), skare(), false, 0); err != nil {
		t.Fatalf("PutSupplier: %v", err)
	}
	if err := w.client.DeactivateSupplier(t.Context(), "SUP77"); err != nil {
		t.Errorf("DeactivateSupplier: %v", err)
	}
	want := skare()
	want.Active = false
	if diff := cmp.Diff(want, w.snapshot(t).Suppliers["SUP77"]); diff != "" {
		t.Errorf("supplier (-want +got):\n%s", diff)
	}
}
