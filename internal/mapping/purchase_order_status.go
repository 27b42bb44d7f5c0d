package mapping

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/omnium"
)

// progress is how far the lines of an order are.
type progress struct {
	lines     bool // some line orders something
	delivered bool // something has arrived
	open      bool // something is still to come
}

// orderStatus goes by what was delivered. What was cancelled is not to come any more, so an order of which
// nothing has arrived and everything was cancelled is closed (reference mapping.md §11.4).
func orderStatus(po *omnium.PurchaseOrder, statuses []string) (string, error) {
	var all progress
	for i := range po.Form.LineItems {
		line := &po.Form.LineItems[i]
		if err := all.add(line); err != nil {
			return "", within("line "+line.LineItemID, err)
		}
	}
	switch {
	case cancelled(po, statuses):
		return flow.OrderClosed, nil
	case all.delivered && all.open:
		return flow.OrderPartly, nil
	case all.delivered:
		return flow.OrderReceived, nil
	case all.lines && !all.open:
		return flow.OrderClosed, nil
	default:
		return flow.OrderSent, nil
	}
}

// add counts a line in. One that orders nothing holds nothing up.
func (p *progress) add(line *omnium.PurchaseOrderLine) error {
	var numbers [3]apd.Decimal
	for i, field := range []struct {
		name string
		n    omnium.Number
	}{
		{"quantity", line.Quantity},
		{"deliveredQuantity", line.DeliveredQuantity},
		{"canceledQuantity", line.CanceledQuantity},
	} {
		d, err := parse(field.name, field.n)
		if err != nil {
			return err
		}
		if d != nil {
			numbers[i].Set(d)
		}
	}
	ordered, delivered, cancelled := &numbers[0], &numbers[1], &numbers[2]
	p.delivered = p.delivered || delivered.Sign() > 0
	if ordered.Sign() <= 0 {
		return nil
	}
	p.lines = true
	done := new(apd.Decimal)
	if _, err := exact().Add(done, delivered, cancelled); err != nil {
		return outOfRange("deliveredQuantity", delivered)
	}
	p.open = p.open || done.Cmp(ordered) < 0
	return nil
}
