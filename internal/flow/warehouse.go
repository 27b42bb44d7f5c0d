package flow

import "context"

// PutWarehouse creates or updates w below a store; see PutProduct for the contract. Whether another
// store may have a warehouse of the same uid is not documented; when Flow says that the uid is taken
// and that the store does not have it, the error is the 404 of the update.
func (c *Client) PutWarehouse(
	ctx context.Context, store string, w Warehouse, known bool, clear Fields,
) (created bool, err error) {
	if err := checkUID(WarehouseCreate, w.WarehouseUID); err != nil {
		return false, err
	}
	uids := []string{storeUID, store, warehouseUID, w.WarehouseUID}
	update := w
	update.WarehouseUID = ""
	return c.upsert(ctx, upsert{
		create: call{op: WarehouseCreate, uids: uids[:2], body: w},
		update: call{op: WarehouseUpdate, uids: uids, body: clearing{update, clear &^ Present(w)}},
		exists: func() (bool, error) { return c.has(ctx, WarehouseGet, uids...) },
	}, known)
}
