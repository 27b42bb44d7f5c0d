package flow

import "context"

// PutPriceList creates or updates l; see PutProduct for the contract.
func (c *Client) PutPriceList(
	ctx context.Context, l PriceList, known bool, clear Fields,
) (created bool, err error) {
	if err := checkUID(PriceListCreate, l.PriceListUID); err != nil {
		return false, err
	}
	uids := []string{priceListUID, l.PriceListUID}
	update := l
	update.PriceListUID = ""
	return c.upsert(ctx, upsert{
		create: call{op: PriceListCreate, body: l},
		update: call{op: PriceListUpdate, uids: uids, body: clearing{update, clear &^ Present(l)}},
		exists: func() (bool, error) { return c.has(ctx, PriceListGet, uids...) },
	}, known)
}
