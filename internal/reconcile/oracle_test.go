package reconcile_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// disagreement is what keeps Flow from being the mapping of what Omnium holds; nil when nothing does.
// It looks at every product of both.
func (w *world) disagreement() error {
	w.Helper()
	o := mapping.ProductOptions{
		Now: time.Now(), DefaultVATCodeUID: "vat25", Groups: []string{"nordic"},
		Markets: []omnium.Market{{MarketID: "NOR", MarketGroupID: "nordic", Currency: "NOK", DefaultTaxRate: "25"}},
	}
	state, held := w.snapshot(), map[string]bool{}
	for _, p := range w.omnium.Products() {
		mapped, err := mapping.Product(&p, o)
		if err != nil {
			return err
		}
		for _, u := range mapped.Units {
			if u.Deleted {
				continue // off sale, as if it were not there
			}
			held[u.Product.ProductUID] = true
			if err := compare(state, u, mapped.Units); err != nil {
				return fmt.Errorf("product %s: %w", p.ProductID, err)
			}
		}
	}
	for uid, p := range state.Products {
		if !held[uid] && (p.AllowPurchase || p.DiscontinuedFrom.At.IsZero()) {
			return fmt.Errorf("%s is on sale in Flow and not in Omnium", uid)
		}
	}
	return nil
}

// compare holds one unit against Flow. Images and links that are gone stay in Flow; texts that are
// gone are empty.
func compare(state flowtest.State, u mapping.Unit, siblings []mapping.Unit) error {
	uid := u.Product.ProductUID
	got, exists := state.Products[uid]
	if !exists {
		return fmt.Errorf("%s is not in Flow", uid)
	}
	got.DiscontinuedFrom.Set = false // what was read always says so
	if diff := cmp.Diff(u.Product, got); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", uid, diff)
	}
	if _, exists := state.Brands[u.Product.BrandUID]; u.Brand != nil && !exists {
		return fmt.Errorf("%s: no brand %s", uid, u.Product.BrandUID)
	}
	posted := map[string]int{}
	for _, m := range state.Media[uid] {
		posted[m.ProductMediaUID]++
	}
	for _, m := range u.Media {
		if n := posted[m.ProductMediaUID]; n != 1 {
			return fmt.Errorf("%s: image %s is there %d times, want once", uid, m.MainURL, n)
		}
	}
	want := map[string]string{}
	for _, t := range u.Properties {
		want[t.PropertyUID] = t.Text
	}
	for property, text := range state.Texts[uid] {
		if text == "" && want[property] == "" {
			want[property] = ""
		}
	}
	if diff := cmp.Diff(want, state.Texts[uid]); diff != "" && len(want)+len(state.Texts[uid]) > 0 {
		return fmt.Errorf("%s: texts (-want +got):\n%s", uid, diff)
	}
	for _, s := range siblings {
		sibling := s.Product.ProductUID
		first := uid == siblings[0].Product.ProductUID
		if first && sibling != uid && !s.Deleted && !slices.Contains(state.Siblings[uid], sibling) {
			return fmt.Errorf("%s: %s is no sibling", uid, sibling)
		}
	}
	return nil
}

// agrees fails the test unless Flow is the mapping of Omnium.
func (w *world) agrees() {
	w.Helper()
	if err := w.disagreement(); err != nil {
		w.Errorf("Flow is not what Omnium says: %v", err)
	}
}
