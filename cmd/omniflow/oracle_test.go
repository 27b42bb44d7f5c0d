package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// disagreement is what keeps the tenants of Flow from being the mapping of what Omnium holds now,
// object by object; nil when nothing does. Excused are the uids that are not looked at.
func (h *harness) disagreement(excused ...string) error {
	for _, side := range []struct {
		tenant   tenant.ID
		language string
		options  mapping.ProductOptions
	}{
		{norway, "no", mapping.ProductOptions{
			Markets:           []omnium.Market{{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25"}},
			DefaultVATCodeUID: "vat25",
		}},
		{sweden, "sv", mapping.ProductOptions{
			Markets:           []omnium.Market{{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25"}},
			DefaultVATCodeUID: "vat25se",
		}},
	} {
		state, err := h.flow.Snapshot(string(side.tenant))
		if err != nil {
			return err
		}
		side.options.Now = time.Now()
		c := comparison{state: state, seen: excused}
		for _, p := range inLanguage(h.omnium.Products(), side.language) {
			if err := c.product(&p, side.options); err != nil {
				return fmt.Errorf("%s: product %s: %w", side.tenant, p.ProductID, err)
			}
		}
		if err := c.rest(); err != nil {
			return fmt.Errorf("%s: %w", side.tenant, err)
		}
	}
	return nil
}

// inLanguage keeps one document of each product: the one in the language, else the Norwegian one.
func inLanguage(all []omnium.Product, language string) []omnium.Product {
	chosen := map[string]omnium.Product{}
	for _, p := range all {
		if _, known := chosen[p.ProductID]; !known || p.Language == language {
			chosen[p.ProductID] = p
		}
	}
	var list []omnium.Product
	for _, p := range chosen {
		list = append(list, p)
	}
	return list
}

// comparison holds a tenant of Flow against the products of Omnium, one after the other.
type comparison struct {
	state flowtest.State
	seen  []string // uids
}

func (c *comparison) product(p *omnium.Product, o mapping.ProductOptions) error {
	mapped, err := mapping.Product(p, o)
	if err != nil {
		return err
	}
	for i, u := range mapped.Units {
		if err := c.unit(u); err != nil {
			return err
		}
		anchor := mapped.Units[0].Product.ProductUID
		if i > 0 && !u.Deleted && !slices.Contains(c.state.Siblings[anchor], u.Product.ProductUID) {
			return fmt.Errorf("%s and %s are no siblings", anchor, u.Product.ProductUID)
		}
	}
	for _, u := range mapped.Dropped {
		if got, exists := c.state.Products[u.Product.ProductUID]; exists && got.AllowPurchase {
			return fmt.Errorf("%s is on sale and not in the market", u.Product.ProductUID)
		}
		c.seen = append(c.seen, u.Product.ProductUID)
	}
	return nil
}

func (c *comparison) unit(u mapping.Unit) error {
	uid := u.Product.ProductUID
	if slices.Contains(c.seen, uid) {
		return nil
	}
	c.seen = append(c.seen, uid)
	got, exists := c.state.Products[uid]
	if !exists && u.Deleted {
		return nil
	}
	if !exists {
		return fmt.Errorf("%s does not exist", uid)
	}
	got.DiscontinuedFrom.Set = false // what was read always says so
	if diff := cmp.Diff(u.Product, got); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", uid, diff)
	}
	if u.Deleted {
		return nil
	}
	return c.parts(uid, u)
}

// parts compares what hangs on a unit. Images that are gone stay in Flow; texts that are gone are
// empty.
func (c *comparison) parts(uid string, u mapping.Unit) error {
	if u.Brand != nil && c.state.Brands[u.Brand.BrandUID].Name == "" {
		return fmt.Errorf("%s: no brand %s", uid, u.Brand.BrandUID)
	}
	if u.Group != nil && c.state.Groups[u.Group.ProductGroupUID].Name == "" {
		return fmt.Errorf("%s: no product group %s", uid, u.Group.ProductGroupUID)
	}
	for _, want := range u.Media {
		same := func(m flow.Media) bool { return m.ProductMediaUID == want.ProductMediaUID && m.MainURL == want.MainURL }
		if !slices.ContainsFunc(c.state.Media[uid], same) {
			return fmt.Errorf("%s: no image %s", uid, want.MainURL)
		}
	}
	texts := map[string]string{}
	for _, p := range u.Properties {
		texts[p.PropertyUID] = p.Text
	}
	for property, got := range c.state.Texts[uid] {
		if got != texts[property] {
			return fmt.Errorf("%s: text %s is %q, want %q", uid, property, got, texts[property])
		}
		delete(texts, property)
	}
	if len(texts) > 0 {
		return fmt.Errorf("%s: no texts %v", uid, texts)
	}
	return nil
}

// rest looks at what Omnium does not know any more: it must be off sale.
func (c *comparison) rest() error {
	for uid, p := range c.state.Products {
		if !slices.Contains(c.seen, uid) && (p.AllowPurchase || p.DiscontinuedFrom.At.IsZero()) {
			return fmt.Errorf("%s is on sale and not in Omnium", uid)
		}
	}
	return nil
}

// flowProduct returns what a tenant of Flow holds under a uid.
func (h *harness) flowProduct(id tenant.ID, uid string) (flow.Product, bool) {
	h.Helper()
	state, err := h.flow.Snapshot(string(id))
	if err != nil {
		h.Fatal(err)
	}
	p, exists := state.Products[uid]
	return p, exists
}

// writes counts the requests to Flow that change something.
func (h *harness) writes() int {
	n := 0
	for _, e := range h.flow.Log() {
		if e.Method != "GET" && e.Op != flow.StockRead && !strings.HasSuffix(e.Path, "/search") {
			n++
		}
	}
	return n
}
