package flow_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/rest"
)

// TestEnsure makes every object twice, with both answers that a create of an existing uid may get.
func TestEnsure(t *testing.T) {
	t.Parallel()
	for _, existing := range []int{409, 400} {
		for _, tt := range []struct {
			name          string
			ensure        func(*testing.T, world) error
			first, second string // operations
			second400     string // when they differ with 400
		}{
			{"brand", func(t *testing.T, w world) error {
				return w.client.EnsureBrand(t.Context(), flow.Brand{BrandUID: "nike_air", Name: "Nike Air"})
			}, "brand.list brand.create", "brand.list", ""},
			{"product group", func(t *testing.T, w world) error {
				return w.client.EnsureProductGroup(t.Context(), flow.ProductGroup{ProductGroupUID: "shoes", Name: "Shoes"})
			}, "productGroup.get productGroup.create", "productGroup.get", ""},
			{"property", func(t *testing.T, w world) error {
				return w.client.EnsureProperty(t.Context(), flow.Property{PropertyUID: "size", PropertyName: "Size", Type: flow.PropertyTypeText})
			}, "property.list property.create", "property.list", ""},
			{"media", func(t *testing.T, w world) error {
				return w.client.AddMedia(t.Context(), "a", flow.Media{ProductMediaUID: "m1", MainURL: "https://cdn.example/1.jpg"})
			}, "media.add", "media.add", "media.add media.list"},
			{"sibling", func(t *testing.T, w world) error {
				return w.client.LinkSibling(t.Context(), "a", "b")
			}, "product.link", "product.link", "product.link product.variants"},
		} {
			t.Run(fmt.Sprintf("%s, existing answers %d", tt.name, existing), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, flowtest.Options{ExistingStatus: existing}).withProducts(t, "a", "b")
				if existing == 400 && tt.second400 != "" {
					tt.second = tt.second400
				}
				for _, want := range []string{tt.first, tt.second} {
					before := len(w.flow.Log())
					if err := tt.ensure(t, w); err != nil {
						t.Errorf("ensure: %v", err)
					}
					if got := w.ops(before); got != want {
						t.Errorf("ensure called %q, want %q", got, want)
					}
				}
			})
		}
	}
}

// TestEnsureBrandUnderAnotherName is about two spellings that fall on one uid.
func TestEnsureBrandUnderAnotherName(t *testing.T) {
	t.Parallel()
	for existing, want := range map[int]string{
		409: "brand.list brand.create",
		400: "brand.list brand.create brand.list",
	} {
		w := newWorld(t, flowtest.Options{ExistingStatus: existing})
		for _, name := range []string{"Nike  Air", "Nike Air"} {
			if err := w.client.EnsureBrand(t.Context(), flow.Brand{BrandUID: "nike_air", Name: name}); err != nil {
				t.Fatalf("EnsureBrand(%q), existing answers %d: %v", name, existing, err)
			}
		}
		if got := w.ops(2); got != want {
			t.Errorf("EnsureBrand, existing answers %d, called %q, want %q", existing, got, want)
		}
		if got, want := w.snapshot(t).Brands["nike_air"].Name, "Nike  Air"; got != want {
			t.Errorf("brand name = %q, want the first one, %q", got, want)
		}
	}
}

// TestRefusalsStay holds that a create that is refused for another reason is an error.
func TestRefusalsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a")
	w.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
		if r.Op == flow.BrandCreate {
			return flowtest.Fault{Status: http.StatusBadRequest}
		}
		return flowtest.Fault{}
	})
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"brand that is not there":   {w.client.EnsureBrand(t.Context(), flow.Brand{BrandUID: "x", Name: "X"}), 400},
		"group below nothing":       {w.client.EnsureProductGroup(t.Context(), flow.ProductGroup{ProductGroupUID: "x", Name: "X", ParentUID: "nowhere"}), 400},
		"media of no product":       {w.client.AddMedia(t.Context(), "nobody", flow.Media{ProductMediaUID: "m", MainURL: "https://x.example/1"}), 404},
		"sibling of itself":         {w.client.LinkSibling(t.Context(), "a", "a"), 400},
		"sibling that is not there": {w.client.LinkSibling(t.Context(), "a", "nobody"), 404},
		"text of no property":       {w.client.SetPropertyText(t.Context(), "a", "nothing", "x"), 404},
		"product of no brand":       {put(t.Context(), w.client, flow.Product{ProductUID: "c", BrandUID: "nobody"}), 400},
	} {
		if answer, ok := errors.AsType[*rest.Error](tt.err); !ok || answer.StatusCode != tt.want {
			t.Errorf("%s = %v, want status %d", name, tt.err, tt.want)
		}
	}
}

func TestListsReadEveryPage(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 6, 7, 8, 14, 15} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flowtest.Options{MaxPageSize: 7}).withProducts(t, "hub")
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintf("m%d", i))
				m := flow.Media{ProductMediaUID: want[i], MainURL: "https://cdn.example/x.jpg", Position: i, SetAsCoverImage: i == 0}
				if err := w.client.AddMedia(t.Context(), "hub", m); err != nil {
					t.Fatalf("AddMedia: %v", err)
				}
			}
			before := w.flow.Calls(testTenant, flow.MediaList)
			records, err := w.client.ListMedia(t.Context(), "hub")
			if err != nil {
				t.Fatalf("ListMedia: %v", err)
			}
			var got []string
			for i, r := range records {
				got = append(got, r.ProductMediaUID)
				if r.IsCoverImage != (i == 0) || r.Source != "URL" || r.Position != i {
					t.Errorf("ListMedia()[%d] = %+v, want the cover first, position %d and source URL", i, r, i)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ListMedia (-want +got):\n%s", diff)
			}
			if got, want := w.flow.Calls(testTenant, flow.MediaList)-before, max(1, (n+6)/7); got != want {
				t.Errorf("ListMedia of %d items by 7 made %d requests, want %d", n, got, want)
			}
		})
	}
}

func TestVariants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flowtest.Options{}).withProducts(t, "a", "b", "c")
	for _, sibling := range []string{"b", "c"} {
		if err := w.client.LinkSibling(t.Context(), "a", sibling); err != nil {
			t.Fatalf("LinkSibling(a, %s): %v", sibling, err)
		}
	}
	got, err := w.client.Variants(t.Context(), "a")
	want := []flow.Variant{{ProductVariantUID: "b", ProductUID: "b"}, {ProductVariantUID: "c", ProductUID: "c"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Variants(a) = %v (-want +got):\n%s", err, diff)
	}
}

// TestListThatNeverEnds is a server that ignores the page number and tells no total.
func TestListThatNeverEnds(t *testing.T) {
	t.Parallel()
	requests := 0
	c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		requests++
		resp := response(r, 200)
		resp.Body = body(`{"items":[{"productUid":"x"}],"paging":{"pageSize":1}}`)
		return resp, nil
	})})
	if _, err := c.Variants(t.Context(), "a"); err == nil {
		t.Error("Variants of a list without end = nil, want an error")
	}
	if requests > 1000 {
		t.Errorf("Variants made %d requests, want at most 1000", requests)
	}
}

func TestListThatIsNoList(t *testing.T) {
	t.Parallel()
	c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := response(r, 200)
		resp.Body = body("<html>maintenance</html>")
		return resp, nil
	})})
	err := c.EnsureBrand(t.Context(), flow.Brand{BrandUID: "x", Name: "X"})
	if _, ok := errors.AsType[*rest.DecodeError](err); !ok {
		t.Errorf("EnsureBrand with an HTML answer = %v, want *rest.DecodeError", err)
	}
}
