package demo

import (
	"maps"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// oracle says what one Flow tenant shall hold. What is in Flow hangs on the past too: a product that
// is gone stays there, off sale, and images, links and brands are never taken away. Therefore the
// oracle is shown the shop each time the service has come to rest, and remembers what it expected.
type oracle struct {
	tenant tenant
	past   expectation
}

// expectation is what a tenant shall hold.
type expectation struct {
	// units are the Flow products by uid.
	units map[string]unit
	// brands, groups, and properties are by uid the names under which they were ever referred to.
	brands, groups, properties map[string][]string
	// media are the uids of all images that a product ever had, links the products that ever were
	// its siblings; both by product uid.
	media, links map[string][]string
	// waiting counts the products that come due by themselves, because a window opens or closes.
	waiting int
	// unmappable counts the products that no mapping can help.
	unmappable int
}

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

func newOracle(t tenant) *oracle {
	group := furniture()
	return &oracle{tenant: t, past: expectation{
		units:      map[string]unit{},
		brands:     map[string][]string{},
		groups:     map[string][]string{group.ProductGroupUID: {group.Name}},
		properties: map[string][]string{},
		media:      map[string][]string{},
		links:      map[string][]string{},
	}}
}

// expect maps the shop as it is now.
func (o *oracle) expect(documents []omnium.Product, now time.Time) expectation {
	e := o.past.continued()
	options := o.tenant.options(now)
	seen := map[string]bool{}
	for id, versions := range byProduct(documents) {
		mapped, err := mapping.Product(o.tenant.document(versions), options)
		if err != nil {
			// Flow keeps what it has: the job is dead until the product changes.
			e.unmappable++
			o.keep(id, seen)
			continue
		}
		if !mapped.Next.IsZero() {
			e.waiting++
		}
		o.place(&e, id, mapped, seen)
	}
	for uid, u := range e.units {
		if !seen[uid] {
			e.units[uid] = u.abandoned()
		}
	}
	return e
}

// continued is a copy to be changed.
func (e expectation) continued() expectation {
	return expectation{
		units: maps.Clone(e.units), brands: maps.Clone(e.brands), groups: maps.Clone(e.groups),
		properties: maps.Clone(e.properties), media: maps.Clone(e.media), links: maps.Clone(e.links),
	}
}

// keep marks the units of a product as seen, so that they are not taken for gone.
func (o *oracle) keep(id string, seen map[string]bool) {
	for uid, u := range o.past.units {
		if u.source == id {
			seen[uid] = true
		}
	}
}

// place puts the units of a product where they belong: those for sale are in Flow, the others only
// when they were there before.
func (o *oracle) place(e *expectation, id string, m *mapping.MappedProduct, seen map[string]bool) {
	var siblings []string
	for _, u := range m.Units {
		uid := u.Product.ProductUID
		seen[uid] = true
		if !u.Deleted {
			e.sell(id, u)
			siblings = append(siblings, uid)
		} else if before, known := o.past.units[uid]; known {
			e.units[uid] = before.withdrawn(u.Product)
		}
	}
	for _, u := range m.Dropped {
		uid := u.Product.ProductUID
		seen[uid] = true
		if before, known := o.past.units[uid]; known {
			e.units[uid] = before.withdrawn(u.Product)
		}
	}
	e.relate(siblings)
}

// sell expects a unit that is for sale, and all that it refers to.
func (e *expectation) sell(id string, u mapping.Unit) {
	uid := u.Product.ProductUID
	texts := map[string]string{}
	for _, p := range u.Properties {
		texts[p.PropertyUID] = p.Text
		note(e.properties, p.PropertyUID, p.PropertyName)
	}
	for property := range e.units[uid].texts {
		if _, wanted := texts[property]; !wanted {
			texts[property] = "" // a text cannot be taken away, only emptied
		}
	}
	for _, m := range u.Media {
		note(e.media, uid, m.ProductMediaUID)
	}
	if u.Brand != nil {
		note(e.brands, u.Brand.BrandUID, u.Brand.Name)
	}
	if u.Group != nil {
		note(e.groups, u.Group.ProductGroupUID, u.Group.Name)
	}
	e.units[uid] = unit{source: id, product: u.Product, texts: texts, media: u.Media}
}

// relate makes products siblings; nothing makes them strangers again.
func (e *expectation) relate(siblings []string) {
	for _, uid := range siblings {
		for _, other := range siblings {
			if other != uid {
				note(e.links, uid, other)
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
