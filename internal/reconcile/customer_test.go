package reconcile_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

func TestCustomerIsPushedOnce(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.put(omniumtest.PrivateCustomers, kari())
	c.expect("kari-1", "done pushed")
	want := flow.Customer{
		CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1", FirstName: "Kari", LastName: "Lund",
		DisplayName: "Kari Lund", Email: "kari@kunde.example", Mobile: "+4790000001", Address: "Storgata 1",
		PostalCode: "0101", City: "Oslo", CountryCode: "NO", LoyaltyID: "1001",
	}
	if diff := cmp.Diff(want, c.customer("kari1")); diff != "" {
		t.Errorf("customer in Flow (-want +got):\n%s", diff)
	}
	if got := c.ops(0); got != "customer.list customer.create" {
		t.Errorf("requests of the first push = %q", got)
	}
	before := c.calls()
	c.expect("kari-1", "done unchanged")
	if got := c.ops(before); got != "" {
		t.Errorf("requests of an unchanged customer = %q, want none", got)
	}
}

func TestCompanyWithContacts(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := turlag()
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done pushed")
	held := c.customer("BC7")
	if held.CustomerType != "COMPANY" || held.CompanyName != "Turlaget AS" || *held.Credit.Balance != 1250050 {
		t.Errorf("company in Flow = %+v", held)
	}
	if got := len(c.snapshot().Contacts["BC7"]); got != 2 {
		t.Errorf("contacts in Flow = %d, want 2", got)
	}
	before := c.calls()
	b.Contacts[0].Email = ""
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done pushed")
	if got := c.ops(before); got != "contact.update" {
		t.Errorf("requests after a contact changed = %q, want contact.update", got)
	}
	if got := c.snapshot().Contacts["BC7"]["cp1"].Email; got != "" {
		t.Errorf("e-mail address of the contact = %q, want none", got)
	}
	b.Contacts = b.Contacts[1:]
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done unchanged contacts_left_in_place")
	c.put(omniumtest.BusinessCustomers, turlag())
	c.expect("BC-7", "done pushed")
}

func TestCustomerFieldsThatAreGoneAreCleared(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.put(omniumtest.PrivateCustomers, kari())
	c.expect("kari-1", "done pushed")
	less := kari()
	less.Phone, less.PaymentTerms = "", "14"
	c.put(omniumtest.PrivateCustomers, less)
	c.expect("kari-1", "done pushed")
	if held := c.customer("kari1"); held.Mobile != "" || *held.PaymentTerms != 14 || held.Email == "" {
		t.Errorf("customer in Flow = %+v, want no mobile, terms of 14 days and the rest", held)
	}
	c.put(omniumtest.PrivateCustomers, kari())
	c.expect("kari-1", "done pushed")
	if held := c.customer("kari1"); held.PaymentTerms != nil || held.Mobile == "" {
		t.Errorf("customer in Flow = %+v, want the mobile back and no terms", held)
	}
}

// flowHas puts a customer into Flow as Flow itself does, which fetches customers from Omnium too.
func (c *customers) flowHas(customer flow.Customer) {
	c.Helper()
	if _, err := c.target.PutCustomer(c.Context(), customer, false, 0); err != nil {
		c.Fatalf("PutCustomer: %v", err)
	}
}

func TestCustomerThatFlowHasAlready(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.flowHas(flow.Customer{CustomerUID: "made-by-flow", CustomerType: "PERSON", ExternalID: "kari-1", Email: "old@kunde.example"})
	c.put(omniumtest.PrivateCustomers, kari())
	before := c.calls()
	c.expect("kari-1", "done pushed")
	if got := c.ops(before); got != "customer.list customer.list customer.update" {
		t.Errorf("requests = %q, want customer.list twice and customer.update", got)
	}
	if got := c.snapshot().Customers; len(got) != 1 || got["made-by-flow"].Email != "kari@kunde.example" {
		t.Errorf("customers in Flow = %+v, want the one that Flow had, as Omnium has it", got)
	}
	c.expect("kari-1", "done unchanged")
}

