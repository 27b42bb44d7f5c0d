package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// compare finds out in what a tenant differs from what is expected of it. dead is how many dead
// letters it has.
func (e expectation) compare(tenant string, got flowtest.State, dead int) (TenantReport, error) {
	f := findings{tenant: tenant, compared: map[Kind]int{}}
	f.names(Brands, e.brands, brandNames(got))
	f.names(Groups, e.groups, groupNames(got))
	f.names(Properties, e.properties, propertyNames(got))
	for uid, want := range e.units {
		if err := f.unit(e, uid, want, got); err != nil {
			return TenantReport{}, err
		}
	}
	for uid := range got.Products {
		if _, wanted := e.units[uid]; !wanted {
			f.compared[Products]++
			f.add(Difference{Kind: Products, UID: uid, Want: nothing, Got: something})
		}
	}
	if dead != e.unmappable {
		f.add(Difference{
			Kind: Queue, UID: "dead letters", Want: fmt.Sprint(e.unmappable), Got: fmt.Sprint(dead),
		})
	}
	return f.report(), nil
}

// unit compares one product and what hangs on it.
func (f *findings) unit(e expectation, uid string, want unit, got flowtest.State) error {
	kind := Products
	if want.retired {
		kind = Retired
	}
	f.compared[kind]++
	product, found := got.Products[uid]
	if !found {
		f.add(Difference{Kind: kind, UID: uid, Want: something, Got: nothing})
		return nil
	}
	if want.anyDate && !product.DiscontinuedFrom.IsZero() {
		want.product.DiscontinuedFrom = product.DiscontinuedFrom
	}
	if err := f.fields(kind, uid, want, product); err != nil {
		return err
	}
	f.texts(uid, want.texts, got.Texts[uid])
	f.media(uid, want.media, e.media[uid], got.Media[uid])
	f.links(e, uid, got.Siblings)
	return nil
}

// fields compares the bodies as they are on the wire, so that every field counts and none has to be
// named here.
func (f *findings) fields(kind Kind, uid string, want unit, got flow.Product) error {
	wanted, errWant := wire(want.product)
	found, errGot := wire(got)
	if err := errors.Join(errWant, errGot); err != nil {
		return fmt.Errorf("compare product %s: %w", uid, err)
	}
	if want.anyDate && wanted["discontinuedFrom"] == "" {
		wanted["discontinuedFrom"] = "any date"
	}
	for name := range union(wanted, found) {
		if wanted[name] != found[name] {
			f.add(Difference{
				Kind: kind, UID: uid, Field: name, Want: orNothing(wanted[name]), Got: orNothing(found[name]),
			})
		}
	}
	return nil
}

// wire is a body as JSON, by field.
func wire(p flow.Product) (map[string]string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	values := make(map[string]string, len(fields))
	for name, value := range fields {
		values[name] = string(value)
	}
	return values, nil
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

func orNothing(s string) string {
	if s == "" {
		return nothing
	}
	return s
}

func (f *findings) texts(uid string, want, got map[string]string) {
	for property := range union(want, got) {
		f.compared[Texts]++
		if want[property] != got[property] {
			f.add(Difference{
				Kind: Texts, UID: uid, Field: property,
				Want: fmt.Sprintf("%q", want[property]), Got: fmt.Sprintf("%q", got[property]),
			})
		}
	}
}

// media compares images: those of now must be there, those of before may be. Positions are not
// compared: Flow has no way to change them.
func (f *findings) media(uid string, want []flow.Media, ever []string, got []flow.Media) {
	found := map[string]flow.Media{}
	for _, m := range got {
		f.compared[Images]++
		found[m.ProductMediaUID] = m
		if !slices.Contains(ever, m.ProductMediaUID) {
			f.add(Difference{Kind: Images, UID: uid, Field: m.ProductMediaUID, Want: nothing, Got: m.MainURL})
		}
	}
	for _, m := range want {
		have, ok := found[m.ProductMediaUID]
		if !ok {
			f.compared[Images]++
		}
		if have.MainURL != m.MainURL {
			f.add(Difference{
				Kind: Images, UID: uid, Field: m.ProductMediaUID, Want: m.MainURL, Got: orNothing(have.MainURL),
			})
		}
		if ok && m.SetAsCoverImage && !have.SetAsCoverImage {
			f.add(Difference{
				Kind: Images, UID: uid, Field: m.ProductMediaUID, Want: "the cover", Got: "another cover",
			})
		}
	}
}

// links compares siblings: whoever was ever one must be reachable, because how many links that takes
// is the service's to choose, and nobody else may be.
func (f *findings) links(e expectation, uid string, got map[string][]string) {
	want, reached := reachable(uid, e.links), reachable(uid, got)
	for _, sibling := range want {
		f.compared[Links]++
		if !slices.Contains(reached, sibling) {
			f.add(Difference{Kind: Links, UID: uid, Field: "sibling", Want: sibling, Got: nothing})
		}
	}
	for _, sibling := range reached {
		if !slices.Contains(want, sibling) {
			f.compared[Links]++
			f.add(Difference{Kind: Links, UID: uid, Field: "sibling", Want: nothing, Got: sibling})
		}
	}
}

// reachable follows links from a product to all others, itself excluded.
func reachable(from string, links map[string][]string) []string {
	var found []string
	next := []string{from}
	for len(next) > 0 {
		uid := next[0]
		next = next[1:]
		for _, other := range links[uid] {
			if other != from && !slices.Contains(found, other) {
				found = append(found, other)
				next = append(next, other)
			}
		}
	}
	slices.Sort(found)
	return found
}

func brandNames(s flowtest.State) map[string]string {
	names := map[string]string{}
	for uid, b := range s.Brands {
		names[uid] = b.Name
	}
	return names
}

func groupNames(s flowtest.State) map[string]string {
	names := map[string]string{}
	for uid, g := range s.Groups {
		names[uid] = g.Name
	}
	return names
}

func propertyNames(s flowtest.State) map[string]string {
	names := map[string]string{}
	for uid, p := range s.Properties {
		names[uid] = p.PropertyName
	}
	return names
}
