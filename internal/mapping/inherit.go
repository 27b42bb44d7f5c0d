package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
)

// unitsOf returns the sellable units of a document, each complete in itself: the variants with what
// they inherit, else the product. A parent with variants is not one (reference mapping.md §5.2).
func unitsOf(p *omnium.Product) []omnium.Product {
	if len(p.Variants) == 0 {
		return []omnium.Product{*p}
	}
	units := make([]omnium.Product, 0, len(p.Variants))
	for i := range p.Variants {
		units = append(units, inherit(p.Variants[i], p))
	}
	return units
}

// SourceIDs are the ids that a product's uids are made of, in the order of the document: its skus, or what
// stands in for one that is missing.
func SourceIDs(p *omnium.Product) []string {
	var ids []string
	for _, u := range unitsOf(p) {
		if id := sourceID(&u); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// inherit fills the empty fields of a variant from its parent, field by field (reference
// omnium-api.md §3.3). Fields that mean something only together go together. Both levels must be
// active and neither deleted (reference omnium-api.md §3.4).
func inherit(v omnium.Product, p *omnium.Product) omnium.Product {
	v.ProductID = filled(v.ProductID, p.ProductID)
	v.Name = filled(v.Name, p.Name)
	v.Description = filled(v.Description, p.Description)
	v.ShortDescription = filled(v.ShortDescription, p.ShortDescription)
	v.Brand = filled(v.Brand, p.Brand)
	v.Unit = filled(v.Unit, p.Unit)

	v.IsActive = v.IsActive && p.IsActive
	if p.Deleted() {
		v.Status = omnium.StatusDeleted
	}
	if v.Modified.IsZero() {
		v.Modified = p.Modified
	}
	if len(v.MarketIDs) == 0 && len(v.MarketGroupIDs) == 0 {
		v.MarketIDs, v.MarketGroupIDs = p.MarketIDs, p.MarketGroupIDs
	}
	if strings.TrimSpace(v.MainCategoryID) == "" {
		v.MainCategoryID, v.MainCategoryName = p.MainCategoryID, p.MainCategoryName
	}
	v.Categories = list(v.Categories, p.Categories)
	if unset(v.Cost) {
		v.Cost, v.CostCurrency = p.Cost, p.CostCurrency
	}
	if unset(v.Weight) {
		v.Weight = p.Weight
	}
	v.Colli = list(v.Colli, p.Colli)
	v.AssortmentCodes = list(v.AssortmentCodes, p.AssortmentCodes)
	v.Assets = list(v.Assets, p.Assets)
	v.Prices = inheritPrices(&v, p)
	v.Properties = inheritProperties(v.Properties, p.Properties)
	return v
}

// inheritPrices joins both levels. A price that stands on the variant without a code is the variant's
// own.
func inheritPrices(v, p *omnium.Product) []omnium.Price {
	own := slices.Clone(v.Prices)
	for i := range own {
		own[i].Code = cmp.Or(own[i].Code, v.SkuID)
	}
	return append(own, p.Prices...)
}

// inheritProperties adds the parent's properties whose key has no value on the variant.
func inheritProperties(own, inherited []omnium.Property) []omnium.Property {
	all := slices.Clone(own)
	for _, property := range inherited {
		overridden := slices.ContainsFunc(own, func(o omnium.Property) bool {
			return sameKey(o, property) && strings.TrimSpace(o.Value) != ""
		})
		if !overridden {
			all = append(all, property)
		}
	}
	return all
}

func sameKey(a, b omnium.Property) bool {
	return strings.TrimSpace(a.Key) == strings.TrimSpace(b.Key)
}

// filled is own unless that is blank.
func filled(own, inherited string) string {
	if strings.TrimSpace(own) == "" {
		return inherited
	}
	return own
}

func list[T any](own, inherited []T) []T {
	if len(own) == 0 {
		return inherited
	}
	return own
}
