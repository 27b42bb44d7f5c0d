package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// stockFalls sells some pieces, removes what was counted in one place, and lets Flow report a sale of
// its own, which is not to be sent back.
func (d *Day) stockFalls(ctx context.Context) (string, error) {
	const sold, gone = "FF-1003-S", "LY-1901"
	err := errors.Join(
		amend(d.world, omniumtest.InventoryItems, sold+"_"+storeOslo, func(i *omnium.InventoryItem) {
			i.Inventory, i.ReservedInventory = "3", "1"
		}),
		amend(d.world, omniumtest.InventoryItems, gone+"_"+depotSE, func(i *omnium.InventoryItem) { i.Cost = "1400" }),
	)
	if err != nil || !d.world.Omnium.Remove(omniumtest.InventoryItems, gone+"_"+depotNO) {
		return "", errors.Join(err, errors.New("the shop misses an item"))
	}
	vanished := stockNews(gone + "_" + depotNO)
	vanished.OperationID, vanished.Category, vanished.StoreID = opInventoryGone, "Deleted", depotNO
	before := d.service.answers.Ignored
	echo := stockNews("FF-1001-S")
	echo.UserID = flowUser
	err = errors.Join(
		d.announce(ctx, stockNews(sold)), d.announce(ctx, vanished), d.announce(ctx, echo),
		counted("ignored", d.service.answers.Ignored-before, 1),
	)
	return "and Flow's own sale is ignored", err
}

// filedAway changes what is kept apart from products: a price, a cost; and gives one store a price of
// its own.
func (d *Day) filedAway(ctx context.Context) (string, error) {
	pack := func(p *omnium.Product) { p.Unit = "pk" }
	err := errors.Join(
		d.edit("FF-1202", pack), d.edit("MT-2301", pack),
		amend(d.world, omniumtest.Prices, keyOfTrousers, func(p *omnium.SeparatePrice) { p.UnitPrice = "1199" }),
		amend(d.world, omniumtest.CostPrices, keyOfFood, func(c *omnium.CostPrice) { c.Cost = "49.95" }),
		d.change(ctx, "UV-1105", func(p *omnium.Product) {
			p.Prices = append(p.Prices, omnium.Price{
				UnitPrice: "299", MarketID: marketNO, CurrencyCode: "NOK", StoreID: storeBergen,
			})
		}),
	)
	if err != nil {
		return "", err
	}
	event, err := with(d.world.Omnium.Event(omniumtest.Event{
		ClassName: "PriceList", OperationID: opPriceList, ObjectID: "autumn",
	}), "properties", []any{map[string]string{"key": "ProductIds", "value": "FF-1202,MT-2301"}})
	if err != nil {
		return "", err
	}
	return "a price list, a cost, one store", d.service.post(ctx, event)
}

// with is an event with a field of its own.
func with(event []byte, field string, value any) ([]byte, error) {
	var fields map[string]any
	if err := json.Unmarshal(event, &fields); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	fields[field] = value
	return json.Marshal(fields)
}
