package demo

import (
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

func (v *view) expectSuppliers() {
	for i := range v.Suppliers {
		s := &v.Suppliers[i]
		mapped, err := mapping.Supplier(s)
		if err != nil {
			v.stick(sourceOf("supplier", s.ID))
			continue
		}
		v.hold(Suppliers, mapped.SupplierUID, sourceOf("supplier", s.ID), mapped)
	}
}

// expectStores expects the stores of the tenant's markets and what hangs on them.
func (v *view) expectStores() {
	v.hold(PriceLists, mainList, "", v.past.held[PriceLists][mainList].bodies[0])
	options := mapping.StoreOptions{
		Markets: v.tenant.markets(), OrganizationUID: organization, Hours: v.tenant.hours,
	}
	for i := range v.Stores {
		s := &v.Stores[i]
		if !s.IsPrimaryStore || !mapping.InMarkets(s, options.Markets) {
			continue
		}
		mapped, err := mapping.Store(s, options)
		if err != nil {
			v.stick(sourceOf("store", s.ID))
			continue
		}
		v.expectStore(s, mapped)
	}
}

func (v *view) expectStore(s *omnium.Store, m *mapping.MappedStore) {
	source, uid := sourceOf("store", s.ID), m.Store.StoreUID
	v.offer(Organizations, m.Organization.OrganizationUID, m.Organization)
	m.Store.DefaultWarehouseUID = v.expectWarehouses(s, m)
	m.Store.DefaultReturnWarehouseUID = m.Store.DefaultWarehouseUID
	v.hold(Stores, uid, source, wholeStore{m.Store, flow.StoreCreation{
		SalesPriceUID: mainList, PurchaseNumberSeriesUID: purchaseSeries, VoucherNumberSeriesUID: voucherSeries,
	}})
	if v.tenant.storeLists {
		v.hold(PriceLists, uid, source, m.PriceList)
	}
}

// expectWarehouses returns the store's default warehouse: the first that Flow has. A store without any
// keeps the one that it had.
func (v *view) expectWarehouses(s *omnium.Store, m *mapping.MappedStore) string {
	byDefault := ""
	for _, w := range m.Warehouses {
		uid := m.Store.StoreUID + "/" + w.UID
		at := slices.IndexFunc(v.Stores, func(of omnium.Store) bool { return of.ID == w.Code })
		if at >= 0 {
			v.hold(Warehouses, uid, sourceOf("store", s.ID), mapping.StoreWarehouse(w, &v.Stores[at]))
		}
		if byDefault == "" && v.has(Warehouses, uid) {
			byDefault = w.UID
		}
	}
	if before, ok := v.past.held[Stores][m.Store.StoreUID]; ok && byDefault == "" {
		byDefault = before.bodies[0].(wholeStore).DefaultWarehouseUID
	}
	return byDefault
}
