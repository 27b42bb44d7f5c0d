package reconcile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/reconcile"
)

// TestFirstPush checks the documented order: what the product refers to, the product, siblings,
// images, properties (reference mapping.md §5.1).
func TestFirstPush(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		product omnium.Product
		want    string
		writes  int
	}{
		"single": {
			product: lamp(),
			want: "brand.list brand.create productGroup.get productGroup.create product.create " +
				"media.add media.add " +
				"property.list property.create productProperty.set property.list property.create productProperty.set",
			writes: 9,
		},
		"variants": {
			product: boot(),
			want: "brand.list brand.create product.create product.create product.link " +
				"media.add media.add property.list property.create productProperty.set productProperty.set",
			writes: 9,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(test.product)
			o := w.run(test.product.ProductID)
			w.want("first run", o, "done pushed")
			if got := w.ops(0); got != test.want {
				t.Errorf("requests of the first run:\ngot  %s\nwant %s", got, test.want)
			}
			if o.Writes != test.writes {
				t.Errorf("Writes = %d, want %d", o.Writes, test.writes)
			}
			w.agrees()
		})
	}
}

func TestUnchangedCostsNoFlowRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(lamp(), boot())
	w.pushed("lamp-1", "boot")
	before := w.calls()
	for _, id := range []string{"lamp-1", "boot"} {
		o := w.run(id)
		w.want("second run of "+id, o, "done unchanged")
		if o.Reads != 1 || o.Writes != 0 {
			t.Errorf("second run of %s: Reads %d, Writes %d; want 1, 0", id, o.Reads, o.Writes)
		}
	}
	other := w.start()
	w.want("run in another process", other.handle(t, w.changed("boot"))[0], "done unchanged")
	if got := w.ops(before); got != "" {
		t.Errorf("requests of runs without a change = %q, want none", got)
	}
}

func TestOnlyTheDifferenceIsSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*omnium.Product)
		want   string
	}{
		"name": {func(p *omnium.Product) { p.Name = "Big lamp" }, "product.update"},
		"new image": {
			func(p *omnium.Product) { p.Assets = append(p.Assets, image("side")) }, "media.add",
		},
		"changed image": {
			func(p *omnium.Product) { p.Assets[1].Modified = omnium.Time{Time: time.Now()} }, "media.add",
		},
		"removed image": {func(p *omnium.Product) { p.Assets = p.Assets[:1] }, ""},
		"moved image": {
			func(p *omnium.Product) { p.Assets[0], p.Assets[1] = p.Assets[1], p.Assets[0] }, "",
		},
		"changed text": {
			func(p *omnium.Product) { p.Properties[0].Value = "Blue" }, "productProperty.set",
		},
		"removed text": {
			func(p *omnium.Product) { p.Properties = p.Properties[1:] }, "productProperty.set",
		},
		"new text": {
			func(p *omnium.Product) {
				p.Properties = append(p.Properties, omnium.Property{Key: "Watt", Value: "8"})
			}, "property.list property.create productProperty.set",
		},
		"brand": {
			func(p *omnium.Product) { p.Brand = "Sol" }, "brand.list brand.create product.update",
		},
		"fields that are gone": {
			func(p *omnium.Product) { p.Brand, p.MainCategoryID, p.Cost, p.Prices = "", "", "", nil }, "product.update",
		},
		"brand in another case": {func(p *omnium.Product) { p.Brand = "NORD  LYS" }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(lamp())
			w.pushed("lamp-1")
			w.patch("lamp-1", test.change)
			before := w.calls()
			w.pushed("lamp-1")
			if got := w.ops(before); got != test.want {
				t.Errorf("requests after the change = %q, want %q", got, test.want)
			}
			w.agrees()
			before = w.calls()
			w.pushed("lamp-1")
			if got := w.ops(before); got != "" {
				t.Errorf("requests of the run after that = %q, want none", got)
			}
		})
	}
}

func TestBrandInTwoCasesIsOneBrand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := plain("a"), plain("b")
	first.Brand, second.Brand = "Nord Lys", "NORD lys"
	w.put(first, second)
	w.pushed("a", "b")
	brands := w.snapshot().Brands
	if len(brands) != 1 || brands["nord_lys"].Name != "Nord Lys" {
		t.Errorf("brands = %v, want Nord Lys alone", brands)
	}
	w.agrees()
}

// TestDependencyCollisions covers what products refer to: two names on one uid are never one thing.
func TestDependencyCollisions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first, second func(*omnium.Product)
		names         []string
	}{
		"brand": {
			func(p *omnium.Product) { p.Brand = "Nord-Lys" },
			func(p *omnium.Product) { p.Brand = "NordLys" },
			[]string{`"nord-lys"`, `"nordlys"`},
		},
		"product group": {
			func(p *omnium.Product) { p.MainCategoryID = "lamps.in" },
			func(p *omnium.Product) { p.MainCategoryID = "lampsin" },
			[]string{`"lamps.in"`, `"lampsin"`},
		},
		"property": {
			func(p *omnium.Product) { p.Properties = []omnium.Property{{Key: "Størrelse", Value: "1"}} },
			func(p *omnium.Product) { p.Properties = []omnium.Property{{Key: "Strrelse", Value: "2"}} },
			[]string{`"Størrelse"`, `"Strrelse"`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, second := plain("a"), plain("b")
			test.first(&first)
			test.second(&second)
			w.put(first, second)
			w.pushed("a")
			o := w.run("b")
			w.want("run of the second", o, "permanent uid_collision")
			wantNames(t, o, test.names...)
			w.want("the same in another process", w.start().handle(t, w.changed("b"))[0], "permanent uid_collision")
			w.patch("a", func(p *omnium.Product) { p.Name = "still updated" })
			w.pushed("a")
			w.onSale("a", "still updated")
		})
	}
}

func TestAgainAtTheNextWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opens := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	p := lamp()
	p.Prices = append(p.Prices, omnium.Price{
		UnitPrice: "99", CurrencyCode: "NOK", MarketID: "NOR", ValidFrom: omnium.Time{Time: opens},
	})
	w.put(p)
	for _, call := range []string{"first run", "second run"} {
		if o := w.run("lamp-1"); o.Verdict != job.Done || !o.Again.Equal(opens) {
			t.Errorf("%s = %s, Again %v; want done, %v", call, show(o), o.Again, opens)
		}
	}
}

// TestProductThatFlowHas covers a ledger that was lost: what was pushed is found again.
func TestProductThatFlowHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(lamp(), boot())
	w.pushed("lamp-1", "boot")
	w.redis.FlushAll()
	p := w.start()
	w.drain(p, "lamp-1", "boot")
	w.agrees()
	before := w.calls()
	w.drain(p, "lamp-1", "boot")
	if got := w.ops(before); got != "" {
		t.Errorf("requests once the ledger knows again = %q, want none", got)
	}
}

// TestFlowLostTheProduct covers a product that somebody has deleted in Flow: the refusal makes the
// next attempt send everything again.
func TestFlowLostTheProduct(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*omnium.Product){
		"names": func(p *omnium.Product) {
			p.Variants[0].Name, p.Variants[1].Name = "Boot 41, new", "Boot 42, new"
		},
		"image":        func(p *omnium.Product) { p.Assets = append(p.Assets, image("side")) },
		"text":         func(p *omnium.Product) { p.Properties[0].Value = "Wool" },
		"removed text": func(p *omnium.Product) { p.Properties = nil },
		"sibling": func(p *omnium.Product) {
			p.Variants = append(p.Variants, variant("boot-43", "Boot 43"))
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(boot())
			w.pushed("boot")
			w.emptyFlow()
			w.patch("boot", change)
			w.drain(w.process, "boot")
			w.drain(w.process, "boot")
			w.agrees()
		})
	}
}

func TestMapProductHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *reconcile.Options) {
		o.MapProduct = func(p *omnium.Product, opts mapping.ProductOptions) (*mapping.MappedProduct, error) {
			m, err := mapping.Product(p, opts)
			if err == nil {
				m.Units[0].Product.Name = "hooked"
			}
			return m, err
		}
	})
	w.put(lamp())
	w.pushed("lamp-1")
	w.onSale("lamp1", "hooked")
}

// TestOptionsOfTheMapping checks that connector properties and market facts reach the mapping.
func TestOptionsOfTheMapping(t *testing.T) {
	t.Parallel()
	var got mapping.ProductOptions
	w := newWorld(t, func(o *reconcile.Options) {
		o.Tenant.Groups = []string{"Alpine"}
		o.Tenant.Properties["VatCodeUid.15"] = "vat15"
		o.Tenant.Properties["NonPurchasableAssortmentCodes"] = "gone"
		o.Tenant.Properties["DefaultProductGroupUid"] = "other"
		o.Tenant.Properties["CurrencyPurchasePrice"] = "false"
		o.Markets = func() []string { return []string{"nor", "DEN"} }
		o.MapProduct = func(p *omnium.Product, opts mapping.ProductOptions) (*mapping.MappedProduct, error) {
			got = opts
			return mapping.Product(p, opts)
		}
	})
	w.put(plain("a"))
	w.run("a")
	if since := time.Since(got.Now); since < 0 || since > time.Minute {
		t.Errorf("Now = %v, want the present", got.Now)
	}
	got.Now = time.Time{}
	want := mapping.ProductOptions{
		Markets: []omnium.Market{
			{MarketID: "NOR", MarketGroupID: "nordic", Currency: "NOK", DefaultTaxRate: "25", ProductContentLanguage: "no"},
			{MarketID: "DEN"},
		},
		Groups: []string{"Alpine", "nordic"}, DefaultVATCodeUID: "vat25",
		VATCodeUIDs: map[string]string{"15": "vat15"}, NonPurchasable: []string{"gone"},
		DefaultProductGroupUID: "other", OmitCurrencyPurchasePrice: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options of the mapping (-want +got):\n%s", diff)
	}
}

func TestNewProductRefusesMissingOptions(t *testing.T) {
	t.Parallel()
	if _, err := reconcile.NewProduct(reconcile.Options{}, new(flow.Client)); err == nil {
		t.Error("NewProduct without options = nil, want an error")
	}
	newWorld(t, func(o *reconcile.Options) {
		if _, err := reconcile.NewProduct(*o, nil); err == nil {
			t.Error("NewProduct without a target = nil, want an error")
		}
	})
}
