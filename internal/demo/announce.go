package demo

import (
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// The operations of the events that the day sends (reference omnium-api.md §2.5).
const (
	opDeleted      = 140101
	opPatched      = 140105
	opAdded        = 140106
	opVariantPatch = 140109
	opStatus       = 240116
	opOrder        = 210100

	opStore         = 370107
	opStoreGone     = 370102
	opSupplier      = 353100
	opSupplierGone  = 353101
	opCategory      = 298101
	opCategoryGone  = 298102
	opPerson        = 330100
	opPersonErased  = 330114
	opCompany       = 330200
	opPurchase      = 351100
	opPurchaseGone  = 351103
	opDelivery      = 352100
	opDeliveryGone  = 352114
	opInventory     = 350002
	opInventoryGone = 350001
	opPriceList     = 243108
)

// news are the events about an object, without what differs from one to the next.
func storeNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "Store", OperationID: opStore, ObjectID: id}
}

func supplierNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "Supplier", OperationID: opSupplier, ObjectID: id}
}

func categoryNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "ProductCategory", OperationID: opCategory, ObjectID: id}
}

func personNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "PrivateCustomer", OperationID: opPerson, ObjectID: id}
}

func companyNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "BusinessCustomer", OperationID: opCompany, ObjectID: id}
}

func purchaseNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "PurchaseOrder", OperationID: opPurchase, ObjectID: id}
}

func deliveryNews(id string) omniumtest.Event {
	return omniumtest.Event{ClassName: "Delivery", OperationID: opDelivery, ObjectID: id}
}

func stockNews(sku string) omniumtest.Event {
	return omniumtest.Event{
		ClassName: "Inventory", OperationID: opInventory, Category: "BatchUpdate", ObjectID: sku,
	}
}

// everything is one event per object, dated as the object is. What others need comes last, so that most
// of it has to wait.
func everything(o *omniumtest.Server) [][]byte {
	b := BooksOf(o)
	var all announcements
	for _, p := range b.Purchases {
		all.add(purchaseNews(p.ID), p.Modified.Time)
	}
	for _, delivery := range b.Deliveries {
		all.add(deliveryNews(delivery.ID), delivery.Modified.Time)
	}
	for _, c := range b.Persons {
		all.add(personNews(c.CustomerID), c.Modified.Time)
	}
	for _, c := range b.Companies {
		all.add(companyNews(c.CustomerID), c.Modified.Time)
	}
	for _, p := range b.Products {
		all.add(omniumtest.Event{ObjectID: p.ProductID}, p.Modified.Time)
	}
	for _, item := range b.Stock {
		all.add(stockNews(item.SKU), item.Modified.Time)
	}
	for _, c := range slices.Backward(b.Categories) {
		all.add(categoryNews(c.CategoryID), c.Modified.Time)
	}
	for _, s := range b.Suppliers {
		all.add(supplierNews(s.ID), s.Modified.Time)
	}
	for _, s := range b.Stores {
		all.add(storeNews(s.ID), s.Modified.Time)
	}
	var events [][]byte
	for _, e := range all {
		events = append(events, o.Event(e))
	}
	return events
}

// announcements are events, one per object.
type announcements []omniumtest.Event

// add announces an object. One that has several documents is announced once, with the newest date.
func (all *announcements) add(e omniumtest.Event, at time.Time) {
	same := func(other omniumtest.Event) bool {
		return other.ObjectID == e.ObjectID && other.OperationID == e.OperationID
	}
	if i := slices.IndexFunc(*all, same); i >= 0 {
		if at.After((*all)[i].Time) {
			(*all)[i].Time = at
		}
		return
	}
	e.Time = at
	*all = append(*all, e)
}
