package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// identify sets the source id and the uid.
func (unit *Unit) identify(u *omnium.Product) error {
	unit.SourceID = sourceID(u)
	if unit.SourceID == "" {
		return &Error{ReasonNothingToSell, fmt.Sprintf("document %q has no sku and no product id", u.ID)}
	}
	var err error
	unit.Product.ProductUID, err = UID(unit.SourceID)
	return err
}

// classify sets brand, product group and categories.
func (unit *Unit) classify(u *omnium.Product, o *ProductOptions) error {
	if name := strings.TrimSpace(u.Brand); name != "" {
		uid, err := BrandUID(name)
		if err != nil {
			return err
		}
		unit.Brand = &flow.Brand{BrandUID: uid, Name: name}
		unit.Product.BrandUID = uid
	}
	return cmp.Or(unit.group(u, o), unit.categorize(u, o))
}

// group sets the product group, which is the main category when that is one.
func (unit *Unit) group(u *omnium.Product, o *ProductOptions) error {
	id := strings.TrimSpace(u.MainCategoryID)
	if id == "" || o.Categories != nil && !o.Categories[id].Group {
		unit.Product.ProductGroupUID = o.DefaultProductGroupUID
		return nil
	}
	uid, err := UID(id)
	if err != nil {
		return within("mainCategoryId", err)
	}
	unit.Group = &flow.ProductGroup{ProductGroupUID: uid, Name: filled(u.MainCategoryName, id), ExternalID: id}
	unit.Product.ProductGroupUID = uid
	return nil
}

// categorize sets the categories that Flow has, in an order that does not depend on the document's.
func (unit *Unit) categorize(u *omnium.Product, o *ProductOptions) error {
	var uids []string
	for _, id := range CategoryIDs(u) {
		if !o.Categories[id].Category {
			continue
		}
		uid, err := UID(id)
		if err != nil {
			return within("categories", err)
		}
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	unit.Product.CategoryUIDs = slices.Compact(uids)
	return nil
}

// CategoryIDs are the categories of a product or variant, the main one included, each once.
func CategoryIDs(p *omnium.Product) []string {
	ids := []string{strings.TrimSpace(p.MainCategoryID)}
	for _, c := range p.Categories {
		ids = append(ids, strings.TrimSpace(c.CategoryID))
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// value sets VAT code, cost and retail price. A cost of zero is none (reference omnium-api.md §3.3).
func (unit *Unit) value(u *omnium.Product, price *candidate, o *ProductOptions) error {
	var err error
	if unit.Product.VATCodeUID, err = vatCode(price, o); err != nil {
		return err
	}
	cost, err := nonZero(Cents("cost", u.Cost))
	if err != nil {
		return err
	}
	unit.Product.PurchasePrice = cost
	if cost != nil && u.CostCurrency != "" && !o.OmitCurrencyPurchasePrice {
		unit.Product.CurrencyPurchasePrice = &flow.CurrencyPurchasePrice{Currency: u.CostCurrency, Price: *cost}
	}
	if price != nil && !o.OmitRetailPrice {
		unit.Product.RecommendedRetailPrice, err = integer("prices.unitPrice in cents", price.cents)
	}
	return err
}

// vatCode goes by the tax rate of the price, else by that of the first market (design: property
// VatCodeUid.<rate>).
func vatCode(price *candidate, o *ProductOptions) (string, error) {
	var rate string
	switch {
	case price != nil && price.rate != nil:
		rate = plain(price.rate)
	case price == nil && len(o.Markets) > 0:
		d, err := parse("tax rate", o.Markets[0].DefaultTaxRate)
		if err != nil {
			return "", err
		}
		if d != nil {
			rate = plain(d)
		}
	}
	if uid := o.VATCodeUIDs[rate]; uid != "" {
		return uid, nil
	}
	return o.DefaultVATCodeUID, nil
}

// measure sets weight and sizes. A product weighs kilograms, its parcels weigh grams; zero is none.
// With several parcels the first counts.
func (unit *Unit) measure(u *omnium.Product) error {
	var colli omnium.Colli
	if len(u.Colli) > 0 {
		colli = u.Colli[0]
	}
	var errs [5]error
	to := &unit.Product
	to.Weight, errs[0] = nonZero(KilogramsToGrams("weight", u.Weight))
	if to.Weight == nil {
		to.Weight, errs[1] = nonZero(Grams("colli.weight", colli.Weight))
	}
	to.Height, errs[2] = nonZero(CentimetresToMillimetres("colli.height", colli.Height))
	to.Width, errs[3] = nonZero(CentimetresToMillimetres("colli.width", colli.Width))
	to.Length, errs[4] = nonZero(CentimetresToMillimetres("colli.length", colli.Length))
	return cmp.Or(errs[:]...)
}

// describe sets images and properties.
func (unit *Unit) describe(u *omnium.Product) error {
	unit.Media = images(u.Assets)
	var err error
	unit.Properties, err = textProperties(u.Properties)
	return err
}
