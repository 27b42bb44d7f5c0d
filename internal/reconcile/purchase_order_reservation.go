package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/rest"
)

// deniedFor is how long Omnium's refusal of sales orders is remembered: only a person can grant the role.
const deniedFor = 10 * time.Minute

// reservedBefore is how long before a purchase order was made those may have been changed that wait for it:
// one that is made for customers may name them first.
const reservedBefore = 24 * time.Hour

// denial remembers that Omnium refused something.
type denial struct {
	mu    sync.Mutex
	until time.Time
}

func (d *denial) holds() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Before(d.until)
}

func (d *denial) note() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Now().Add(deniedFor)
}

// readReservations finds out which sales orders wait for the lines. They are read from the sales orders,
// the only place where a quantity and a line of the purchase order are named together (reference
// omnium-api.md §8.6). Nobody waits for an order that is finished. When they cannot be read Flow keeps those
// it has, and the run says why at its end; only what will pass by itself is an outcome here.
func (r *purchaseRun) readReservations(
	ctx context.Context, orders []mapping.MappedPurchaseOrder,
) *job.Outcome {
	if !r.of.rules.reservations {
		return nil
	}
	var skus []string
	for _, order := range orders {
		for _, line := range order.Lines {
			if order.Final == "" {
				skus = append(skus, line.SKU)
			}
		}
	}
	var found []omnium.Order
	if len(skus) > 0 {
		var o *job.Outcome
		if found, o = r.salesOrders(ctx, skus); o != nil || r.unread != nil {
			return o
		}
	}
	if found = r.readable(found); r.unread != nil {
		return nil
	}
	reserved, err := mapping.Reservations(r.doc.ID, found)
	if err != nil {
		o := fromMapping(err)
		r.unread = &o
		return nil
	}
	r.reserved = reserved
	return nil
}

// salesOrders reads the sales orders that may wait for the purchase order: who waits for it was changed
// when it was made or later.
func (r *purchaseRun) salesOrders(ctx context.Context, skus []string) ([]omnium.Order, *job.Outcome) {
	forbidden := skipped(reasonReservationsDenied)
	forbidden.Result = ""
	if r.of.denied.holds() {
		r.unread = &forbidden
		return nil, nil
	}
	since := r.doc.Created.Time
	if !since.IsZero() {
		since = since.Add(-reservedBefore)
	}
	r.reads++
	found, err := r.of.source.OrdersOf(ctx, skus, since)
	e, answered := errors.AsType[*rest.Error](err)
	switch {
	case err == nil:
	case answered && e.StatusCode == http.StatusForbidden && e.Label != omniumToken:
		r.of.denied.note()
		r.unread = &forbidden
	case errors.Is(err, omnium.ErrTooMany):
		r.unread = &job.Outcome{Verdict: job.Done, Reason: reasonTooManySalesOrders}
	default:
		o := fromOmnium(fmt.Errorf("read sales orders: %w", err))
		if o.Verdict != job.Permanent {
			return nil, &o
		}
		r.unread = &o
	}
	return found, nil
}

// readable leaves out the sales orders that cannot be read and are about something else. Of one that may be
// about the purchase order it is not known what it waits for.
func (r *purchaseRun) readable(found []omnium.Order) []omnium.Order {
	return slices.DeleteFunc(found, func(o omnium.Order) bool {
		if o.Err != nil && o.Mentions(r.doc.ID) {
			unread := fromOmnium(fmt.Errorf("read sales order %q: %w", o.ID, o.Err))
			r.unread = &unread
		}
		return o.Err != nil
	})
}

// reservationParts are the reservations of the lines that have some.
func (r *purchaseRun) reservationParts(
	ref flow.OrderRef, lines []mapping.PurchaseOrderLine, refused *bool,
) []part {
	var parts []part
	for _, line := range lines {
		list := r.reserved[line.LineItemID]
		if len(list) == 0 {
			continue
		}
		item := line.Item.PurchaseOrderItemUID
		parts = append(parts, part{
			uid: item + reservationsPart, body: list, optional: true,
			put: func(ctx context.Context, _ bool) error {
				err := r.of.flow.SetReservations(ctx, ref, item, list)
				*refused = err != nil
				return err
			},
		})
	}
	return parts
}
