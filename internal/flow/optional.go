package flow

import (
	"bytes"
	"encoding/json"
)

// Optional is a set of the fields of a Product that may be absent. A PUT leaves what it does not
// name as it is (assumed, reference flow-api.md §1.8), so a field that was sent once has to be
// cleared with null when it is gone. The values are kept by callers: append only.
type Optional uint32

// The optional fields.
const (
	BrandUID Optional = 1 << iota
	ProductGroupUID
	VATCodeUID
	PurchasePrice
	CurrencyPrice
	RetailPrice
	Weight
	Height
	Width
	Length
	CategoryUIDs
)

// optionalNames are the names on the wire, in the order of the bits.
func optionalNames() []string {
	return []string{
		"brandUid", "productGroupUid", "vatCodeUid", "purchasePrice", "currencyPurchasePrice",
		"recommendedRetailPrice", "weight", "height", "width", "length",
		"categoryUids",
	}
}

// Present returns the optional fields that p names.
func (p Product) Present() Optional {
	var present Optional
	for i, given := range []bool{
		p.BrandUID != "", p.ProductGroupUID != "", p.VATCodeUID != "", p.PurchasePrice != nil,
		p.CurrencyPurchasePrice != nil, p.RecommendedRetailPrice != nil, p.Weight != nil,
		p.Height != nil, p.Width != nil, p.Length != nil, len(p.CategoryUIDs) > 0,
	} {
		if given {
			present |= 1 << i
		}
	}
	return present
}

// MarshalJSON writes the fields that are given, and null for those in Clear that are not.
func (p Product) MarshalJSON() ([]byte, error) {
	type plain Product
	raw, err := encode(plain(p))
	clear := p.Clear &^ p.Present()
	if err != nil || clear == 0 {
		return raw, err
	}
	nulls := make(map[string]any)
	for i, name := range optionalNames() {
		if clear&(1<<i) != 0 {
			nulls[name] = nil
		}
	}
	more, err := json.Marshal(nulls)
	if err != nil {
		return nil, err
	}
	// Both are objects with members: the second continues the first.
	raw[len(raw)-1] = ','
	return append(raw, more[1:]...), nil
}

// encode marshals without escaping for HTML: whoever encodes around it decides that.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
