package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// Reservations are what sales orders have reserved of a purchase order and still wait for, by the id of its
// line, sorted by order (reference omnium-api.md §8.6). What one order has reserved of a line in several
// places is one reservation. Every error is an *Error.
func Reservations(po string, orders []omnium.Order) (map[string][]flow.Reservation, error) {
	byLine := map[string][]flow.Reservation{}
	for i := range orders {
		o := &orders[i]
		for _, line := range waitingLines(o, po) {
			quantity, err := hundredths("reservedInventoryQuantity", line.ReservedQuantity)
			if err != nil {
				return nil, within(fmt.Sprintf("sales order %q", o.ID), err)
			}
			uid := salesOrderUID(o.ID)
			if quantity > 0 && uid != "" {
				byLine[line.PurchaseOrderLineID] = reserve(byLine[line.PurchaseOrderLineID], uid, quantity)
			}
		}
	}
	for _, list := range byLine {
		slices.SortFunc(list, func(a, b flow.Reservation) int { return cmp.Compare(a.OrderUID, b.OrderUID) })
	}
	return byLine, nil
}

func reserve(list []flow.Reservation, uid string, quantity int64) []flow.Reservation {
	for i := range list {
		if list[i].OrderUID == uid {
			list[i].Quantity += quantity
			return list
		}
	}
	return append(list, flow.Reservation{OrderUID: uid, Quantity: quantity})
}

// waitingLines are the lines of a sales order that wait for a purchase order. The lines of shipments repeat
// those of the order; they count where the order does not have them.
func waitingLines(o *omnium.Order, po string) []omnium.OrderLine {
	lines := slices.Clone(o.Form.LineItems)
	for _, shipment := range o.Form.Shipments {
		for _, line := range shipment.LineItems {
			if !slices.ContainsFunc(lines, func(l omnium.OrderLine) bool { return l.LineItemID == line.LineItemID }) {
				lines = append(lines, line)
			}
		}
	}
	return slices.DeleteFunc(lines, func(l omnium.OrderLine) bool {
		return !l.IsAwaitingPurchaseOrder || l.PurchaseOrderID != po
	})
}

// salesOrderUID is the uid under which Flow keeps a sales order. Flow fetches those itself, and gives its own
// uid back as Omnium's order id (reference mapping.md §12), so that hyphens, which Flow allows, are kept.
func salesOrderUID(id string) string {
	parts := strings.Split(id, "-")
	for i, part := range parts {
		parts[i] = strip(part)
	}
	return strings.Join(parts, "-")
}
