package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
)

// reorder changes a purchase order and announces it.
func (d *Day) reorder(ctx context.Context, id string, change func(*omnium.PurchaseOrder)) error {
	if err := amend(d.world, omniumtest.PurchaseOrders, id, change); err != nil {
		return err
	}
	return d.announce(ctx, purchaseNews(id))
}

// placed places an order, and cancels and deletes others.
func (d *Day) placed(ctx context.Context) (string, error) {
	po := order(orderPlaced, supplierWool, storeOslo, "UV-1101-S", "UV-1101-M", "UV-1101-L")
	po.Created = omnium.Time{Time: d.world.Omnium.Now()}
	put(d.world, omniumtest.PurchaseOrders, po)
	if !d.world.Omnium.Remove(omniumtest.PurchaseOrders, "PO-1006") {
		return "", errors.New("the shop misses an order")
	}
	gone := purchaseNews("PO-1006")
	gone.OperationID, gone.Category = opPurchaseGone, "Deleted"
	return "one placed, one cancelled, one deleted", errors.Join(
		d.announce(ctx, purchaseNews(orderPlaced)),
		d.reorder(ctx, orderTents, func(po *omnium.PurchaseOrder) { po.Status = "ordercanceled" }),
		d.announce(ctx, gone),
	)
}

// arrivals receives a part of an order, cancels a line, drops one and splits one; then receives the
// rest.
func (d *Day) arrivals(ctx context.Context) (string, error) {
	err := d.reorder(ctx, orderPlaced, func(po *omnium.PurchaseOrder) {
		lines := po.Form.LineItems
		lines[0].DeliveredQuantity = "4"
		lines[1].CanceledQuantity = lines[1].Quantity
		lines[2].Quantity, lines[2].DiscountedPriceExclTax = "10", "1001"
		po.Form.LineItems = append(lines, orderLine(po.ID, 4, "UV-1101-L"))
	})
	if err == nil {
		_, err = d.rest(ctx)
	}
	if err != nil {
		return "", err
	}
	return "in two steps, with a cancelled line", errors.Join(
		d.reorder(ctx, orderPlaced, func(po *omnium.PurchaseOrder) {
			lines := po.Form.LineItems
			for i := range lines {
				if lines[i].CanceledQuantity == "" {
					lines[i].DeliveredQuantity = lines[i].Quantity
				}
			}
		}),
		d.reorder(ctx, orderWool, func(po *omnium.PurchaseOrder) {
			po.Form.LineItems, po.Notes = po.Form.LineItems[:2], nil
		}),
	)
}

// deliveriesMove changes a delivery, adds one and removes one. In Sweden each is an order.
func (d *Day) deliveriesMove(ctx context.Context) (string, error) {
	const third = "D-33"
	put(d.world, omniumtest.Deliveries, omnium.Delivery{ID: third, EstimatedTimeOfArrival: date(12, 1)})
	err := errors.Join(
		amend(d.world, omniumtest.Deliveries, deliverySecond, func(d *omnium.Delivery) {
			d.EstimatedTimeOfArrival = date(11, 11)
		}),
		amend(d.world, omniumtest.PurchaseOrders, orderShoes, func(po *omnium.PurchaseOrder) {
			po.Form.LineItems[0].DeliveryID = "" // its delivery is given up
			po.Form.LineItems[2].DeliveryID = third
		}),
	)
	if err != nil || !d.world.Omnium.Remove(omniumtest.Deliveries, deliveryFirst) {
		return "", errors.Join(err, errors.New("the shop misses a delivery"))
	}
	gone := deliveryNews(deliveryFirst)
	gone.OperationID, gone.Category = opDeliveryGone, "Deleted"
	return "each one an order in Sweden", errors.Join(
		d.announce(ctx, gone),
		d.announce(ctx, deliveryNews(deliverySecond)),
		d.announce(ctx, deliveryNews(third)),
	)
}

// reservation lets a customer's order wait for a line of a purchase order in each country.
func (d *Day) reservation(ctx context.Context) (string, error) {
	put(d.world, omniumtest.Orders,
		reservedSale("SO-7001", orderWool, "UV-1102-S", "2"),
		reservedSale("SO-7002", orderWool, "UV-1102-S", "1.5"),
	)
	for _, id := range []string{"SO-7001", "SO-7002"} {
		event := d.world.Omnium.Event(omniumtest.Event{ClassName: "Order", OperationID: opOrder, ObjectID: id})
		event, err := with(event, "properties", []any{map[string]string{"key": "PurchaseOrderId", "value": orderWool}})
		if err != nil {
			return "", err
		}
		if err := d.service.post(ctx, event); err != nil {
			return "", err
		}
	}
	return "2 orders wait for one line", nil
}

// outOfOrder announces a purchase order of a supplier that is not there yet, with a product that is not
// there yet. Both come later, and nobody speaks of the order again.
func (d *Day) outOfOrder(ctx context.Context) (string, error) {
	a := article{"NY-9001", "Nyskapt", "klaer-ull", single, 599, "Ullteppe", "Ullfilt"}
	po := order(orderLate, supplierLate, storeBergen, "UV-1104-rod", a.id)
	po.Created = omnium.Time{Time: d.world.Omnium.Now()}
	put(d.world, omniumtest.PurchaseOrders, po)
	if err := d.announce(ctx, purchaseNews(orderLate)); err != nil {
		return "", err
	}
	if _, err := d.rest(ctx); err != nil {
		return "", err
	}
	put(d.world, omniumtest.Suppliers, omnium.Supplier{ID: supplierLate, Name: "Nyskapt AS"})
	if err := d.announce(ctx, supplierNews(supplierLate)); err != nil {
		return "", err
	}
	before := len(d.oracles[0].past.held[Lines])
	d.stock(a, 1)
	if err := d.announce(ctx, added(a.id)); err != nil {
		return "", err
	}
	if _, err := d.rest(ctx); err != nil {
		return "", err
	}
	lines := len(d.oracles[0].past.held[Lines]) - before
	if lines != 2 {
		return "", fmt.Errorf("the order has %d lines, want 2", lines)
	}
	return "it finished by itself", nil
}
