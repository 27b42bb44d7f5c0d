package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// Reasons of Error that only purchase orders have.
const (
	ReasonNoSupplier = "supplier_missing" // a purchase order names no supplier
	ReasonNoProduct  = "sku_missing"      // a line names no product
)

// PurchaseOrderOptions are the facts outside a purchase order that its mapping needs.
type PurchaseOrderOptions struct {
	// StoreUID is the Flow store that the order belongs to.
	StoreUID string
	// Cancelled are the statuses that mean that an order is cancelled.
	Cancelled []string
	// ByDelivery makes every delivery a Flow order of its own (property ExportDeliveryAsPo); Deliveries
	// are those that exist, by id.
	ByDelivery bool
	Deliveries map[string]*omnium.Delivery
}

// MappedPurchaseOrder is what Flow shall hold of one Omnium purchase order or of one of its deliveries.
type MappedPurchaseOrder struct {
	// Head leaves out the status that the order ends with; see Final.
	Head  flow.PurchaseOrder
	Lines []PurchaseOrderLine
	// Final is RECEIVED or CLOSED, to be sent when the lines are right, so that nobody takes an order
	// for finished whose lines are on their way; empty when the order goes on.
	Final string
}

// PurchaseOrderLine is one line and what it refers to.
type PurchaseOrderLine struct {
	// LineItemID and SKU are what Omnium calls the line and its product.
	LineItemID, SKU string
	Item            flow.PurchaseOrderItem
}

// DeliveryOf is the delivery that a line is in; "" when it is in none. When one delivery mirrors the whole
// order, its lines need not say so (reference omnium-api.md §8.1).
func DeliveryOf(po *omnium.PurchaseOrder, line *omnium.PurchaseOrderLine) string {
	if line.DeliveryID == "" && po.IsDelivery {
		return po.DeliveryID
	}
	return line.DeliveryID
}

// PurchaseOrder maps a purchase order to one Flow order, or to one for each of its deliveries (reference
// mapping.md §11). Lines that are in no delivery are left out then. It reads its arguments only; every
// error is an *Error.
func PurchaseOrder(po *omnium.PurchaseOrder, o PurchaseOrderOptions) ([]MappedPurchaseOrder, error) {
	head, err := orderHead(po, o.StoreUID)
	if err != nil {
		return nil, err
	}
	if o.ByDelivery {
		return byDelivery(po, head, o)
	}
	status, err := orderStatus(po, o.Cancelled)
	if err != nil {
		return nil, err
	}
	m, err := withLines(head, po.Form.LineItems, po.RequestedDeliveryDate)
	if err != nil {
		return nil, err
	}
	return []MappedPurchaseOrder{m.withStatus(status)}, nil
}

// byDelivery makes an order of every delivery that has lines, in the order of their first lines. It stays
// sent to the supplier until the purchase order is cancelled, as the vendor's connector has it.
func byDelivery(
	po *omnium.PurchaseOrder, head flow.PurchaseOrder, o PurchaseOrderOptions,
) ([]MappedPurchaseOrder, error) {
	var ids []string
	lines := map[string][]omnium.PurchaseOrderLine{}
	for _, line := range po.Form.LineItems {
		id := DeliveryOf(po, &line)
		if o.Deliveries[id] == nil {
			continue
		}
		if lines[id] == nil {
			ids = append(ids, id)
		}
		lines[id] = append(lines[id], line)
	}
	status := flow.OrderSent
	if cancelled(po, o.Cancelled) {
		status = flow.OrderClosed
	}
	var list []MappedPurchaseOrder
	uids := map[string]string{}
	for _, id := range ids {
		uid, err := UID(id)
		if err != nil {
			return nil, within("delivery", err)
		}
		if other, taken := uids[uid]; taken {
			return nil, &Error{ReasonUIDDuplicate, fmt.Sprintf("deliveries %q and %q are both %s in Flow", other, id, uid)}
		}
		uids[uid] = id
		d := o.Deliveries[id]
		date := po.RequestedDeliveryDate
		if !d.EstimatedTimeOfArrival.IsZero() {
			date = d.EstimatedTimeOfArrival
		}
		m, err := withLines(head, lines[id], date)
		if err != nil {
			return nil, err
		}
		m.Head.PurchaseOrderUID = head.PurchaseOrderUID + "-delivery-" + uid
		list = append(list, m.withStatus(status))
	}
	return list, nil
}

// withStatus sets the status, as part of the head while the order goes on.
func (m MappedPurchaseOrder) withStatus(status string) MappedPurchaseOrder {
	if status == flow.OrderReceived || status == flow.OrderClosed {
		m.Final = status
	} else {
		m.Head.Status = status
	}
	return m
}

func orderHead(po *omnium.PurchaseOrder, store string) (flow.PurchaseOrder, error) {
	uid, err := UID(po.ID)
	if err != nil {
		return flow.PurchaseOrder{}, err
	}
	if strings.TrimSpace(po.SupplierID) == "" {
		return flow.PurchaseOrder{}, &Error{ReasonNoSupplier, fmt.Sprintf("purchase order %q has no supplierId", po.ID)}
	}
	supplier, err := UID(po.SupplierID)
	if err != nil {
		return flow.PurchaseOrder{}, within("supplierId", err)
	}
	return flow.PurchaseOrder{
		StoreUID: store, PurchaseOrderUID: uid, SupplierUID: supplier, ExternalID: po.ID,
		Currency:                strings.ToUpper(strings.TrimSpace(po.BillingCurrency)),
		SupplierReferenceNumber: strings.TrimSpace(po.ReferenceNumber),
		Note:                    notes(po.Notes),
	}, nil
}

// notes joins what the comments say, in their order; one without a detail says its title.
func notes(comments []omnium.Comment) string {
	var texts []string
	for _, c := range comments {
		if text := cmp.Or(strings.TrimSpace(c.Detail), strings.TrimSpace(c.Title)); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

func withLines(
	head flow.PurchaseOrder, lines []omnium.PurchaseOrderLine, date omnium.Time,
) (MappedPurchaseOrder, error) {
	m := MappedPurchaseOrder{Head: head}
	for i := range lines {
		line, err := orderLine(&lines[i], date)
		if err != nil {
			return MappedPurchaseOrder{}, within("line "+lines[i].LineItemID, err)
		}
		uid := line.Item.PurchaseOrderItemUID
		at := slices.IndexFunc(m.Lines, func(l PurchaseOrderLine) bool { return l.Item.PurchaseOrderItemUID == uid })
		if at >= 0 {
			return MappedPurchaseOrder{}, &Error{ReasonUIDDuplicate, fmt.Sprintf("lines %q and %q are both %s in Flow",
				m.Lines[at].LineItemID, line.LineItemID, uid)}
		}
		m.Lines = append(m.Lines, line)
	}
	return m, nil
}

func cancelled(po *omnium.PurchaseOrder, statuses []string) bool {
	return containsFold(statuses, strings.TrimSpace(po.Status))
}
