package demo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// silent is a progress that nobody watches.
type silent struct{}

func (silent) Begin(string, string)             {}
func (silent) Note(string)                      {}
func (silent) End(string, error, time.Duration) {}

// connector pushes the shop into Flow in the most straightforward way, once. It knows products, their
// prices in the main list, and suppliers; there is nothing else in its shop.
type connector struct {
	*testing.T

	world   *demo.World
	clients map[tenant.ID]*flow.Client
	letters []string // ids of products: what the admin API says about Norway
}

// strip takes everything out of the shop that the connector does not know.
func strip(w *demo.World) {
	keys := map[omniumtest.Kind][]string{
		omniumtest.Stores: {"id"}, omniumtest.Categories: {"id"}, omniumtest.PurchaseOrders: {"id"},
		omniumtest.PrivateCustomers: {"customerId"}, omniumtest.BusinessCustomers: {"customerId"},
		omniumtest.InventoryItems: {"sku", "warehouseCode"},
		omniumtest.Prices:         {"priceKey"}, omniumtest.CostPrices: {"priceKey"},
	}
	for kind, fields := range keys {
		for _, document := range omniumtest.Documents[map[string]any](w.Omnium, kind) {
			var key []string
			for _, field := range fields {
				key = append(key, document[field].(string))
			}
			w.Omnium.Remove(kind, strings.Join(key, "_"))
		}
	}
}

