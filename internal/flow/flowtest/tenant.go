package flowtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
)

// tenant is the state of one Flow tenant.
type tenant struct {
	uid     string
	token   string
	options Options
	down    atomic.Bool

	// mu guards everything below.
	mu         sync.Mutex
	generated  int
	brands     *collection
	groups     *collection
	properties *collection
	products   *collection
	media      map[string]*collection       // by product
	texts      map[string]map[string]string // by product and property
	links      map[string][]string          // by product, in the order of linking

	organizations *collection
	stores        *collection
	warehouses    map[string]*collection // by store
	priceLists    *collection
	customers     *collection
	contacts      map[string]*collection // by customer
	orders        *orders
	stock         map[string]map[string]flow.Stock // by store, and by stockKey

	prices     map[string]*collection // by price list; the entries are by product
	suppliers  *collection
	categories *collection
}

func newTenant(t Tenant, o Options) *tenant {
	return &tenant{
		uid:        t.UID,
		token:      t.Token,
		options:    o,
		brands:     newCollection("brandUid"),
		groups:     newCollection("productGroupUid"),
		properties: newCollection("propertyUid"),
		products:   newCollection("productUid"),
		media:      make(map[string]*collection),
		texts:      make(map[string]map[string]string),
		links:      make(map[string][]string),

		organizations: newCollection("organizationUid"),
		stores:        newCollection("storeUid"),
		warehouses:    make(map[string]*collection),
		priceLists:    newCollection("pricelistUid"),
		customers:     newCollection("customerUid"),
		contacts:      make(map[string]*collection),
		orders:        newOrders(),
		stock:         make(map[string]map[string]flow.Stock),

		prices:     make(map[string]*collection),
		suppliers:  newCollection("supplierUid"),
		categories: newCollection("categoryUid"),
	}
}

// collection is the records of one kind, in the order of their creation.
type collection struct {
	key   string // the field that holds the uid
	order []string
	byUID map[string]fields
}

func newCollection(key string) *collection {
	return &collection{key: key, byUID: make(map[string]fields)}
}

func (c *collection) has(uid string) bool {
	_, found := c.byUID[uid]
	return found
}

// list returns the records that keep holds for.
func (c *collection) list(keep func(fields) bool) []fields {
	var list []fields
	for _, uid := range c.order {
		if keep(c.byUID[uid]) {
			list = append(list, c.byUID[uid])
		}
	}
	return list
}

func all(fields) bool { return true }

func (c *collection) remove(uid string) {
	delete(c.byUID, uid)
	c.order = slices.DeleteFunc(c.order, func(s string) bool { return s == uid })
}

// create stores a record. A body without a uid gets one; one with a uid that exists is refused. It
// returns the record, or the refusal.
func (t *tenant) create(c *collection, body fields) (fields, *answer) {
	uid := body.text(c.key)
	if uid == "" {
		t.generated++
		uid = fmt.Sprintf("generated-%d", t.generated)
	}
	if c.has(uid) {
		refusal := refuse(t.options.ExistingStatus, c.key+" "+uid+" exists")
		return nil, &refusal
	}
	record := fields{"createdAt": t.timestamp()}
	t.merge(record, body)
	record[c.key] = quote(uid)
	c.order = append(c.order, uid)
	c.byUID[uid] = record
	return record, nil
}

// merge updates a record: what is left out stays, null clears. This is documented for product groups
// and warehouses only (reference flow-api.md §1.8); for products it is an assumption.
func (t *tenant) merge(record, body fields) {
	maps.Copy(record, body)
	maps.DeleteFunc(record, func(_ string, raw json.RawMessage) bool { return isNull(raw) })
	record["lastModifiedAt"] = t.timestamp()
}

// timestamp has the vendor's form: UTC with milliseconds (reference flow-api.md §1.6).
func (t *tenant) timestamp() json.RawMessage {
	return quote(t.options.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}

func quote(s string) json.RawMessage {
	// A string always has an encoding.
	raw, _ := json.Marshal(s)
	return raw
}

// getTenant answers with the documented fields that say who the tenant is (reference flow-api.md
// §13.4); the many settings are left out.
func getTenant(t *tenant, _ input) answer {
	stamp := time.Unix(0, 0).UTC().Format("2006-01-02T15:04:05.000Z")
	return ok(map[string]any{
		"tenantUid": t.uid, "name": t.uid, "createdAt": stamp, "lastModifiedAt": stamp,
		"pricelistUid": "main", "vatNumber": "", "countryCode": "NO", "languageCode": "nb",
		"timezone": "Europe/Oslo", "currency": map[string]string{"code": "NOK"},
	})
}
