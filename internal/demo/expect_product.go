package demo

import (
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// unit is one Flow product.
type unit struct {
	// source is the product id in Omnium.
	source  string
	product flow.Product
	texts   map[string]string
	media   []flow.Media
	// retired means off sale for good; texts, images and links are left as they are.
	retired bool
	// anyDate means that when it was discontinued is the service's to say.
	anyDate bool
}

func (v *view) expectProducts() {
	options := v.tenant.options(v.now)
	options.CostPrices, options.Categories = v.Costs, v.uses()
	seen := map[string]bool{}
	for id, versions := range byProduct(v.Products) {
		mapped, err := mapping.Product(v.tenant.document(versions), options)
		if err != nil {
			v.stick(sourceOf("product", id))
			v.keep(id, seen)
			continue
		}
		if !mapped.Next.IsZero() {
			v.waiting++
		}
		v.place(id, mapped, seen)
	}
	for uid, u := range v.units {
		if !seen[uid] {
			v.units[uid] = u.abandoned()
		}
	}
}

// uses are what the tenant has of the categories that products name; nil when it has none.
func (v *view) uses() map[string]mapping.CategoryUse {
	if !v.tenant.categories {
		return nil
	}
	uses := map[string]mapping.CategoryUse{}
	for id, class := range v.classes {
		uses[id] = mapping.CategoryUse{Group: class == Groups, Category: class == Categories}
	}
	return uses
}

// keep marks the units of a product as seen, so that they are not taken for gone.
func (v *view) keep(id string, seen map[string]bool) {
	for uid, u := range v.past.units {
		if u.source == id {
			seen[uid] = true
		}
	}
}

// place puts the units of a product where they belong: those for sale are in Flow, the others only
// when they were there before.
func (v *view) place(id string, m *mapping.MappedProduct, seen map[string]bool) {
	var siblings []string
	for _, u := range m.Units {
		uid := u.Product.ProductUID
		seen[uid] = true
		if !u.Deleted {
			v.sell(id, u)
			siblings = append(siblings, uid)
		} else if before, known := v.past.units[uid]; known {
			v.units[uid] = before.withdrawn(u.Product)
		}
	}
	for _, u := range m.Dropped {
		uid := u.Product.ProductUID
		seen[uid] = true
		if before, known := v.past.units[uid]; known {
			v.units[uid] = before.withdrawn(u.Product)
		}
	}
	v.relate(siblings)
}

// sell expects a unit that is for sale, and all that it refers to.
func (v *view) sell(id string, u mapping.Unit) {
	uid := u.Product.ProductUID
	texts := map[string]string{}
	for _, p := range u.Properties {
		texts[p.PropertyUID] = p.Text
		v.offer(Properties, p.PropertyUID, p.Property)
	}
	for property := range v.units[uid].texts {
		if _, wanted := texts[property]; !wanted {
			texts[property] = "" // a text cannot be taken away, only emptied
		}
	}
	for _, m := range u.Media {
		note(v.media, uid, m.ProductMediaUID)
	}
	if u.Brand != nil {
		v.offer(Brands, u.Brand.BrandUID, *u.Brand)
	}
	if u.Group != nil && !v.tenant.categories {
		v.offer(Groups, u.Group.ProductGroupUID, *u.Group)
	}
	v.units[uid] = unit{source: id, product: u.Product, texts: texts, media: u.Media}
}

// relate makes products siblings; nothing makes them strangers again.
func (v *view) relate(siblings []string) {
	for _, uid := range siblings {
		for _, other := range siblings {
			if other != uid {
				note(v.links, uid, other)
			}
		}
	}
}

// note adds to a list that the past may share.
func note(lists map[string][]string, uid, value string) {
	if !slices.Contains(lists[uid], value) {
		lists[uid] = append(slices.Clip(lists[uid]), value)
	}
}

// withdrawn is a unit that is deleted or has left the tenant's markets: it is brought up to date once
// more and then left alone. Nothing is created for it, so that it goes on referring to what it
// referred to.
func (u unit) withdrawn(now flow.Product) unit {
	if u.retired {
		return u
	}
	now.BrandUID, now.ProductGroupUID = u.product.BrandUID, u.product.ProductGroupUID
	now.CategoryUIDs = u.product.CategoryUIDs
	u.product, u.retired, u.anyDate = now, true, false
	return u
}

// abandoned is a unit that Omnium knows nothing of any more.
func (u unit) abandoned() unit {
	u.product.AllowPurchase = false
	u.retired, u.anyDate = true, true
	return u
}

// byProduct groups documents; product ids differ in nothing but language.
func byProduct(documents []omnium.Product) map[string][]omnium.Product {
	groups := map[string][]omnium.Product{}
	for _, d := range documents {
		groups[d.ProductID] = append(groups[d.ProductID], d)
	}
	return groups
}
