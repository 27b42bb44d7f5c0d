package reconcile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// customerChange is what BC-7 or kari-1 look like before, while and after a run goes wrong.
type customerChange struct {
	id                    string
	before, during, after func(*customers)
}

func customerChanges() map[string]customerChange {
	company := func(change func(*omnium.BusinessCustomer)) func(*customers) {
		return func(c *customers) {
			b := turlag()
			change(&b)
			c.put(omniumtest.BusinessCustomers, b)
		}
	}
	person := func(p omnium.PrivateCustomer) func(*customers) {
		return func(c *customers) { c.put(omniumtest.PrivateCustomers, p) }
	}
	full := company(func(*omnium.BusinessCustomer) {})
	renamed := company(func(b *omnium.BusinessCustomer) { b.Name = "Turlaget 2" })
	poorer := company(func(b *omnium.BusinessCustomer) { b.CreditLimit, b.CreditBalance, b.Email = "", "", "" })
	moved := company(func(b *omnium.BusinessCustomer) { b.Contacts[0].Phone = "1"; b.Contacts[1].LastName = "Dahl" })
	more := company(func(b *omnium.BusinessCustomer) {
		b.Contacts = append(b.Contacts, omnium.ContactPerson{ID: "cp-3", FirstName: "Liv", LastName: "Lie"})
	})
	erased, known := person(anonymised()), person(kari())
	fetched := func(c *customers) {
		c.flowHas(flow.Customer{CustomerUID: "flows-own", CustomerType: "PERSON", ExternalID: "kari-1", City: "Oslo"})
	}
	const b, k = "BC-7", "kari-1"
	return map[string]customerChange{
		"first push":                    {b, nil, full, full},
		"first push, then another name": {b, nil, full, renamed},
		"first push, then less":         {b, nil, full, poorer},
		"name and back":                 {b, full, renamed, full},
		"fields gone":                   {b, full, poorer, poorer},
		"fields gone and back":          {b, full, poorer, full},
		"contacts":                      {b, full, moved, moved},
		"contacts and back":             {b, full, moved, full},
		"another contact":               {b, full, more, more},
		"erasure":                       {k, known, erased, erased},
		"first push, then erasure":      {k, nil, known, erased},
		"erasure, then back":            {k, known, erased, known},
		"fetched by Flow":               {k, fetched, known, known},
		"fetched by Flow, then erased":  {k, fetched, known, erased},
		"fetched by Flow and erased":    {k, fetched, erased, erased},
	}
}

// prepare brings Flow to what it held before the run that goes wrong.
func (ch customerChange) prepare(t *testing.T) *customers {
	t.Helper()
	c := newCustomers(t)
	if ch.before != nil {
		ch.before(c)
		c.sync(c.process, ch.id)
	}
	ch.during(c)
	return c
}

// TestCustomerDiesBetweenAnyTwoSteps ends the process before any of its steps; another one finds Flow and
// the ledger as they are and makes Flow agree.
func TestCustomerDiesBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, ch := range customerChanges() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, died := 1, true; died; at++ {
				c := ch.prepare(t)
				dying := c.startCustomers()
				dying.dieAt(at)
				dying.handle(t, c.job(ch.id, "changed"))
				died = dying.steps >= at
				ch.after(c)
				c.settled(fmt.Sprintf("dies before step %d", at), c.startCustomers(), ch.id)
			}
		})
	}
}

// TestCustomerFlowFailsAtAnyCall makes one request to Flow fail or lose its reply.
func TestCustomerFlowFailsAtAnyCall(t *testing.T) {
	t.Parallel()
	for what, fault := range map[string]flowtest.Fault{"lost reply": {LoseReply: true}, "500": {Status: 500}} {
		for name, ch := range customerChanges() {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				for at, failed := int64(1), true; failed; at++ {
					c := ch.prepare(t)
					from := c.flow.Requests()
					c.flow.SetFault(func(r flowtest.Request) flowtest.Fault {
						if r.Seq == from+at {
							return fault
						}
						return flowtest.Fault{}
					})
					o := c.handle(t, c.job(ch.id, "changed"))[0]
					if failed = c.flow.Requests() >= from+at; failed && o.Verdict != job.Failed {
						t.Errorf("%s at request %d: run = %s, want failed", what, at, show(o))
					}
					c.flow.SetFault(nil)
					ch.after(c)
					c.settled(fmt.Sprintf("%s at request %d", what, at), c.process, ch.id)
				}
			})
		}
	}
}

// settled runs the job until it is done and compares; a further run must find nothing to do.
func (c *customers) settled(call string, p *process, id string) {
	c.Helper()
	if o := c.sync(p, id); o.Verdict != job.Done {
		c.Errorf("%s: next run = %s, want done", call, show(o))
	}
	c.agrees(call)
	before := c.calls()
	c.sync(p, id)
	if got := c.ops(before); got != "" && got != "customer.list" { // which an erased customer is looked for with
		c.Errorf("%s: requests of a further run = %q, want none", call, got)
	}
}

// agrees fails the test unless Flow is the mapping of Omnium. Anonymous customers may be missing, and
// contacts that are gone stay.
func (c *customers) agrees(call string) {
	c.Helper()
	held := map[string]flow.Customer{} // by external id
	state := c.snapshot()
	for uid, customer := range state.Customers {
		if _, twice := held[customer.ExternalID]; twice {
			c.Errorf("%s: Flow has customer %s twice", call, customer.ExternalID)
		}
		customer.CustomerUID = uid
		held[customer.ExternalID] = customer
	}
	for _, m := range c.mapped() {
		got, exists := held[m.Customer.ExternalID]
		if !exists && m.Anonymous {
			continue
		}
		m.Customer.CustomerUID = got.CustomerUID
		if diff := cmp.Diff(m.Customer, got); diff != "" {
			c.Errorf("%s: customer in Flow (-want +got):\n%s", call, diff)
		}
		for _, contact := range m.Contacts {
			if got := state.Contacts[got.CustomerUID][contact.CustomerContactUID]; got != contact {
				c.Errorf("%s: contact in Flow = %+v, want %+v", call, got, contact)
			}
		}
	}
}

// mapped is what Flow shall hold of every customer in Omnium.
func (c *customers) mapped() []*mapping.MappedCustomer {
	c.Helper()
	o := mapping.CustomerOptions{Markets: []omnium.Market{{MarketID: "NOR"}}, Groups: []string{"nordic"}}
	var list []*mapping.MappedCustomer
	add := func(m *mapping.MappedCustomer, err error) {
		if err != nil {
			c.Fatal(err)
		}
		list = append(list, m)
	}
	for _, p := range omniumtest.Documents[omnium.PrivateCustomer](c.omnium, omniumtest.PrivateCustomers) {
		add(mapping.PrivateCustomer(&p, o))
	}
	for _, b := range omniumtest.Documents[omnium.BusinessCustomer](c.omnium, omniumtest.BusinessCustomers) {
		add(mapping.BusinessCustomer(&b, o))
	}
	return slices.DeleteFunc(list, func(m *mapping.MappedCustomer) bool { return !m.InMarkets })
}
