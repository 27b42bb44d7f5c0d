package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// StoreOptions are the facts outside the store that its mapping needs.
type StoreOptions struct {
	// Markets are the ids of the tenant's markets.
	Markets []string
	// OrganizationUID is the organization of stores without a company number.
	OrganizationUID string
	// Hours says which opening hours are sent.
	Hours HoursScope
}

// MappedStore is what Flow shall hold of one primary store.
type MappedStore struct {
	// Store has no default warehouses: which ones exist in Flow is not known here.
	Store        flow.Store
	Organization flow.Organization
	// Warehouses are the stock locations below the store, the default one first.
	Warehouses []Warehouse
	PriceList  flow.PriceList
}

// InMarkets reports whether a store is available on one of the markets; one that names none is
// available on all. Ids compare without regard to case, as Omnium spells one id in several ways
// (reference omnium-api.md §11).
func InMarkets(s *omnium.Store, markets []string) bool {
	return len(s.AvailableOnMarkets) == 0 || firstMarket(s, markets) != ""
}

// firstMarket is the first of the store's markets that is one of the given, as the store spells it.
func firstMarket(s *omnium.Store, markets []string) string {
	for _, m := range s.AvailableOnMarkets {
		if m = strings.TrimSpace(m); m != "" && containsFold(markets, m) {
			return m
		}
	}
	return ""
}

// Store maps a primary store (reference mapping.md §8.2). It fails with uid_empty when an id makes no
// uid, and with uid_duplicate when two warehouses of the store make the same one.
func Store(s *omnium.Store, o StoreOptions) (*MappedStore, error) {
	uid, err := UID(s.ID)
	if err != nil {
		return nil, within("id", err)
	}
	warehouses, err := distinctWarehouses(s)
	if err != nil {
		return nil, err
	}
	name := filled(strings.TrimSpace(s.Name), s.ID)
	m := &MappedStore{
		Organization: organization(s, name, o),
		Warehouses:   warehouses,
		PriceList:    flow.PriceList{PriceListUID: uid, Name: name, ExternalID: s.ID},
	}
	m.Store = flow.Store{
		StoreUID:        uid,
		Name:            name,
		IsActive:        !s.IsInactive,
		OrganizationUID: m.Organization.OrganizationUID,
		Address:         storeStreet(s.Address),
		City:            strings.TrimSpace(s.Address.City),
		PostalCode:      strings.TrimSpace(s.Address.Zipcode),
		CountryCode:     strings.TrimSpace(s.Address.CountryCode),
		Email:           strings.TrimSpace(s.Email),
		Phone:           strings.TrimSpace(s.PhoneNumber),
		Latitude:        coordinate(s.Latitude, 90),
		Longitude:       coordinate(s.Longitude, 180),
		ExternalID:      firstMarket(s, o.Markets),
		VATNumber:       m.Organization.VATNumber,
		OpeningHours:    openingHours(s, o.Hours),
	}
	return m, nil
}

// organization is the company of a store: by its number, else the configured one, of which nothing but
// the uid is known (reference mapping.md §8.4).
func organization(s *omnium.Store, name string, o StoreOptions) flow.Organization {
	number := strings.TrimSpace(s.OrganizationalNumber)
	if uid := strip(number); uid != "" {
		return flow.Organization{OrganizationUID: uid, Name: name, VATNumber: number, IsActive: true}
	}
	return flow.Organization{OrganizationUID: o.OrganizationUID, Name: o.OrganizationUID, IsActive: true}
}

// storeStreet joins name and number with a space; the separator is inferred (reference mapping.md §8.2).
func storeStreet(a omnium.StoreAddress) string {
	return strings.TrimSpace(strings.TrimSpace(a.StreetName) + " " + strings.TrimSpace(a.StreetNumber))
}

func distinctWarehouses(s *omnium.Store) ([]Warehouse, error) {
	list, err := Warehouses(s)
	if err != nil {
		return nil, within("availableWarehouses", err)
	}
	for i, w := range list {
		at := slices.IndexFunc(list, func(other Warehouse) bool { return other.UID == w.UID })
		if at < i {
			return nil, &Error{ReasonUIDDuplicate, fmt.Sprintf("warehouses %q and %q of store %s fall on uid %s",
				list[at].Code, w.Code, s.ID, w.UID)}
		}
	}
	return list, nil
}

// StoreWarehouse is a stock location below a store, named as the Omnium store that it is.
func StoreWarehouse(w Warehouse, of *omnium.Store) flow.Warehouse {
	return flow.Warehouse{
		WarehouseUID: w.UID, Name: filled(strings.TrimSpace(of.Name), w.Code), ExternalID: w.Code,
	}
}
