package flowtest

import (
	"encoding/json"

	"github.com/omniflow/omniflow/internal/flow"
)

func (s *Server) storeRoutes() {
	const (
		root          = "/tenants/{tenantUid}"
		organizations = root + "/organizations"
		stores        = root + "/stores"
		store         = stores + "/{storeUid}"
		warehouses    = store + "/warehouses"
		warehouse     = warehouses + "/{warehouseUid}"
		priceLists    = root + "/pricelists"
		priceList     = priceLists + "/{pricelistUid}"
	)
	s.handle(flow.OrganizationList, "GET", organizations, listOrganizations)
	s.handle(flow.OrganizationCreate, "POST", organizations, createOrganization)
	s.handle(flow.StoreGet, "GET", store, getStore)
	s.handle(flow.StoreCreate, "POST", stores, createStore)
	s.handle(flow.StoreUpdate, "PUT", store, updateStore)
	s.handle(flow.WarehouseList, "GET", warehouses, listWarehouses)
	s.handle(flow.WarehouseCreate, "POST", warehouses, createWarehouse)
	s.handle(flow.WarehouseGet, "GET", warehouse, getWarehouse)
	s.handle(flow.WarehouseUpdate, "PUT", warehouse, updateWarehouse)
	s.handle(flow.PriceListList, "GET", priceLists, listPriceLists)
	s.handle(flow.PriceListCreate, "POST", priceLists, createPriceList)
	s.handle(flow.PriceListGet, "GET", priceList, getPriceList)
	s.handle(flow.PriceListUpdate, "PUT", priceList, updatePriceList)
}

// storeSchema is the fields of reference flow-api.md §13.1. That a name and an organization are
// required is an assumption but for the words "a store needs an organization", and so is the shape of
// the opening hours.
func storeSchema() schema {
	return schema{
		kinds: map[string]kind{
			"storeUid": uid, "name": anyText, "isActive": anyBool, "organizationUid": uid,
			"address": anyText, "city": anyText, "postalCode": anyText, "countryCode": anyText,
			"email": anyText, "phone": anyText, "latitude": anyNumber, "longitude": anyNumber,
			"externalId": anyText, "vatNumber": anyText, "openingHours": listOf(openingHours),
			"salesPriceUid": uid, "purchaseNumberSeriesUid": uid, "voucherNumberSeriesUid": uid,
			"defaultWarehouseUid": uid, "defaultReturnWarehouseUid": uid,
		},
		required: []string{"name", "organizationUid"},
	}
}

// openingHours are of a weekday or of a date, and have times when they are open.
func openingHours(raw json.RawMessage) error {
	s := schema{kinds: map[string]kind{
		"day":  oneOf("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"),
		"date": calendarDate, "label": anyText, "isOpen": anyBool,
		"openFrom": timeOfDay, "openTo": timeOfDay,
	}, required: []string{"isOpen"}}
	return object(s)(raw)
}

func anyNumber(raw json.RawMessage) error {
	var n float64
	return json.Unmarshal(raw, &n)
}

func getStore(t *tenant, in input) answer {
	record, found := t.stores.byUID[in.path("storeUid")]
	if !found {
		return missing("store")
	}
	return ok(record)
}

func createStore(t *tenant, in input) answer {
	if err := storeSchema().checkCreate(in.body); err != nil {
		return bad(err.Error())
	}
	if text := t.danglingStore(in.body.text("storeUid"), in.body); text != "" {
		return bad(text)
	}
	record, refusal := t.create(t.stores, in.body)
	if refusal != nil {
		return *refusal
	}
	return created(record)
}

// updateStore refuses what the Omnium connector is said to send on create only (reference mapping.md
// §8.3). That Flow does, and that it merges, are assumptions.
func updateStore(t *tenant, in input) answer {
	store := in.path("storeUid")
	record, found := t.stores.byUID[store]
	if !found {
		return missing("store")
	}
	s := storeSchema()
	for _, name := range []string{"storeUid", "salesPriceUid", "purchaseNumberSeriesUid", "voucherNumberSeriesUid"} {
		delete(s.kinds, name)
	}
	if err := s.checkUpdate(in.body); err != nil {
		return bad(err.Error())
	}
	if text := t.danglingStore(store, in.body); text != "" {
		return bad(text)
	}
	t.merge(record, in.body)
	return ok(record)
}

// danglingStore says what the store refers to that does not exist. Refusing that is an assumption; a
// store whose warehouses come after it shows that the default ones cannot be there at its create.
func (t *tenant) danglingStore(store string, body fields) string {
	if org := body.text("organizationUid"); org != "" && !t.organizations.has(org) {
		return "organizationUid does not exist"
	}
	for _, name := range []string{"defaultWarehouseUid", "defaultReturnWarehouseUid"} {
		if w := body.text(name); w != "" && !t.warehousesOf(store).has(w) {
			return name + " is not a warehouse of the store"
		}
	}
	return ""
}

func listOrganizations(t *tenant, in input) answer {
	keep := filtered(in.query, map[string]string{
		"organizationName": "name", "organizationExternalId": "externalId",
	})
	return t.list(t.organizations.list(keep), in.query)
}

// createOrganization has the fields of reference flow-api.md §13.3; that the name is required is an
// assumption.
func createOrganization(t *tenant, in input) answer {
	s := schema{kinds: map[string]kind{
		"organizationUid": uid, "name": anyText, "externalId": anyText, "isActive": anyBool,
		"address": anyText, "postalCode": anyText, "city": anyText, "countryCode": anyText,
		"email": anyText, "phone": anyText, "vatNumber": anyText, "websiteUrl": anyText,
	}, required: []string{"name"}}
	return t.createIn(t.organizations, s, in.body)
}

// createIn answers a create of something that refers to nothing.
func (t *tenant) createIn(c *collection, s schema, body fields) answer {
	if err := s.checkCreate(body); err != nil {
		return bad(err.Error())
	}
	record, refusal := t.create(c, body)
	if refusal != nil {
		return *refusal
	}
	return ok(record)
}

// updateIn answers a partial update of something that refers to nothing.
func (t *tenant) updateIn(c *collection, s schema, uid string, body fields) answer {
	record, found := c.byUID[uid]
	if !found {
		return missing(c.key)
	}
	delete(s.kinds, c.key)
	if err := s.checkUpdate(body); err != nil {
		return bad(err.Error())
	}
	t.merge(record, body)
	return ok(record)
}
