package reconcile_test

import (
	"slices"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/reconcile"
	"github.com/omniflow/omniflow/internal/tenant"
)

const (
	privateExporter  = "IPrivateCustomerExporter"
	businessExporter = "IBusinessCustomerExporter"
)

// customers is a world whose handler is that of customers.
type customers struct {
	*world
	vary []func(*reconcile.Options)
}

// newCustomers exports both types.
func newCustomers(t *testing.T, vary ...func(*reconcile.Options)) *customers {
	t.Helper()
	c := &customers{vary: append([]func(*reconcile.Options){exporting(privateExporter, businessExporter)}, vary...)}
	c.world = newWorld(t)
	c.process = c.startCustomers()
	return c
}

// startCustomers starts another process in the same world.
func (c *customers) startCustomers() *process {
	c.Helper()
	p := c.start(c.vary...)
	handler, err := reconcile.NewCustomer(p.opts, c.oms, p.target)
	if err != nil {
		c.Fatalf("NewCustomer: %v", err)
	}
	p.handler = handler
	return p
}

// exporting changes the implementations of the tenant.
func exporting(implementations ...string) func(*reconcile.Options) {
	return changeTenant(func(t *tenant.Tenant) { t.Implementations = implementations })
}

func withProperty(key, value string) func(*reconcile.Options) {
	return changeTenant(func(t *tenant.Tenant) { t.Properties = tenant.Properties{key: value} })
}

func changeTenant(change func(*tenant.Tenant)) func(*reconcile.Options) {
	return func(o *reconcile.Options) {
		t := *o.Tenant
		change(&t)
		o.Tenant = &t
	}
}

func (c *customers) job(id string, change event.Change) job.Job {
	j := c.event(id, change)
	j.Resource = event.Customer
	return j
}

// sync runs the job of one id on a process and on, as the queue would, until it need not be run again.
func (c *customers) sync(p *process, id string) job.Outcome {
	c.Helper()
	j := c.job(id, event.Changed)
	for range 5 {
		o := p.handle(c, j)[0]
		if o.Verdict != job.Failed && o.Verdict != job.Deferred {
			return o
		}
	}
	c.Fatalf("job of %s goes on and on", id)
	return job.Outcome{}
}

// expect syncs an id and fails the test unless the outcome is want.
func (c *customers) expect(id, want string) {
	c.Helper()
	c.want("sync("+id+")", c.sync(c.process, id), want)
}

func (c *customers) put(kind omniumtest.Kind, doc any) {
	c.Helper()
	if err := c.omnium.Put(kind, doc); err != nil {
		c.Fatalf("Put: %v", err)
	}
}

// customer returns what Flow holds under a uid.
func (c *customers) customer(uid string) flow.Customer {
	c.Helper()
	held, exists := c.snapshot().Customers[uid]
	if !exists {
		c.Fatalf("Flow has no customer %s", uid)
	}
	return held
}

// kari is a private customer with everything.
func kari() omnium.PrivateCustomer {
	return omnium.PrivateCustomer{
		CustomerScope: omnium.CustomerScope{MarketID: "NOR"},
		CustomerID:    "kari-1", CustomerNumber: "1001", FirstName: "Kari", LastName: "Lund",
		Email: "kari@kunde.example", Phone: "+4790000001",
		Address: omnium.CustomerAddress{Line1: "Storgata 1", PostalCode: "0101", City: "Oslo", CountryCode: "NO"},
	}
}

// turlag is a business customer with two contacts.
func turlag() omnium.BusinessCustomer {
	return omnium.BusinessCustomer{
		CustomerScope: omnium.CustomerScope{MarketID: "NOR"},
		CustomerID:    "BC-7", CustomerNumber: "7", Name: "Turlaget AS", TaxID: "999888777",
		Email: "post@turlaget.example", CreditLimit: "50000", CreditBalance: "12500.5",
		Contacts: []omnium.ContactPerson{
			{ID: "cp-1", FirstName: "Per", LastName: "Haug", Email: "per@turlaget.example"},
			{ID: "cp-2", FirstName: "Siv", LastName: "Berg"},
		},
	}
}

// anonymised is what is left of kari.
func anonymised() omnium.PrivateCustomer {
	return omnium.PrivateCustomer{CustomerID: "kari-1", CustomerScope: omnium.CustomerScope{MarketID: "NOR"}}
}

// backlog makes jobs whose events Omnium's search must know by now.
func backlog(jobs ...job.Job) []job.Job {
	jobs = slices.Clone(jobs)
	for i := range jobs {
		jobs[i] = aged(jobs[i])
	}
	return jobs
}