// TestErasureReachesFlow covers every way in which Flow may have got a customer that is anonymised.
func TestErasureReachesFlow(t *testing.T) {
	t.Parallel()
	pushed := func(c *customers) {
		c.put(omniumtest.PrivateCustomers, kari())
		c.expect("kari-1", "done pushed")
	}
	tests := map[string]struct {
		before func(*customers)
		after  func(*omnium.PrivateCustomer)
	}{
		"pushed":                       {pushed, nil},
		"pushed, and left the markets": {pushed, func(p *omnium.PrivateCustomer) { p.MarketID = "SWE" }},
		"pushed, and changed at a till": {func(c *customers) {
			pushed(c)
			c.flowHas(flow.Customer{CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1", VATNumber: "1", CompanyName: "Kari AS"})
		}, nil},
		"fetched by Flow": {func(c *customers) {
			k := flow.Customer{CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1", FirstName: "Kari", City: "Oslo"}
			c.flowHas(k)
		}, nil},
		"fetched by Flow, of another market": {func(c *customers) {
			c.flowHas(flow.Customer{CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1", Email: "kari@kunde.example"})
		}, func(p *omnium.PrivateCustomer) { p.MarketID = "SWE" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCustomers(t)
			test.before(c)
			left := anonymised()
			if test.after != nil {
				test.after(&left)
			}
			c.put(omniumtest.PrivateCustomers, left)
			c.expect("kari-1", "done pushed")
			want := flow.Customer{CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1"}
			if diff := cmp.Diff(map[string]flow.Customer{"kari1": want}, c.snapshot().Customers); diff != "" {
				t.Errorf("customers in Flow (-want +got):\n%s", diff)
			}
			c.expect("kari-1", "done unchanged")
		})
	}
}

func TestErasureCreatesNobody(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.put(omniumtest.PrivateCustomers, anonymised())
	c.expect("kari-1", "done skipped anonymous_before_first_push")

	// A push that Flow has refused has recorded where the customer would have been.
	c.put(omniumtest.PrivateCustomers, kari())
	c.refuse(flow.CustomerCreate, http.StatusUnprocessableEntity)
	c.expect("kari-1", "permanent flow_refused_422")
	c.flow.SetFault(nil)
	c.put(omniumtest.PrivateCustomers, anonymised())
	c.expect("kari-1", "done skipped anonymous_before_first_push")
	if got := c.snapshot().Customers; len(got) != 0 {
		t.Errorf("customers in Flow = %v, want none", got)
	}
}

func TestCustomerLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	abroad := kari()
	abroad.MarketID = "SWE"
	c.put(omniumtest.PrivateCustomers, abroad)
	c.expect("kari-1", "done skipped not_in_markets")
	c.put(omniumtest.PrivateCustomers, kari())
	c.expect("kari-1", "done pushed")
	c.put(omniumtest.PrivateCustomers, abroad)
	before := c.calls()
	c.expect("kari-1", "done skipped left_markets_left_in_place")
	c.omnium.Remove(omniumtest.PrivateCustomers, "kari-1")
	c.want("deletion", c.handle(t, c.job("kari-1", event.Deleted))[0], "done skipped deleted_left_in_place")
	if got := c.ops(before); got != "" {
		t.Errorf("requests for a customer that is left in place = %q, want none", got)
	}
	back := kari()
	back.LastName = "Dahl"
	c.put(omniumtest.PrivateCustomers, back)
	c.expect("kari-1", "done pushed")
	if got := c.customer("kari1").LastName; got != "Dahl" {
		t.Errorf("last name after the return = %q, want Dahl", got)
	}
}

// TestMergedCustomers covers both jobs of a merge, whichever of the two has vanished.
func TestMergedCustomers(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	ola := kari()
	ola.CustomerID, ola.FirstName = "ola-2", "Ola"
	c.put(omniumtest.PrivateCustomers, kari())
	c.put(omniumtest.PrivateCustomers, ola)
	c.expect("kari-1", "done pushed")
	c.expect("ola-2", "done pushed")
	c.omnium.Remove(omniumtest.PrivateCustomers, "ola-2")
	merged := kari()
	merged.CustomerNumber = "2002"
	c.put(omniumtest.PrivateCustomers, merged)
	o := c.handle(t, c.job("ola-2", event.Changed), c.job("kari-1", event.Changed))
	c.want("the vanished one, at once", o[0], "deferred not_found_yet")
	c.want("the one that stays", o[1], "done pushed")
	c.expect("ola-2", "done skipped deleted_left_in_place")
	if got := c.customer("ola2").FirstName; got != "Ola" {
		t.Errorf("the vanished customer in Flow = %q, want it left in place", got)
	}
}

func TestUnknownCustomer(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.want("new and not visible yet", c.handle(t, c.job("nobody", event.Changed))[0], "deferred not_found_yet")
	c.want("deleted", c.handle(t, c.job("nobody", event.Deleted))[0], "done skipped unknown_to_omnium")
}

func TestCustomerUIDCollision(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	first, second := kari(), kari()
	first.CustomerID, second.CustomerID, second.FirstName = "a.b@x.no", "ab@x.no", "Anne"
	c.put(omniumtest.PrivateCustomers, first)
	c.put(omniumtest.PrivateCustomers, second)
	c.expect("a.b@x.no", "done pushed")
	o := c.sync(c.process, "ab@x.no")
	c.want("the second", o, "permanent uid_collision")
	wantNames(t, o, "a.b@x.no", "ab@x.no")
	c.omnium.Remove(omniumtest.PrivateCustomers, "ab@x.no")
	c.want("the second, deleted", c.handle(t, c.job("ab@x.no", event.Deleted))[0], "done skipped unknown_to_omnium")
	if got := c.customer("abxno"); got.FirstName != "Kari" || got.ExternalID != "a.b@x.no" {
		t.Errorf("customer in Flow = %+v, want the first", got)
	}
}

func TestLostCustomerIsBuiltAgain(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := turlag()
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done pushed")
	c.emptyFlow()
	b.Name = "Turlaget 2"
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done pushed")
	if got := len(c.snapshot().Contacts["BC7"]); got != 2 {
		t.Errorf("contacts after Flow had lost the company = %d, want 2", got)
	}
}

// TestLostCustomerWithAnotherContact has nothing but a contact to send, to a company that Flow has lost.
func TestLostCustomerWithAnotherContact(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := turlag()
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "done pushed")
	c.emptyFlow()
	b.Contacts[0].Phone = "+4790000009"
	c.put(omniumtest.BusinessCustomers, b)
	c.want("first run", c.handle(t, c.job("BC-7", event.Changed))[0], "failed flow_lost_customer")
	c.expect("BC-7", "done pushed")
	c.agrees("after the second run")
}

func TestCustomerRefusals(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := turlag()
	c.put(omniumtest.BusinessCustomers, b)
	c.refuse(flow.ContactCreate, http.StatusUnprocessableEntity)
	c.expect("BC-7", "permanent flow_refused_422")
	c.flow.SetFault(nil)
	c.expect("BC-7", "done pushed")
	b.CreditLimit = "much"
	c.put(omniumtest.BusinessCustomers, b)
	c.expect("BC-7", "permanent bad_number")
	if err := c.omnium.Put(omniumtest.PrivateCustomers, map[string]any{"customerId": "odd", "firstName": 1}); err != nil {
		t.Fatal(err)
	}
	c.expect("odd", "permanent omnium_unreadable")
	c.flow.SetFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Status: 500} })
	c.put(omniumtest.PrivateCustomers, kari())
	c.want("Flow fails", c.handle(t, c.job("kari-1", event.Changed))[0], "failed flow_failed")
	c.flow.SetFault(nil)
	c.expect("kari-1", "done pushed")
}

func TestCustomerSettings(t *testing.T) {
	t.Parallel()
	k := kari()
	k.PaymentTerms = "14"
	k.ExternalIDs = []omnium.CustomerExternalID{{ProviderName: "Voyado", ID: "v-1"}}
	left := newCustomers(t, withProperty("CustomerFieldsLeftOut", "displayName, paymentTerms"))
	left.put(omniumtest.PrivateCustomers, k)
	left.expect("kari-1", "done pushed")
	left.flowHas(flow.Customer{CustomerUID: "kari1", CustomerType: "PERSON", ExternalID: "kari-1", DisplayName: "Flow's own"})
	k.FirstName = "Kaja"
	left.put(omniumtest.PrivateCustomers, k)
	left.expect("kari-1", "done pushed")
	if got := left.customer("kari1"); got.DisplayName != "Flow's own" || got.PaymentTerms != nil || got.FirstName != "Kaja" {
		t.Errorf("customer with fields left out = %+v", got)
	}
	voyado := newCustomers(t, withProperty("CustomerLoyaltyIdProvider", "voyado"))
	voyado.put(omniumtest.PrivateCustomers, k)
	voyado.expect("kari-1", "done pushed")
	if got := voyado.customer("kari1").LoyaltyID; got != "v-1" {
		t.Errorf("loyalty id = %q, want v-1", got)
	}
}

// TestCustomerReads counts what a job costs: one read per configured type, and none of either when the
// search has found it.
func TestCustomerReads(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	var jobs []job.Job
	for _, id := range []string{"p1", "p2", "+4790000001", "kari@x.no"} {
		k := kari()
		k.CustomerID = id
		c.put(omniumtest.PrivateCustomers, k)
		jobs = append(jobs, c.job(id, event.Changed))
	}
	b := turlag()
	c.put(omniumtest.BusinessCustomers, b)
	jobs = append(backlog(append(jobs, c.job("BC-7", event.Changed), c.job("none", event.Changed))...), c.job("fresh", event.Changed))
	fresh := kari()
	fresh.CustomerID = "fresh"
	c.put(omniumtest.PrivateCustomers, fresh)
	c.omnium.ResetCalls()
	for i, o := range c.handle(t, jobs...) {
		want, reads := "done pushed", 0
		switch jobs[i].ID {
		case "none":
			want, reads = "done skipped unknown_to_omnium", 2
		case "fresh":
			reads = 2
		}
		c.want(jobs[i].ID, o, want)
		if o.Reads != reads {
			t.Errorf("reads of %s = %d, want %d", jobs[i].ID, o.Reads, reads)
		}
	}
	for op, want := range map[string]int{
		omniumtest.OpPrivateCustomerSearch: 1, omniumtest.OpBusinessCustomerSearch: 1,
		omniumtest.OpPrivateCustomer: 2, omniumtest.OpBusinessCustomer: 2,
	} {
		if got := c.omnium.Calls(op); got != want {
			t.Errorf("%s requests = %d, want %d", op, got, want)
		}
	}
	// Again by id: what needs escaping in a path is found all the same.
	for _, id := range []string{"+4790000001", "kari@x.no"} {
		c.expect(id, "done unchanged")
	}
}
