package demo

import (
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

// oracle says what one Flow tenant shall hold. What is in Flow hangs on the past too: a product that
// is gone stays there, off sale, a store closed, and images and brands are never taken away. Therefore
// the oracle is shown the shop each time the service has come to rest, and remembers what it expected.
type oracle struct {
	tenant tenant
	past   expectation
}

// expectation is what a tenant shall hold.
type expectation struct {
	// units are the Flow products by uid.
	units map[string]unit
	// media are the uids of all images that a product ever had, links the products that ever were
	// its siblings; both by product uid.
	media, links map[string][]string
	// held is everything else, and before what was held when the service was at rest last.
	held, before holdings
	// classes are as what categories were last in Flow, by category id.
	classes map[string]Kind
	// waiting counts the jobs that come due by themselves, because a window opens or closes.
	waiting int
	// stuck are the jobs that no mapping can help: there is a dead letter of each. waits are those
	// that wait for something that is not there.
	stuck, waits map[string]bool
}

func newOracle(t tenant) *oracle {
	start := expectation{
		units: map[string]unit{}, classes: map[string]Kind{}, held: holdings{},
		media: map[string][]string{}, links: map[string][]string{},
	}
	group := furniture()
	start.hold(Groups, group.ProductGroupUID, "", group)
	start.hold(PriceLists, mainList, "", flow.PriceList{PriceListUID: mainList, Name: mainList})
	for uid, c := range t.served() {
		c.CustomerUID = uid
		start.hold(Customers, uid, sourceOf("customer", c.ExternalID), c)
	}
	return &oracle{tenant: t, past: start}
}

// view is the shop as one tenant sees it, on its way to an expectation.
type view struct {
	*expectation
	Books

	tenant tenant
	now    time.Time
	// past is what was expected before.
	past *expectation
}

// expect maps the shop as it is now. What others refer to comes first.
func (o *oracle) expect(b Books, now time.Time) expectation {
	e := o.past.continued()
	v := &view{expectation: e, Books: b, tenant: o.tenant, now: now, past: &o.past}
	v.expectCategories()
	v.expectSuppliers()
	v.expectStores()
	v.expectProducts()
	v.expectPrices()
	v.expectStock()
	v.expectCustomers()
	v.expectPurchases()
	e.leave()
	return *e
}

// sourceOf names the job of an object.
func sourceOf(resource, id string) string { return resource + "/" + id }

// markets are the ids of the tenant's markets.
func (t tenant) markets() []string { return []string{t.market.MarketID} }
