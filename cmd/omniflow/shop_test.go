package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

// doc is a document of the fake Omnium.
type doc = map[string]any

// newShop is a harness whose tenants export everything, and an Omnium with something of each resource.
func newShop(h *harness) *harness {
	h.Helper()
	h.config = h.edited("[IProductExporter]", "[IProductExporter, FlowPriceScheduledTask, FlowCostPriceScheduledTask, "+
		"IStoreExporter, IPrivateCustomerExporter, IBusinessCustomerExporter, IPurchaseOrderSynchronousExporter, "+
		"IDeliveryExporter, IInventoryExporter]")
	h.config = h.edited("OrganizationUid: fjell_sport\n", "OrganizationUid: fjell_sport\n    PurchaseNumberSeriesUid: purchases\n"+
		"    ProductGroupRootId: klaer\n    SyncCategoriesToFlow: \"true\"\n    ExportDeliveryAsPo: \"true\"\n")
	h.flow.PutPriceList(string(norway), "main")
	h.flow.PutPriceList(string(sweden), "main_se")
	h.furnish()
	return h
}

// furnish gives Omnium the shop as it is when it opens.
func (h *harness) furnish() {
	h.Helper()
	h.put(omniumtest.Stores, bergen("NOR"))
	h.put(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Skare"})
	h.category("herre", "klaer", "Herre")
	h.category("utstyr", "root", "Utstyr")
	lamp := simple("lamp", "Lampe")
	lamp.Prices = []omnium.Price{{UnitPrice: "199.50"}}
	h.omnium.PutProduct(lamp)
	h.omnium.PutProduct(simple("cup", "Kopp"))
	h.omnium.PutProduct(jacket("skare"))
	h.put(omniumtest.CostPrices, doc{"priceKey": "lamp", "skuId": "lamp", "cost": 80})
	h.put(omniumtest.Prices, doc{"priceKey": "cup", "code": "cup", "unitPrice": 59})
	h.put(omniumtest.InventoryItems, omnium.InventoryItem{SKU: "cup", WarehouseCode: "bergen", Inventory: "2.5"})
	h.kari("Kari")
	h.turlag("Turlaget")
	h.order("12")
	h.delivery("2026-12-01T00:00:00Z")
}

func (h *harness) put(kind omniumtest.Kind, document any) {
	h.Helper()
	if err := h.omnium.Put(kind, document); err != nil {
		h.Fatal(err)
	}
}

func (h *harness) category(id, parent, name string) {
	h.put(omniumtest.Categories, omnium.Category{
		ID: id + "_no", CategoryID: id, ParentID: parent, Language: "no", Name: name,
	})
}

func everywhere() omnium.CustomerScope {
	return omnium.CustomerScope{MarketID: "NOR", AdditionalMarketIDs: []string{"SWE"}}
}

func (h *harness) kari(name string) {
	h.put(omniumtest.PrivateCustomers, omnium.PrivateCustomer{
		CustomerScope: everywhere(), CustomerID: "kari+1@kunde.example", FirstName: name,
	})
}

func (h *harness) turlag(name string) {
	h.put(omniumtest.BusinessCustomers, omnium.BusinessCustomer{
		CustomerScope: everywhere(), CustomerID: "BC-7", Name: name,
		Contacts: []omnium.ContactPerson{{ID: "c1", FirstName: "Liv", LastName: "Dahl", Email: "liv@turlag.example"}},
	})
}

// order is a purchase order of cups for bergen, in a delivery.
func (h *harness) order(quantity omnium.Number) {
	h.put(omniumtest.PurchaseOrders, omnium.PurchaseOrder{
		ID: "PO-1", Status: "Confirmed", MarketID: "NOR", StoreID: "bergen", SupplierID: "SUP-77", BillingCurrency: "NOK",
		Form: omnium.PurchaseOrderForm{LineItems: []omnium.PurchaseOrderLine{{
			LineItemID: "1", PurchaseOrderID: "PO-1", DeliveryID: "D-1", Code: "cup", Quantity: quantity,
			PlacedPriceExclTax: "10", DiscountedPriceExclTax: "120",
		}}},
	})
}

func (h *harness) delivery(eta string) {
	h.put(omniumtest.Deliveries, doc{"id": "D-1", "deliveryStatus": "New", "orderType": "PurchaseOrder", "estimatedTimeOfArrival": eta})
}

// changesOf change something of each resource; no webhook says so.
func changesOf(h *harness) map[event.Resource]func() {
	return map[event.Resource]func(){
		event.Product: func() { h.rename("skare", "Skarejakke") },
		event.Price: func() {
			h.put(omniumtest.Prices, doc{"priceKey": "cup", "code": "cup", "unitPrice": 49})
			h.put(omniumtest.CostPrices, doc{"priceKey": "lamp", "skuId": "lamp", "cost": 70})
		},
		event.Inventory: func() {
			h.put(omniumtest.InventoryItems, omnium.InventoryItem{SKU: "cup", WarehouseCode: "bergen", Inventory: "4"})
		},
		event.Customer: func() { h.kari("Karoline"); h.turlag("Turlaget AS") },
		event.PurchaseOrder: func() {
			h.order("14")
		},
		event.Delivery: func() { h.delivery("2026-12-24T00:00:00Z") },
		event.Supplier: func() { h.put(omniumtest.Suppliers, omnium.Supplier{ID: "SUP-77", Name: "Skare Tekstil"}) },
		event.Store: func() {
			s := bergen("NOR")
			s.Name = "Bergen sentrum"
			h.put(omniumtest.Stores, s)
		},
		event.Category: func() { h.category("herre", "klaer", "Herrer"); h.category("tur", "utstyr", "Tur") },
	}
}

// announcements are the webhooks of everything in the shop.
func (h *harness) announcements() []byte {
	h.Helper()
	var events [][]byte
	for _, e := range []omniumtest.Event{
		{ClassName: "Store", OperationID: 370107, ObjectID: "bergen"},
		{ClassName: "Supplier", OperationID: 353100, ObjectID: "SUP-77"},
		{ClassName: "ProductCategory", OperationID: 298101, ObjectID: "herre"},
		{ClassName: "ProductCategory", OperationID: 298101, ObjectID: "utstyr"},
		{ClassName: "ProductCategory", OperationID: 298101, ObjectID: "tur"},
		{ObjectID: "lamp"},
		{ObjectID: "cup"},
		{ObjectID: "skare"},
		{ClassName: "Inventory", OperationID: 350002, ObjectID: "cup"},
		{ClassName: "PrivateCustomer", OperationID: 330100, ObjectID: "kari+1@kunde.example"},
		{ClassName: "BusinessCustomer", OperationID: 330200, ObjectID: "BC-7"},
		{ClassName: "PurchaseOrder", OperationID: 351103, ObjectID: "PO-1"},
		{ClassName: "Delivery", OperationID: 352114, ObjectID: "D-1"},
	} {
		events = append(events, h.omnium.Event(e))
	}
	return h.list(events...)
}

// states are what both tenants hold.
func (h *harness) states() map[tenant.ID]flowtest.State {
	h.Helper()
	all := map[tenant.ID]flowtest.State{}
	for _, id := range []tenant.ID{norway, sweden} {
		state, err := h.flow.Snapshot(string(id))
		if err != nil {
			h.Fatal(err)
		}
		all[id] = state
	}
	return all
}

// agrees compares what both tenants hold with what they should.
func (h *harness) agrees(want map[tenant.ID]flowtest.State) func() error {
	return func() error {
		if diff := cmp.Diff(want, h.states()); diff != "" {
			return fmt.Errorf("Flow differs (-want +got):\n%s", diff)
		}
		return nil
	}
}

// opened starts a replica and brings the whole shop to Flow by webhooks.
func (h *harness) opened() *replica {
	h.Helper()
	r := h.start()
	r.deliver(h.announcements())
	h.eventually("all jobs are done", h.drained)
	return r
}

// reference is what Flow holds when every webhook of the shop, and of the changes, has arrived.
func reference(h *harness) (before, after map[tenant.ID]flowtest.State) {
	h.Helper()
	r := newShop(h).opened()
	before = h.states()
	for _, change := range changesOf(h) {
		change()
	}
	r.deliver(h.announcements())
	h.eventually("all jobs are done", h.drained)
	after = h.states()
	if diff := cmp.Diff(before, after); !strings.Contains(diff, "Herrer") || !strings.Contains(diff, "2026-12-24") && !strings.Contains(diff, "2026, 12, 24") {
		h.Fatalf("the changes of the shop have not all reached Flow:\n%s", diff)
	}
	r.stop()
	return before, after
}

// listedAgain waits until every resource was listed by a list that began after the call.
func (r *replica) listedAgain() {
	r.Helper()
	const times = 2 // the first to end may have begun before the call
	before := make(map[event.Resource]int)
	for _, resource := range event.Resources() {
		before[resource] = r.lists(resource)
	}
	for resource, n := range before {
		r.eventually("a list of "+string(resource), func() error {
			if now := r.lists(resource); now < n+times {
				return fmt.Errorf("%d lists ended well, want %d", now, n+times)
			}
			return nil
		})
	}
}

// listedOnce waits until every resource was listed well since the replica began.
func (r *replica) listedOnce() {
	r.Helper()
	for _, resource := range event.Resources() {
		r.eventually("a list of "+string(resource), func() error {
			if r.lists(resource) == 0 {
				return errors.New("none ended well so far")
			}
			return nil
		})
	}
}

// lists is how many lists of a resource have ended well.
func (r *replica) lists(resource event.Resource) (n int) {
	r.Helper()
	value := r.metric(fmt.Sprintf("omniflow_catchup_runs_total{resource=%q,result=\"ok\"}", resource))
	if value == "" {
		return 0
	}
	if _, err := fmt.Sscan(value, &n); err != nil {
		r.Fatalf("omniflow_catchup_runs_total of %s is %q: %v", resource, value, err)
	}
	return n
}
