package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// compare finds out in what a tenant differs from what is expected of it. letters are the dead letters
// that it has, named as holdings name their source.
func (e expectation) compare(tenant string, got flowtest.State, letters []string) (TenantReport, error) {
	f := findings{tenant: tenant, compared: map[Kind]int{}}
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
	for _, a := range aspects() {
		if err := f.bodies(a.kind, e.held[a.kind], a.got(got)); err != nil {
			return TenantReport{}, err
		}
	}
	f.letters(e.stuck, letters)
	return f.report(), nil
}

// bodies compares everything of one kind.
func (f *findings) bodies(k Kind, want map[string]holding, got map[string]any) error {
	for uid, h := range want {
		found, ok := got[uid]
		switch {
		case ok:
			f.compared[k]++
			if err := f.body(k, uid, h.bodies, found); err != nil {
				return err
			}
		case !h.optional:
			f.compared[k]++
			f.add(Difference{Kind: k, UID: uid, Want: something, Got: nothing})
		}
	}
	for uid := range got {
		if _, wanted := want[uid]; !wanted {
			f.compared[k]++
			f.add(Difference{Kind: k, UID: uid, Want: nothing, Got: something})
		}
	}
	return nil
}

// body compares with several bodies of which any will do. When none does, it is the first that counts.
func (f *findings) body(k Kind, uid string, want []any, got any) error {
	var differences []Difference
	for i, body := range want {
		list, err := unequal(body, got)
		if err != nil {
			return fmt.Errorf("compare %s %s: %w", k, uid, err)
		}
		if len(list) == 0 {
			return nil
		}
		if i == 0 {
			differences = list
		}
	}
	for _, d := range differences {
		d.Kind, d.UID = k, uid
		f.add(d)
	}
	return nil
}

// letters compares dead letters.
func (f *findings) letters(want map[string]bool, got []string) {
	for source := range want {
		f.compared[Letters]++
		if !slices.Contains(got, source) {
			f.add(Difference{Kind: Letters, UID: source, Want: something, Got: nothing})
		}
	}
	for _, source := range got {
		if !want[source] {
			f.compared[Letters]++
			f.add(Difference{Kind: Letters, UID: source, Want: nothing, Got: something})
		}
	}
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
	if want.anyDate && !product.DiscontinuedFrom.At.IsZero() {
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

// fields compares the bodies of a product.
func (f *findings) fields(kind Kind, uid string, want unit, got flow.Product) error {
	list, err := unequal(want.product, got)
	if err != nil {
		return fmt.Errorf("compare product %s: %w", uid, err)
	}
	for _, d := range list {
		d.Kind, d.UID = kind, uid
		f.add(d)
	}
	if want.anyDate && got.DiscontinuedFrom.At.IsZero() {
		f.add(Difference{Kind: kind, UID: uid, Field: "discontinuedFrom", Want: "any date", Got: nothing})
	}
	return nil
}

// unequal compares bodies as they are on the wire, so that every field counts and none has to be named
// here.
func unequal(want, got any) ([]Difference, error) {
	wanted, errWant := wire(want)
	found, errGot := wire(got)
	if err := errors.Join(errWant, errGot); err != nil {
		return nil, err
	}
	var list []Difference
	for name := range union(wanted, found) {
		if wanted[name] != found[name] {
			list = append(list, Difference{Field: name, Want: orNothing(wanted[name]), Got: orNothing(found[name])})
		}
	}
	return list, nil
}

// wire is a body as JSON, by field.
func wire(body any) (map[string]string, error) {
	raw, err := json.Marshal(body)
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
