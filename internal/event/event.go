// Package event says what changed in Omnium. It holds plain values: no I/O, no vendor words, no
// knowledge of tenants or queues.
package event

import (
	"slices"
	"time"
)

// Resource names a kind of object that omniflow keeps in agreement. The same words are used in
// jobs, metrics, the admin API and the CLI.
type Resource string

// The resources of the connector (design §2). Only those in Built are worked on by this version.
const (
	Product       Resource = "product"
	Price         Resource = "price"
	Inventory     Resource = "inventory"
	Customer      Resource = "customer"
	PurchaseOrder Resource = "purchase_order"
	Delivery      Resource = "delivery"
	Supplier      Resource = "supplier"
	Store         Resource = "store"
	Category      Resource = "category"
)

// Resources returns every resource in the order in which they are listed to people.
func Resources() []Resource {
	return []Resource{
		Product, Price, Inventory, Customer, PurchaseOrder, Delivery, Supplier, Store, Category,
	}
}

// Valid reports whether r is one of Resources.
func (r Resource) Valid() bool { return slices.Contains(Resources(), r) }

// Change is what an event claims has happened. It is a hint for people and for the stale-read
// check; what is pushed is decided by what the object looks like when it is read.
type Change string

// The claims an event can make.
const (
	Changed Change = "changed" // created or updated
	Deleted Change = "deleted"
	Batch   Change = "batch" // many objects in one call; Objects may be empty
)

// Event is one change notification, translated from the sender's body.
type Event struct {
	// ID is the dedupe identity. It is never empty: events that arrive without one get a hash of
	// their contents.
	ID       string
	Resource Resource
	Change   Change
	// Objects are the ids the event names, in order, without duplicates. A product may be named by
	// its document id, product id or sku. Empty means: the ids could not be read from the event.
	Objects []string
	// Market and Store narrow down who is concerned; both are often empty.
	Market, Store string
	// Actor is the id of the user or API user whose action caused the event.
	Actor string
	// Time is when the change happened by the sender's clock, in UTC; zero when not told.
	Time time.Time
}
