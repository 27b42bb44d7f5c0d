package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/rest"
)

func TestPutProduct(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		existing int // what a create of a product that exists answers
		exists   bool
		known    bool
		want     string
	}{
		{"new", 409, false, false, "product.create"},
		{"pushed before", 409, true, true, "product.update"},
		{"pushed before, gone", 409, false, true, "product.update product.create"},
		{"there already, 409", 409, true, false, "product.create product.update"},
		{"there already, 400", 400, true, false, "product.create product.get product.update"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flowtest.Options{ExistingStatus: tt.existing})
			if tt.exists {
				w.withProducts(t, "shoe_42")
			}
			before := len(w.flow.Log())
			p := flow.Product{
				ProductUID: "shoe_42", Name: "Shoe", SKU: "shoe-42", AllowPurchase: true, VATCodeUID: "vat25",
				RecommendedRetailPrice: new(int64(19950)), Weight: new(int64(250)),
				CurrencyPurchasePrice: &flow.CurrencyPurchasePrice{Currency: "EUR", Price: 1200},
				DiscontinuedFrom:      flow.Date{At: time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)},
			}
			created, err := w.client.PutProduct(t.Context(), p, tt.known)
			if err != nil || created == tt.exists {
				t.Fatalf("PutProduct(known %v) = %v, %v; want created %v", tt.known, created, err, !tt.exists)
			}
			if got := w.ops(before); got != tt.want {
				t.Errorf("PutProduct(known %v) called %q, want %q", tt.known, got, tt.want)
			}
			if diff := cmp.Diff(p, w.snapshot(t).Products["shoe_42"]); diff != "" {
				t.Errorf("Flow holds something else (-sent +held):\n%s", diff)
			}
		})
	}
}

func TestPutProductReturnsWhatTellsMost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answers map[string]int // by operation
		known   bool
		want    int
		calls   string
	}{
		{"bad data, new", map[string]int{flow.ProductCreate: 400, flow.ProductGet: 404}, false, 400, "product.create product.get"},
		{"bad data, the read is refused too", map[string]int{flow.ProductCreate: 400, flow.ProductGet: 405}, false, 400, "product.create product.get"},
		{"bad data, whether it exists is not known yet", map[string]int{flow.ProductCreate: 400, flow.ProductGet: 503}, false, 503, "product.create product.get"},
		{"bad data, the read is throttled", map[string]int{flow.ProductCreate: 400, flow.ProductGet: 429}, false, 429, "product.create product.get"},
		{"bad data, exists", map[string]int{flow.ProductCreate: 400, flow.ProductGet: 200, flow.ProductUpdate: 422}, false, 422, "product.create product.get product.update"},
		{"bad data, known", map[string]int{flow.ProductUpdate: 400}, true, 400, "product.update"},
		{"credential refused", map[string]int{flow.ProductCreate: 403}, false, 403, "product.create"},
		{"known, failing", map[string]int{flow.ProductUpdate: 500}, true, 500, "product.update"},
		{"neither there nor not there", map[string]int{flow.ProductUpdate: 404, flow.ProductCreate: 409}, true, 404, "product.update product.create product.update"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls []string
			c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				op := map[string]string{"POST": flow.ProductCreate, "GET": flow.ProductGet, "PUT": flow.ProductUpdate}[r.Method]
				calls = append(calls, op)
				return response(r, tt.answers[op]), nil
			})})
			_, err := c.PutProduct(t.Context(), flow.Product{ProductUID: "x"}, tt.known)
			if answer, ok := errors.AsType[*rest.Error](err); !ok || answer.StatusCode != tt.want {
				t.Errorf("PutProduct = %v, want status %d", err, tt.want)
			}
			if got := strings.Join(calls, " "); got != tt.calls {
				t.Errorf("PutProduct called %q, want %q", got, tt.calls)
			}
		})
	}
}

// TestBodies holds the rule about uids: creates carry it, updates leave it to the path.
func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "shoe")
	p := flow.Product{ProductUID: "shoe", DiscontinuedFrom: flow.Date{Set: true}}
	if _, err := w.client.PutProduct(t.Context(), p, true); err != nil {
		t.Fatalf("PutProduct: %v", err)
	}
	for i, want := range []struct {
		op, uid, discontinued string
	}{
		{flow.ProductCreate, `"shoe"`, ""},
		{flow.ProductUpdate, "", "null"},
	} {
		write := w.flow.History(testTenant, "shoe")[i]
		var body map[string]json.RawMessage
		if err := json.Unmarshal(write.Body, &body); err != nil {
			t.Fatalf("body of %s: %v", write.Op, err)
		}
		if write.Op != want.op || string(body["productUid"]) != want.uid || string(body["discontinuedFrom"]) != want.discontinued {
			t.Errorf("%s body = %s, want %s with uid %q and discontinuedFrom %q", write.Op, write.Body, want.op, want.uid, want.discontinued)
		}
	}
}

func TestDeactivateProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{})
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	gone := flow.Deactivation{DiscontinuedFrom: flow.Date{At: at, Set: true}}
	err := w.client.DeactivateProduct(t.Context(), "shoe", gone)
	if answer, ok := errors.AsType[*rest.Error](err); !errors.Is(err, flow.ErrNotFound) || !ok || answer.StatusCode != 404 {
		t.Errorf("DeactivateProduct of an unknown product = %v, want ErrNotFound and the answer", err)
	}
	p := flow.Product{ProductUID: "shoe", Name: "Shoe", SKU: "s", AllowPurchase: true, Height: new(int64(7))}
	if _, err := w.client.PutProduct(t.Context(), p, false); err != nil {
		t.Fatalf("PutProduct: %v", err)
	}
	if err := w.client.DeactivateProduct(t.Context(), "shoe", gone); err != nil {
		t.Fatalf("DeactivateProduct: %v", err)
	}
	want := p
	want.AllowPurchase, want.DiscontinuedFrom = false, flow.Date{At: at}
	if diff := cmp.Diff(want, w.snapshot(t).Products["shoe"]); diff != "" {
		t.Errorf("product after DeactivateProduct (-want +held):\n%s", diff)
	}
	// It comes back: null clears the date.
	p.DiscontinuedFrom = flow.Date{Set: true}
	if _, err := w.client.PutProduct(t.Context(), p, true); err != nil {
		t.Fatalf("PutProduct: %v", err)
	}
	if diff := cmp.Diff(p, w.snapshot(t).Products["shoe"]); diff != "" {
		t.Errorf("product after it came back (-want +held):\n%s", diff)
	}
}

// TestLostReplyConverges is why creates and updates fall back on each other: the caller can't know
// whether a call whose reply was lost took effect.
func TestLostReplyConverges(t *testing.T) {
	t.Parallel()
	for _, existing := range []int{400, 409} {
		t.Run(fmt.Sprint(existing), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flowtest.Options{ExistingStatus: existing})
			w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
				return flowtest.Fault{LoseReply: r.Method == http.MethodPost && w.flow.Calls(testTenant, r.Op) == 1}
			})
			push := func() error { return pushAll(t.Context(), w.client) }
			for attempt := 1; attempt <= 8; attempt++ {
				if push() == nil {
					break
				}
			}
			if err := push(); err != nil {
				t.Fatalf("pushing again after everything is there: %v", err)
			}
			state := w.snapshot(t)
			got := []int{len(state.Products), len(state.Brands), len(state.Groups), len(state.Properties), len(state.Media["a"]), len(state.Siblings["a"]), len(state.Texts["a"])}
			if diff := cmp.Diff([]int{2, 1, 1, 1, 1, 1, 1}, got); diff != "" {
				t.Errorf("what Flow holds after lost replies (-want +got):\n%s", diff)
			}
		})
	}
}

// pushAll makes every kind of write, as for a product that was never seen.
func pushAll(ctx context.Context, c *flow.Client) error {
	for _, step := range []func() error{
		func() error { return c.EnsureBrand(ctx, flow.Brand{BrandUID: "fjell", Name: "Fjell"}) },
		func() error {
			return c.EnsureProductGroup(ctx, flow.ProductGroup{ProductGroupUID: "shoes", Name: "Shoes"})
		},
		func() error {
			return put(ctx, c, flow.Product{ProductUID: "a", BrandUID: "fjell", ProductGroupUID: "shoes"})
		},
		func() error { return put(ctx, c, flow.Product{ProductUID: "b", BrandUID: "fjell"}) },
		func() error { return c.LinkSibling(ctx, "a", "b") },
		func() error {
			return c.AddMedia(ctx, "a", flow.Media{ProductMediaUID: "m1", MainURL: "https://cdn.example/a.jpg", SetAsCoverImage: true})
		},
		func() error {
			return c.EnsureProperty(ctx, flow.Property{PropertyUID: "size", PropertyName: "Size", Type: flow.PropertyTypeText})
		},
		func() error { return c.SetPropertyText(ctx, "a", "size", "42") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func TestUnavailableIsNotARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, flow.Options{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					return response(r, 400), nil
				}
				return response(r, 500), nil
			}),
			Breaker: flow.Breaker{ConsecutiveFailures: 2, OpenFor: openFor},
		})
		_ = c.Probe(t.Context())
		// The refused create is a success for the breaker, so that two failures must follow.
		_, err := c.PutProduct(t.Context(), flow.Product{ProductUID: "x"}, false)
		if answer, ok := errors.AsType[*rest.Error](err); !ok || answer.StatusCode != 500 {
			t.Errorf("PutProduct = %v, want the 500 of the read", err)
		}
		_ = c.Probe(t.Context())
		_, err = c.PutProduct(t.Context(), flow.Product{ProductUID: "x"}, false)
		if _, ok := errors.AsType[*flow.UnavailableError](err); !ok {
			t.Errorf("PutProduct with an open breaker = %v, want *UnavailableError", err)
		}
	})
}

// put creates a product that was not pushed before.
func put(ctx context.Context, c *flow.Client, p flow.Product) error {
	_, err := c.PutProduct(ctx, p, false)
	return err
}
