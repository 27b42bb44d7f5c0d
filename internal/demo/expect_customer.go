package demo

import "github.com/omniflow/omniflow/internal/mapping"

// expectCustomers expects the customers of the tenant's markets. One that has left them stays; one that
// nobody can be known by any more is not created, and is erased where it is.
func (v *view) expectCustomers() {
	options := v.tenant.options(v.now)
	scope := mapping.CustomerOptions{Markets: options.Markets, Groups: options.Groups}
	for i := range v.Persons {
		mapped, err := mapping.PrivateCustomer(&v.Persons[i], scope)
		v.expectCustomer(v.Persons[i].CustomerID, mapped, err)
	}
	for i := range v.Companies {
		mapped, err := mapping.BusinessCustomer(&v.Companies[i], scope)
		v.expectCustomer(v.Companies[i].CustomerID, mapped, err)
	}
}

func (v *view) expectCustomer(id string, m *mapping.MappedCustomer, err error) {
	source := sourceOf("customer", id)
	if err != nil {
		v.stick(source)
		return
	}
	for uid, c := range v.tenant.served() {
		if c.ExternalID == id {
			m.Customer.CustomerUID = uid
		}
	}
	uid := m.Customer.CustomerUID
	_, known := v.before[Customers][uid]
	if m.Anonymous && !known || !m.Anonymous && !m.InMarkets {
		return
	}
	v.hold(Customers, uid, source, m.Customer)
	for _, c := range m.Contacts {
		v.hold(Contacts, uid+"/"+c.CustomerContactUID, source, c)
	}
}
