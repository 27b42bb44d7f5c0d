package reconcile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// habitat is a kind of document, and what depends on it.
type habitat struct {
	kind omniumtest.Kind
	// sample is a good document, with an id that base is the beginning of.
	sample func(*wild) (map[string]any, error)
	base   string
	// beside are the other documents that an object with an id needs, by their kinds.
	beside func(w *wild, id string) map[omniumtest.Kind]any
	// resources are those whose jobs are about an object.
	resources []event.Resource
	// arrived reports whether Flow has a good object; uid is its sanitised id.
	arrived    func(s flowtest.State, uid string) bool
	properties tenant.Properties
	// last are the keys of further jobs.
	last []string
}

func sampleOf[T any](name string) func(*wild) (map[string]any, error) {
	return func(w *wild) (map[string]any, error) { return known[T](w.sample(name)) }
}

// firstOf is sampleOf for the first of a list, bare or in the envelope of an answer.
func firstOf[T any](name string) func(*wild) (map[string]any, error) {
	return func(w *wild) (map[string]any, error) {
		var page struct{ Result []json.RawMessage }
		raw := w.sample(name)
		into := any(&page)
		if raw[0] == '[' {
			into = &page.Result
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return nil, err
		}
		return known[T](page.Result[0])
	}
}

// sold is a good product with one sku, which is its id.
func sold(w *wild, id string) map[omniumtest.Kind]any {
	return map[omniumtest.Kind]any{products: w.good(sampleOf[omnium.Product]("product_single_sku"), "ff-2070", id)}
}

func habitats() map[string]habitat {
	product := []event.Resource{event.Product, event.Price}
	return map[string]habitat{
		"product with variants": {
			kind: products, sample: sampleOf[omnium.Product]("product_with_variants"), base: "ff-1041", resources: product,
			arrived: func(s flowtest.State, uid string) bool {
				return s.Products[uid+"navym"].Name != "" && s.Prices["main"][uid+"navym"].Price > 0
			},
		},
		"product": {
			kind: products, sample: sampleOf[omnium.Product]("product_single_sku"), base: "ff-2070", resources: product,
			arrived: func(s flowtest.State, uid string) bool {
				return s.Products[uid].Name != "" && s.Prices["main"][uid].Price > 0
			},
		},
		"price": {
			kind: omniumtest.Prices, sample: firstOf[omnium.SeparatePrice]("price_search"), base: "ff-2070",
			beside: sold, resources: product,
			arrived: func(s flowtest.State, uid string) bool { return s.Prices["main"][uid].Price > 0 },
		},
		"cost price": {
			kind: omniumtest.CostPrices, sample: firstOf[omnium.CostPrice]("cost_price_search"), base: "ff-1041-navy-m",
			beside: sold, resources: product,
			arrived: func(s flowtest.State, uid string) bool { return s.Products[uid].PurchasePrice != nil },
		},
		"inventory": {
			kind: omniumtest.InventoryItems, sample: firstOf[omnium.InventoryItem]("inventory_small"), base: "ff-1041-navy-m",
			beside: sold, resources: []event.Resource{event.Inventory},
			arrived: func(s flowtest.State, uid string) bool { return s.Stock["101"]["101/"+uid].QuantityStock > 0 },
		},
		"store": {
			kind: omniumtest.Stores, sample: sampleOf[omnium.Store]("store_primary"), base: "101",
			resources:  []event.Resource{event.Store},
			arrived:    func(s flowtest.State, uid string) bool { return s.Stores[uid].Name != "" },
			properties: tenant.Properties{"StorePriceListsInFlow": "true"},
		},
		"private customer": {
			kind: omniumtest.PrivateCustomers, sample: sampleOf[omnium.PrivateCustomer]("private_customer"),
			base: "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21", resources: []event.Resource{event.Customer},
			arrived: func(s flowtest.State, uid string) bool { return s.Customers[uid].LastName != "" },
		},
		"business customer": {
			kind: omniumtest.BusinessCustomers, sample: sampleOf[omnium.BusinessCustomer]("business_customer"),
			base: "BC-20417", resources: []event.Resource{event.Customer},
			arrived: func(s flowtest.State, uid string) bool { return s.Customers[uid].CompanyName != "" },
		},
		"purchase order": {
			kind: omniumtest.PurchaseOrders, sample: sampleOf[omnium.PurchaseOrder]("purchase_order"), base: "PO-58213",
			resources: []event.Resource{event.PurchaseOrder}, arrived: ordered,
		},
		"delivery": {
			kind: omniumtest.Deliveries, sample: sampleOf[omnium.Delivery]("delivery"), base: "DEL-9041",
			beside: orderOfDelivery, resources: []event.Resource{event.Delivery, event.PurchaseOrder},
			arrived: func(s flowtest.State, uid string) bool {
				return len(s.OrderItems["101/"+uid+"-delivery-"+uid]) > 0
			},
			properties: tenant.Properties{"ExportDeliveryAsPo": "true"},
		},
		"line of a delivery": {
			kind: omniumtest.PurchaseOrders, sample: sampleOf[omnium.PurchaseOrder]("purchase_order"), base: "PO-58213",
			beside: func(w *wild, id string) map[omniumtest.Kind]any {
				d := w.good(sampleOf[omnium.Delivery]("delivery"), "DEL-9041", "DEL-9041")
				return map[omniumtest.Kind]any{omniumtest.Deliveries: d}
			},
			resources: []event.Resource{event.PurchaseOrder}, last: []string{"delivery/DEL-9041"}, arrived: ordered,
		},
		"sales order": {
			kind: omniumtest.Orders, sample: waitingOrder, base: "NO-300512",
			beside:    ordersFor,
			resources: []event.Resource{event.PurchaseOrder}, arrived: ordered,
		},
		"supplier": {
			kind: omniumtest.Suppliers, sample: sampleOf[omnium.Supplier]("supplier"), base: "SUP-77",
			resources: []event.Resource{event.Supplier},
			arrived:   func(s flowtest.State, uid string) bool { return s.Suppliers[uid].Name != "" },
		},
		"category": {
			kind: omniumtest.Categories, sample: func(w *wild) (map[string]any, error) {
				var list []json.RawMessage
				w.decode("categories", &list)
				return known[omnium.Category](list[2])
			}, base: "jakker",
			resources: []event.Resource{event.Category},
			arrived:   func(s flowtest.State, uid string) bool { return s.Groups[uid].Name != "" },
		},
	}
}