func newConnector(t *testing.T) *connector {
	t.Helper()
	c := &connector{T: t, world: open(t), clients: map[tenant.ID]*flow.Client{}}
	strip(c.world)
	for _, of := range configOf(t, c.world).Tenants {
		client, err := flow.New(flow.Options{
			Tenant: string(of.ID), BaseURL: c.world.FlowURL(), AccessToken: of.AccessToken.Reveal,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		c.clients[of.ID] = client
		c.push(&of, client)
	}
	return c
}

// push maps with what the configuration says, which the oracle does not look at.
func (c *connector) push(of *tenant.Tenant, client *flow.Client) {
	market, language := omnium.Market{MarketID: "NOR", Currency: "NOK", DefaultTaxRate: "25"}, "no"
	if of.ID == demo.TenantSE {
		market, language = omnium.Market{MarketID: "SWE", Currency: "SEK", DefaultTaxRate: "25"}, "sv"
	}
	options := mapping.ProductOptions{
		Now: time.Now(), Markets: []omnium.Market{market}, Groups: []string{"NORDIC"},
		DefaultVATCodeUID:      of.Properties["DefaultVatCodeUid"],
		VATCodeUIDs:            of.Properties.VATCodeUIDs(),
		NonPurchasable:         of.Properties.List("NonPurchasableAssortmentCodes"),
		DefaultProductGroupUID: of.Properties["DefaultProductGroupUid"],
		OmitRetailPrice:        of.Runs("FlowPriceScheduledTask"),
	}
	if of.Properties.Bool("SyncCategoriesToFlow") {
		options.Categories = map[string]mapping.CategoryUse{} // there are none
	}
	chosen := map[string]omnium.Product{}
	for _, p := range c.world.Omnium.Products() {
		if have, ok := chosen[p.ProductID]; !ok || have.Language != language {
			chosen[p.ProductID] = p
		}
	}
	for id, p := range chosen {
		mapped, err := mapping.Product(&p, options)
		if err != nil {
			c.Fatalf("mapping.Product(%s) = %v, want no error", id, err)
		}
		c.units(client, mapped.Units)
		c.prices(client, &p, options)
	}
	for _, s := range omniumtest.Documents[omnium.Supplier](c.world.Omnium, omniumtest.Suppliers) {
		mapped, err := mapping.Supplier(&s)
		if err == nil {
			_, err = client.PutSupplier(c.Context(), mapped, false, 0)
		}
		if err != nil {
			c.Fatalf("push supplier %s: %v", s.ID, err)
		}
	}
}

func (c *connector) prices(client *flow.Client, p *omnium.Product, options mapping.ProductOptions) {
	mapped, err := mapping.Prices(p, options)
	if err != nil {
		c.Fatalf("mapping.Prices(%s) = %v, want no error", p.ProductID, err)
	}
	var changes []flow.PriceChange
	for _, u := range mapped.Units {
		if b := u.Best; b != nil {
			changes = append(changes, flow.PriceChange{ProductUID: u.ProductUID, Price: &flow.Price{
				ProductUID: u.ProductUID, Price: b.UnitPrice, Currency: &b.Currency,
				RecommendedRetailPrice: b.RecommendedRetailPrice,
				ValidFrom:              flow.Date{At: b.ValidFrom}, ValidTo: flow.Date{At: b.ValidUntil},
			}})
		}
	}
	if len(changes) == 0 {
		return
	}
	if err := errors.Join(client.WritePrices(c.Context(), "main", changes)...); err != nil {
		c.Fatalf("write prices of %s: %v", p.ProductID, err)
	}
}

func (c *connector) units(client *flow.Client, units []mapping.Unit) {
	ctx, first := c.Context(), ""
	for _, u := range units {
		if u.Deleted {
			continue
		}
		uid := u.Product.ProductUID
		var errs []error
		if u.Brand != nil {
			errs = append(errs, client.EnsureBrand(ctx, *u.Brand))
		}
		if u.Group != nil {
			errs = append(errs, client.EnsureProductGroup(ctx, *u.Group))
		}
		_, err := client.PutProduct(ctx, u.Product, false)
		errs = append(errs, err)
		for _, m := range u.Media {
			errs = append(errs, client.AddMedia(ctx, uid, m))
		}
		for _, p := range u.Properties {
			errs = append(errs, client.EnsureProperty(ctx, p.Property), client.SetPropertyText(ctx, uid, p.PropertyUID, p.Text))
		}
		if first != "" {
			errs = append(errs, client.LinkSibling(ctx, first, uid))
		}
		if err := errors.Join(errs...); err != nil {
			c.Fatalf("push %s: %v", uid, err)
		}
		first = uid
	}
}

// compare asks the oracle.
func (c *connector) compare() demo.Report {
	c.Helper()
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+c.world.AdminToken() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		items := []any{}
		if strings.HasPrefix(r.URL.Path, "/admin/v1/tenants/"+demo.TenantNO) {
			for _, id := range c.letters {
				items = append(items, map[string]string{"resource": "product", "id": id})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": items, "nextCursor": ""})
	}))
	defer admin.Close()
	day := c.world.Day(admin.URL, silent{})
	defer day.Close()
	report, err := day.Compare(c.Context())
	if err != nil {
		c.Fatalf("Compare() = %v, want no error", err)
	}
	return report
}

func TestCompareAgreesWithAPlainConnector(t *testing.T) {
	t.Parallel()
	report := newConnector(t).compare()
	for _, d := range report.Differences {
		t.Errorf("Compare() finds %s, want no difference", d)
	}
	for _, of := range report.Tenants {
		for _, kind := range []demo.Kind{
			demo.Products, demo.Brands, demo.Groups, demo.Images, demo.Properties, demo.Texts, demo.Links,
			demo.Prices, demo.PriceLists, demo.Suppliers,
		} {
			if of.Compared[kind] == 0 {
				t.Errorf("Compare() has compared no %s in %s", kind, of.Tenant)
			}
		}
	}
}

// TestCompareFindsEveryDifference spoils one thing after the other in one world.
func TestCompareFindsEveryDifference(t *testing.T) {
	t.Parallel()
	c := newConnector(t)
	ctx, f := t.Context(), c.clients[demo.TenantNO]
	price := &flow.Price{ProductUID: "TE2403", Price: 1, Currency: new("NOK")}
	stray := flow.Media{ProductMediaUID: "stray", MainURL: "https://stray.example/1.jpg"}
	cover := stray
	cover.SetAsCoverImage = true
	tests := []struct {
		name  string
		spoil func() error
		want  string
	}{
		{"a name", func() error {
			_, err := f.PutProduct(ctx, flow.Product{ProductUID: "TE2403", Name: "Ball", AllowPurchase: true}, true)
			return err
		}, `fjell_no products TE2403 name: want "Volleyball", got "Ball"`},
		{"a product off sale", func() error {
			return f.DeactivateProduct(ctx, "TE2402", flow.Deactivation{DiscontinuedFrom: flow.Date{At: time.Now()}})
		}, "fjell_no products TE2402 allowPurchase: want true, got false"},
		{"a product too many", func() error {
			_, err := f.PutProduct(ctx, flow.Product{ProductUID: "stray"}, false)
			return err
		}, "fjell_no products stray: want nothing, got something"},
		{"a brand too many", func() error {
			return f.EnsureBrand(ctx, flow.Brand{BrandUID: "stray", Name: "Stray"})
		}, "fjell_no brands stray: want nothing, got something"},
		{"a text", func() error {
			return f.SetPropertyText(ctx, "PU2503", "Material", "Papp")
		}, `fjell_no texts PU2503 Material: want "Ull", got "Papp"`},
		{"an image too many", func() error {
			return f.AddMedia(ctx, "LY1801", stray)
		}, "fjell_no images LY1801 stray: want nothing, got https://stray.example/1.jpg"},
		{"another cover", func() error {
			return f.AddMedia(ctx, "LY1802", cover)
		}, ": want the cover, got another cover"},
		{"a link between strangers", func() error {
			return f.LinkSibling(ctx, "LY1803", "LY1804")
		}, "fjell_no links LY1804 sibling: want nothing, got LY1803"},
		{"a product that Flow has not got", func() error {
			c.world.Omnium.PutProduct(omnium.Product{ID: "NY-1_no", ProductID: "NY-1", SkuID: "NY-1", Language: "no"})
			return nil
		}, "fjell_se products NY1: want something, got nothing"},
		{"a price", func() error {
			return errors.Join(f.WritePrices(ctx, "main", []flow.PriceChange{{ProductUID: "TE2403", Price: price}})...)
		}, "fjell_no prices main/TE2403 price: want 34900, got 1"},
		{"a price too few", func() error {
			return errors.Join(f.WritePrices(ctx, "main", []flow.PriceChange{{ProductUID: "TE2401"}})...)
		}, "fjell_no prices main/TE2401: want something, got nothing"},
		{"a supplier that has moved", func() error {
			return c.world.Omnium.Put(omniumtest.Suppliers, omnium.Supplier{ID: "L-300", Name: "Steinar", Phone: "1"})
		}, `fjell_se suppliers L300 phone: want "1", got nothing`},
		{"a supplier that has gone", func() error {
			c.world.Omnium.Remove(omniumtest.Suppliers, "L-200")
			return nil
		}, "fjell_no suppliers L200: want nothing, got something"},
		{"a price list too many", func() error {
			_, err := f.PutPriceList(ctx, flow.PriceList{PriceListUID: "stray", Name: "Stray"}, false, 0)
			return err
		}, "fjell_no price lists stray: want nothing, got something"},
		{"a customer that Flow has not got", func() error {
			return c.world.Omnium.Put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{CustomerID: "K-1", FirstName: "Liv"})
		}, "fjell_se customers K1: want something, got nothing"},
		{"a dead letter", func() error {
			c.letters = []string{"TE-2401"}
			return nil
		}, "fjell_no dead letters product/TE-2401: want nothing, got something"},
		{"no dead letter", func() error {
			c.world.Omnium.PatchProduct("NA-2101", func(p *omnium.Product) { p.Prices[1].UnitPrice = "gratis" })
			return nil
		}, "fjell_se dead letters price/NA-2101: want something, got nothing"},
	}
	for _, test := range tests {
		if err := test.spoil(); err != nil {
			t.Fatalf("spoil %s: %v", test.name, err)
		}
	}
	var found strings.Builder
	for _, d := range c.compare().Differences {
		found.WriteString(d.String() + "\n")
	}
	for _, test := range tests {
		if !strings.Contains(found.String(), test.want+"\n") {
			t.Errorf("Compare() with %s does not find %q but\n%s", test.name, test.want, &found)
		}
	}
}

func TestDisagreementErrorIsBounded(t *testing.T) {
	t.Parallel()
	var report demo.Report
	for range 23 {
		report.Differences = append(report.Differences, demo.Difference{Tenant: "no", Kind: demo.Brands, Want: "a", Got: "b"})
	}
	text := (&demo.DisagreementError{Report: report}).Error()
	if lines := strings.Count(text, "\n"); lines != 21 || !strings.HasSuffix(text, "and 3 more") {
		t.Errorf("DisagreementError.Error() of 23 differences has %d lines, want 21 and the rest counted:\n%s", lines, text)
	}
}
