package flowtest

// warehouseSchema is reference flow-api.md §9.4; that the name is required is an assumption.
func warehouseSchema() schema {
	return schema{
		kinds:    map[string]kind{"warehouseUid": uid, "name": anyText, "externalId": anyText},
		required: []string{"name"},
	}
}

func listWarehouses(t *tenant, in input) answer {
	store := in.path("storeUid")
	if !t.stores.has(store) {
		return missing("store")
	}
	keep := filtered(in.query, map[string]string{"warehouseName": "name", "warehouseExternalId": "externalId"})
	return t.list(t.warehousesOf(store).list(keep), in.query)
}

// createWarehouse takes uids to be unique below a store, which is not documented. With
// Options.WarehousesShareUIDs they are unique in the tenant, as other objects are.
func createWarehouse(t *tenant, in input) answer {
	store := in.path("storeUid")
	if !t.stores.has(store) {
		return missing("store")
	}
	if owner := t.warehouseOwner(in.body.text("warehouseUid")); owner != "" && t.options.WarehousesShareUIDs {
		return refuse(t.options.ExistingStatus, "the warehouse belongs to store "+owner)
	}
	return t.createIn(t.warehousesOf(store), warehouseSchema(), in.body)
}

func getWarehouse(t *tenant, in input) answer {
	record, found := t.warehousesOf(in.path("storeUid")).byUID[in.path("warehouseUid")]
	if !found {
		return missing("warehouse")
	}
	return ok(record)
}

func updateWarehouse(t *tenant, in input) answer {
	return t.updateIn(t.warehousesOf(in.path("storeUid")), warehouseSchema(), in.path("warehouseUid"), in.body)
}

// warehousesOf are the warehouses below a store, none when there is no such store.
func (t *tenant) warehousesOf(store string) *collection {
	if t.warehouses[store] == nil {
		c := newCollection("warehouseUid")
		if !t.stores.has(store) {
			return c
		}
		t.warehouses[store] = c
	}
	return t.warehouses[store]
}

// warehouseOwner is a store that has a warehouse of this uid.
func (t *tenant) warehouseOwner(warehouse string) string {
	for store, list := range t.warehouses {
		if list.has(warehouse) {
			return store
		}
	}
	return ""
}