// orderOfDelivery is a good purchase order with the id of its delivery.
func orderOfDelivery(w *wild, id string) map[omniumtest.Kind]any {
	po := renamed(w.good(sampleOf[omnium.PurchaseOrder]("purchase_order"), "PO-58213", id), "DEL-9041", id)
	return map[omniumtest.Kind]any{omniumtest.PurchaseOrders: po}
}

// ordersFor is a good purchase order with an id.
func ordersFor(w *wild, id string) map[omniumtest.Kind]any {
	po := w.good(sampleOf[omnium.PurchaseOrder]("purchase_order"), "PO-58213", id)
	return map[omniumtest.Kind]any{omniumtest.PurchaseOrders: po}
}

// waitingOrder is a sales order that its sku finds, for the purchase order with the same id.
func waitingOrder(w *wild) (map[string]any, error) {
	doc, err := known[omnium.Order](w.sample("order_with_reservation"))
	if err == nil {
		form, _ := doc["orderForm"].(map[string]any)
		line, _ := form["lineItems"].([]any)[0].(map[string]any)
		line["code"], line["reservedInventoryPurchaseOrderId"] = "ff-1041-navy-m", "NO-300512"
	}
	return doc, err
}

func ordered(s flowtest.State, uid string) bool {
	return len(s.OrderItems["101/"+uid]) == 2
}

func (w *wild) good(sample func(*wild) (map[string]any, error), base, id string) any {
	w.Helper()
	doc, err := sample(w)
	if err != nil {
		w.Fatal(err)
	}
	return renamed(doc, base, id)
}

// TestHostileDocuments takes documents of every kind, odd in every field in every way, through the
// handlers, together with good ones. Each must end: pushed, skipped, waiting or buried, the last three
// with a reason. The good ones must arrive.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for name, h := range habitats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWild(t, h.properties)
			w.inhabit(h)
			lines := make([]string, 0, len(w.tally))
			for _, what := range slices.Sorted(maps.Keys(w.tally)) {
				lines = append(lines, fmt.Sprintf("%6d %s", w.tally[what], what))
			}
			t.Logf("%d jobs\n%s", w.total(), strings.Join(lines, "\n"))
		})
	}
}

func (w *wild) total() int {
	n := 0
	for _, count := range w.tally {
		n += count
	}
	return n
}

// atMost is how many odd documents of a kind are tried: the others are as those.
const atMost = 60

// sampled is every n-th, so that every field and every oddity is among them.
func sampled(all []specimen) []specimen {
	every := 1 + (len(all)-1)/atMost
	if every%2 == 0 {
		every++ // the lists of oddities have even lengths as a rule
	}
	var some []specimen
	for i := 0; i < len(all); i += every {
		some = append(some, all[i])
	}
	return some
}

// neighbours is how many odd documents share a batch with a good one.
const neighbours = 8

// inhabit puts all documents into Omnium, odd and good, and works on them.
func (w *wild) inhabit(h habitat) {
	w.Helper()
	plain, err := h.sample(w)
	if err != nil {
		w.Fatal(err)
	}
	var due []job.Key
	odd, good := map[string]string{}, map[string]bool{}
	for i, s := range sampled(specimens(plain)) {
		if i%neighbours == 0 {
			id := numbered("good", i)
			good[id] = true
			due = append(due, w.settle(h, id, nil)...)
		}
		id := numbered("odd", i)
		odd[id] = s.odd
		due = append(due, w.settle(h, id, &s)...)
	}
	for _, key := range h.last {
		due = append(due, jobKey(key))
	}
	for key, o := range w.playOut(due) {
		switch what, isOdd := odd[key.ID]; {
		case isOdd:
			w.tally[fmt.Sprintf("%s %s", key.Resource, counted(o))]++
			if wrong := complaint(o); wrong != "" {
				w.Errorf("%s of %s with %s %s: %s", key.Resource, h.kind, what, wrong, show(o))
			}
		case good[key.ID] && (o.Verdict != job.Done || o.Result == job.Skipped || o.Result == job.Waiting):
			w.Errorf("job %s of a good document = %s", key, show(o))
		}
	}
	state := w.snapshot()
	for id := range good {
		if !h.arrived(state, strings.ReplaceAll(id, "-", "")) {
			w.Errorf("good %s %s has not arrived", h.kind, id)
		}
	}
}

// settle files the documents of one object, and returns its jobs.
func (w *wild) settle(h habitat, id string, odd *specimen) []job.Key {
	w.Helper()
	doc := w.good(h.sample, h.base, id).(map[string]any)
	if odd != nil {
		w.masks.docs[id] = renamed(odd.doc, h.base, id)
		doc[mask] = id
	}
	w.file(h.kind, doc)
	if h.beside != nil {
		for kind, other := range h.beside(w, id) {
			w.file(kind, other)
		}
	}
	var keys []job.Key
	for _, r := range h.resources {
		keys = append(keys, job.Key{Resource: r, ID: id})
	}
	return keys
}
