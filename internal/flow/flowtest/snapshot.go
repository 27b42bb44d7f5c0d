package flowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
)

// State is what a tenant holds.
type State struct {
	Products   map[string]flow.Product
	Brands     map[string]flow.Brand
	Groups     map[string]flow.ProductGroup
	Properties map[string]flow.Property
	// Media are by product uid, in the order in which they were added. SetAsCoverImage says which
	// one is the cover now.
	Media map[string][]flow.Media
	// Texts are by product uid and property uid.
	Texts map[string]map[string]string
	// Siblings are by product uid, sorted; every link is there from both its ends.
	Siblings map[string][]string
	// Stock is by store uid, and by warehouse uid, slash and product uid.
	Stock map[string]map[string]flow.Stock

	Organizations map[string]flow.Organization
	Stores        map[string]flow.Store
	// StoreCreations are the fields of a store that only its create can set, by store uid.
	StoreCreations map[string]flow.StoreCreation
	// Warehouses are by store uid and warehouse uid.
	Warehouses map[string]map[string]flow.Warehouse
	PriceLists map[string]flow.PriceList
	Customers  map[string]flow.Customer
	// Contacts are by customer uid and contact uid.
	Contacts map[string]map[string]flow.CustomerContact
	// Orders are the purchase orders by their store, a slash and their uid; OrderItems are their lines, and
	// Reservations what is reserved of a line, by the order's key and the uid of the line.
	Orders       map[string]flow.PurchaseOrder
	OrderItems   map[string]map[string]flow.PurchaseOrderItem
	Reservations map[string]map[string][]flow.Reservation
	// Prices are by price list uid and product uid.
	Prices     map[string]map[string]flow.Price
	Suppliers  map[string]flow.Supplier
	Categories map[string]flow.Category
}

// Snapshot returns a copy of what a tenant holds at this moment. Products carry their uid; a date
// that was cleared is the zero Date. The error says that the tenant is unknown, or that a record
// cannot be read, which would be a fault of the server itself.
func (s *Server) Snapshot(tenantUID string) (State, error) {
	t := s.tenants[tenantUID]
	if t == nil {
		return State{}, fmt.Errorf("unknown tenant %q", tenantUID)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	state := State{
		Products:   make(map[string]flow.Product),
		Brands:     make(map[string]flow.Brand),
		Groups:     make(map[string]flow.ProductGroup),
		Properties: make(map[string]flow.Property),
		Media:      make(map[string][]flow.Media),
		Texts:      make(map[string]map[string]string),
		Siblings:   make(map[string][]string),
		Stock:      t.snapshotStock(),

		Organizations:  make(map[string]flow.Organization),
		Stores:         make(map[string]flow.Store),
		StoreCreations: make(map[string]flow.StoreCreation),
		Warehouses:     make(map[string]map[string]flow.Warehouse),
		PriceLists:     make(map[string]flow.PriceList),
		Customers:      make(map[string]flow.Customer),
		Contacts:       make(map[string]map[string]flow.CustomerContact),
		Orders:         make(map[string]flow.PurchaseOrder),
		OrderItems:     make(map[string]map[string]flow.PurchaseOrderItem),
		Reservations:   make(map[string]map[string][]flow.Reservation),

		Prices:     make(map[string]map[string]flow.Price),
		Suppliers:  make(map[string]flow.Supplier),
		Categories: make(map[string]flow.Category),
	}
	return state, t.fill(state)
}

func (t *tenant) fill(state State) error {
	if err := t.fillCustomers(state); err != nil {
		return err
	}
	if err := t.fillOrders(state); err != nil {
		return err
	}
	for product, texts := range t.texts {
		state.Texts[product] = maps.Clone(texts)
	}
	for product, siblings := range t.links {
		state.Siblings[product] = slices.Sorted(slices.Values(siblings))
	}
	for product, media := range t.media {
		list, err := snapshotMedia(media)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			state.Media[product] = list
		}
	}
	if err := errors.Join(t.fillStores(state), t.fillPrices(state)); err != nil {
		return err
	}
	if err := decodeAll(t.products, state.Products); err != nil {
		return err
	}
	if err := decodeAll(t.brands, state.Brands); err != nil {
		return err
	}
	if err := decodeAll(t.groups, state.Groups); err != nil {
		return err
	}
	if err := decodeAll(t.suppliers, state.Suppliers); err != nil {
		return err
	}
	if err := decodeAll(t.categories, state.Categories); err != nil {
		return err
	}
	return decodeAll(t.properties, state.Properties)
}

func (t *tenant) fillStores(state State) error {
	for store, list := range t.warehouses {
		state.Warehouses[store] = make(map[string]flow.Warehouse)
		if err := decodeAll(list, state.Warehouses[store]); err != nil {
			return err
		}
	}
	return errors.Join(
		decodeAll(t.organizations, state.Organizations),
		decodeAll(t.stores, state.Stores),
		decodeAll(t.stores, state.StoreCreations),
		decodeAll(t.priceLists, state.PriceLists),
	)
}

func decodeAll[T any](c *collection, into map[string]T) error {
	for uid, record := range c.byUID {
		var v T
		if err := record.decode(&v); err != nil {
			return fmt.Errorf("read %s %s: %w", c.key, uid, err)
		}
		into[uid] = v
	}
	return nil
}

func snapshotMedia(c *collection) ([]flow.Media, error) {
	var list []flow.Media
	for _, record := range c.list(all) {
		var m flow.Media
		if err := record.decode(&m); err != nil {
			return nil, fmt.Errorf("read media: %w", err)
		}
		if err := json.Unmarshal(record["isCoverImage"], &m.SetAsCoverImage); err != nil {
			return nil, fmt.Errorf("read media: %w", err)
		}
		list = append(list, m)
	}
	return list, nil
}
