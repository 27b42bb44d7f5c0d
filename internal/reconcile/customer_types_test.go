package reconcile_test

import (
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func TestOnlyConfiguredTypesAreExported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ private, business string }{
		privateExporter:  {"done pushed", "done skipped unknown_to_omnium"},
		businessExporter: {"done skipped unknown_to_omnium", "done pushed"},
	}
	for implementation, want := range tests {
		c := newCustomers(t, exporting(implementation))
		c.put(omniumtest.PrivateCustomers, kari())
		c.put(omniumtest.BusinessCustomers, turlag())
		c.expect("kari-1", want.private)
		c.expect("BC-7", want.business)
		reads := c.omnium.Calls(omniumtest.OpPrivateCustomer) > 0
		if reads != (implementation == privateExporter) {
			t.Errorf("with %s alone private customers were read: %v", implementation, reads)
		}
	}
}

// TestBothTypes is the rule for an id that is a private and a business customer: the one that was
// pushed first is kept and goes on being updated, and the job is buried with the names of both.
func TestBothTypes(t *testing.T) {
	t.Parallel()
	person := func(name string) omnium.PrivateCustomer {
		p := kari()
		p.CustomerID, p.FirstName = "post@turlaget.example", name
		return p
	}
	company := func(name string) omnium.BusinessCustomer {
		b := turlag()
		b.CustomerID, b.Name = "post@turlaget.example", name
		return b
	}
	const id, uid = "post@turlaget.example", "postturlagetexample"
	t.Run("private first", func(t *testing.T) {
		t.Parallel()
		c := newCustomers(t)
		c.put(omniumtest.PrivateCustomers, person("Kari"))
		c.expect(id, "done pushed")
		c.put(omniumtest.BusinessCustomers, company("Turlaget"))
		c.put(omniumtest.PrivateCustomers, person("Kaja"))
		o := c.sync(c.process, id)
		c.want("both", o, "permanent uid_collision")
		wantNames(t, o, "private customer "+id, "business customer "+id, "the private one is kept")
		if got := c.customer(uid); got.FirstName != "Kaja" || got.CompanyName != "" {
			t.Errorf("customer in Flow = %+v, want the updated private one", got)
		}
	})
	t.Run("business first", func(t *testing.T) {
		t.Parallel()
		c := newCustomers(t)
		c.put(omniumtest.BusinessCustomers, company("Turlaget"))
		c.expect(id, "done pushed")
		c.put(omniumtest.PrivateCustomers, person("Kari"))
		c.put(omniumtest.BusinessCustomers, company("Turlaget 2"))
		c.expect(id, "permanent uid_collision")
		if got := c.customer(uid); got.CompanyName != "Turlaget 2" || got.FirstName != "" {
			t.Errorf("customer in Flow = %+v, want the updated business one", got)
		}
		c.omnium.Remove(omniumtest.BusinessCustomers, id)
		c.expect(id, "done pushed")
		if got := c.customer(uid); got.FirstName != "Kari" || got.CustomerType != "PERSON" || got.CompanyName != "" {
			t.Errorf("customer in Flow = %+v, want the one that is left", got)
		}
	})
	t.Run("neither before", func(t *testing.T) {
		t.Parallel()
		c := newCustomers(t)
		c.put(omniumtest.PrivateCustomers, person("Kari"))
		c.put(omniumtest.BusinessCustomers, company("Turlaget"))
		c.expect(id, "permanent uid_collision")
		if got := c.customer(uid); got.FirstName != "Kari" {
			t.Errorf("customer in Flow = %+v, want the private one", got)
		}
	})
	t.Run("one of them in another market", func(t *testing.T) {
		t.Parallel()
		c := newCustomers(t)
		abroad := person("Kari")
		abroad.MarketID = "SWE"
		c.put(omniumtest.PrivateCustomers, abroad)
		c.put(omniumtest.BusinessCustomers, company("Turlaget"))
		c.expect(id, "done pushed")
		if got := c.customer(uid); got.CompanyName != "Turlaget" {
			t.Errorf("customer in Flow = %+v, want the business one", got)
		}
		c.put(omniumtest.PrivateCustomers, person("Kari"))
		c.expect(id, "permanent uid_collision")
	})
}
