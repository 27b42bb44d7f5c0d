package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind is a kind of thing that a Flow tenant holds.
type Kind string

// The kinds, as the summary names them. Retired are products that are off sale for good.
const (
	Products      Kind = "products"
	Retired       Kind = "retired"
	Brands        Kind = "brands"
	Groups        Kind = "product groups"
	Categories    Kind = "categories"
	Images        Kind = "images"
	Texts         Kind = "texts"
	Links         Kind = "links"
	Properties    Kind = "properties"
	Prices        Kind = "prices"
	PriceLists    Kind = "price lists"
	Stock         Kind = "stock"
	Organizations Kind = "organizations"
	Stores        Kind = "stores"
	Warehouses    Kind = "warehouses"
	Suppliers     Kind = "suppliers"
	Customers     Kind = "customers"
	Contacts      Kind = "contacts"
	Orders        Kind = "purchase orders"
	Lines         Kind = "order lines"
	Reservations  Kind = "reservations"
	Letters       Kind = "dead letters"
)

// Kinds are all kinds in the order in which people want to read them.
func Kinds() []Kind {
	return []Kind{
		Products, Retired, Brands, Properties, Texts, Images, Links, Groups, Categories,
		PriceLists, Prices, Stock, Organizations, Stores, Warehouses, Suppliers, Orders, Lines, Reservations,
		Customers, Contacts, Letters,
	}
}

// Report is the comparison of the world's Flow tenants with what they shall hold.
type Report struct {
	Tenants     []TenantReport
	Differences []Difference
}

// TenantReport counts what was compared in one tenant.
type TenantReport struct {
	Tenant string
	// Compared counts objects, the missing and the unexpected ones included.
	Compared map[Kind]int
	// Differ counts the differences.
	Differ int

	differences []Difference
}

// Difference is one thing that is not as it shall be.
type Difference struct {
	Tenant string
	Kind   Kind
	UID    string
	// Field is the name that it has in Flow; empty when the object is missing or unexpected.
	Field     string
	Want, Got string
}

// String puts a difference into one line.
func (d Difference) String() string {
	where := fmt.Sprintf("%s %s %s", d.Tenant, d.Kind, d.UID)
	if d.Field != "" {
		where += " " + d.Field
	}
	return fmt.Sprintf("%s: want %s, got %s", where, d.Want, d.Got)
}

// DisagreementError says that Flow does not hold what it shall.
type DisagreementError struct{ Report Report }

// listed is how many differences the text of a DisagreementError shows.
const listed = 20

// Error lists the first differences, one a line.
func (e *DisagreementError) Error() string {
	differences := e.Report.Differences
	var b strings.Builder
	fmt.Fprintf(&b, "flow does not hold what it shall; differences: %d", len(differences))
	for _, d := range differences[:min(len(differences), listed)] {
		b.WriteString("\n  " + d.String())
	}
	if more := len(differences) - listed; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// What is said of objects that are missing or unexpected.
const (
	nothing   = "nothing"
	something = "something"
)

// findings collects the differences of one tenant.
type findings struct {
	tenant   string
	compared map[Kind]int
	list     []Difference
}

// report is what was found, in an order that does not change.
func (f *findings) report() TenantReport {
	slices.SortFunc(f.list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.UID, b.UID), cmp.Compare(a.Field, b.Field))
	})
	return TenantReport{Tenant: f.tenant, Compared: f.compared, Differ: len(f.list), differences: f.list}
}

func (f *findings) add(d Difference) {
	d.Tenant = f.tenant
	f.list = append(f.list, d)
}
