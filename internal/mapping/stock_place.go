package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/omnium"
)

// StockMarket is a market of the tenant and who says there how much is in stock (the property
// OmniumIsMasterForStock, per market).
type StockMarket struct {
	ID             string
	OmniumIsMaster bool
}

// StockRules are the tenant's facts that decide where stock goes and which figure it is.
type StockRules struct {
	Markets []StockMarket
	// FlowMasters are the ids or uids of stores for which Flow is the stock master whatever their markets
	// say (the property FlowStockMasterStores).
	FlowMasters []string
	// WebWarehouse is the uid of the web warehouse in Flow, alone or after the uid of its store and a
	// slash; empty when Omnium's web warehouses are warehouses like others.
	WebWarehouse string
	// Available sends what is not reserved instead of what is physically there.
	Available bool
	// Cost sends the cost with the quantity.
	Cost bool
}

// StockPlace is a warehouse of a Flow store and where its stock comes from.
type StockPlace struct {
	// Store is the id of the Omnium store; empty when the configuration names Flow's store.
	Store                  string
	StoreUID, WarehouseUID string
	// Codes are the Omnium warehouses whose stock is added up there, sorted; more than one only for the
	// web warehouse.
	Codes []string
	// Configured says that the warehouse is the one in Flow that FlowWebWarehouse names, which no store
	// export creates.
	Configured bool
}

// StockPlaces are the warehouses that get stock, sorted by uids: those of every active primary store of
// the tenant's markets for which Omnium is the stock master (reference mapping.md §7, §8.4). Of stores
// that fall on one uid the one with the smallest id counts; one that Store cannot map, because of an id, has
// no places.
//
// With a WebWarehouse the stock of web warehouses goes there, added up, and nowhere else. Whose warehouse
// that is in Flow is not documented; when the rules do not say, it is assumed to be the first store by id
// that is a web warehouse itself, else the first that has one. Without such a store the stock goes nowhere.
func StockPlaces(stores []omnium.Store, rules *StockRules) []StockPlace {
	p := placing{rules: rules, web: map[string]bool{}, places: map[[2]string]StockPlace{}}
	stores = slices.SortedFunc(slices.Values(stores), func(a, b omnium.Store) int { return cmp.Compare(a.ID, b.ID) })
	if rules.WebWarehouse != "" {
		for _, s := range stores {
			p.web[s.ID] = s.IsWebWarehouse
		}
	}
	for i := range stores {
		p.add(&stores[i])
	}
	p.addWeb()
	return slices.SortedFunc(maps.Values(p.places), func(a, b StockPlace) int {
		return cmp.Or(cmp.Compare(a.StoreUID, b.StoreUID), cmp.Compare(a.WarehouseUID, b.WarehouseUID))
	})
}

// placing is the work of StockPlaces.
type placing struct {
	rules  *StockRules
	places map[[2]string]StockPlace
	uids   []string        // of stores that have places
	web    map[string]bool // the web warehouses, when they share one place
	// host is the store of the web warehouse so far, codes what is in it.
	host  *omnium.Store
	codes []string
}

// add gives a store its places.
func (p *placing) add(s *omnium.Store) {
	if s.IsInactive || !p.rules.OmniumIsMaster(s) {
		return
	}
	if p.web[s.ID] {
		p.codes = append(p.codes, s.ID)
	}
	uid, err := UID(s.ID)
	warehouses, errs := distinctWarehouses(s)
	if !s.IsPrimaryStore || err != nil || errs != nil || slices.Contains(p.uids, uid) {
		return
	}
	p.uids = append(p.uids, uid)
	if p.web[s.ID] {
		p.offer(s)
	}
	for _, w := range warehouses {
		if p.web[w.Code] {
			p.codes = append(p.codes, w.Code)
			p.offer(s)
			continue
		}
		p.places[[2]string{uid, w.UID}] = StockPlace{
			Store: s.ID, StoreUID: uid, WarehouseUID: w.UID, Codes: []string{w.Code},
		}
	}
}

// offer makes a store the host of the web warehouse when there is no better one.
func (p *placing) offer(s *omnium.Store) {
	if p.host == nil || p.web[s.ID] && !p.web[p.host.ID] {
		p.host = s
	}
}

// addWeb gives the web warehouse its place. When a warehouse has that place already, its stock is added.
func (p *placing) addWeb() {
	if len(p.codes) == 0 {
		return
	}
	place := StockPlace{Codes: p.codes, Configured: true}
	store, warehouse, told := strings.Cut(p.rules.WebWarehouse, "/")
	switch {
	case told:
		if p.rules.namesFlowMaster(store) {
			return
		}
		place.StoreUID, place.WarehouseUID = store, warehouse
	case p.host == nil:
		return
	default:
		place.Store, place.WarehouseUID = p.host.ID, p.rules.WebWarehouse
		place.StoreUID = strip(p.host.ID)
	}
	key := [2]string{place.StoreUID, place.WarehouseUID}
	if other, taken := p.places[key]; taken {
		place.Codes = append(place.Codes, other.Codes...)
	}
	slices.Sort(place.Codes)
	place.Codes = slices.Compact(place.Codes)
	p.places[key] = place
}

// OmniumIsMaster reports whether the store is in a market of the tenant and Omnium is the master of its
// stock. In several markets of the tenant that differ, Flow is: what it counts itself must not be
// overwritten.
func (r *StockRules) OmniumIsMaster(s *omnium.Store) bool {
	var markets []string
	for _, m := range r.Markets {
		markets = append(markets, m.ID)
	}
	return InMarkets(s, markets) && !r.FlowIsMaster(s)
}

// FlowIsMaster reports whether Flow is the master of the store's stock: the rules name the store, or some
// market of the tenant in which it is says so.
func (r *StockRules) FlowIsMaster(s *omnium.Store) bool {
	return r.namesFlowMaster(s.ID) || slices.ContainsFunc(r.Markets, func(m StockMarket) bool {
		return !m.OmniumIsMaster && InMarkets(s, []string{m.ID})
	})
}

// Empties reports whether stock is zero where a store had a place that is none any more: it has left the
// tenant's markets, is not active or not primary any more, or has lost the warehouse. It is left alone when
// Flow is the master, and when nothing certain is known: no store, or several, make the uid, or the store
// has ids that make none.
func (r *StockRules) Empties(stores []omnium.Store, storeUID string) bool {
	var of []*omnium.Store
	for i := range stores {
		if strip(stores[i].ID) == storeUID {
			of = append(of, &stores[i])
		}
	}
	if len(of) != 1 || r.FlowIsMaster(of[0]) {
		return false
	}
	_, err := distinctWarehouses(of[0])
	return err == nil
}

// namesFlowMaster compares ids by the uids that are made of them, so that either may be given.
func (r *StockRules) namesFlowMaster(id string) bool {
	return slices.ContainsFunc(r.FlowMasters, func(master string) bool {
		return strip(master) != "" && strings.EqualFold(strip(master), strip(id))
	})
}
