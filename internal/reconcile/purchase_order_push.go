package reconcile

import (
	"cmp"
	"context"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
)

// The parts of an order beside its lines. No uid holds a slash.
const (
	statusPart       = "/status"
	reservationsPart = "/reservations" // follows the uid of the line
)

// orderKey is the uid of an order in the ledger: Flow keeps orders by store.
func orderKey(o flow.OrderRef) string { return o.StoreUID + "/" + o.PurchaseOrderUID }

func orderRef(key string) flow.OrderRef {
	store, uid, _ := strings.Cut(key, "/")
	return flow.OrderRef{StoreUID: store, PurchaseOrderUID: uid}
}

// pushAll makes Flow hold the orders, then closes those that it holds for the object beside them: they moved
// to another store, or their delivery is gone.
func (r *purchaseRun) pushAll(ctx context.Context, orders []mapping.MappedPurchaseOrder) job.Outcome {
	var keys []string
	for _, o := range orders {
		keys = append(keys, orderKey(o.Head.Ref()))
	}
	prints, o := r.prints(ctx, kindPurchaseOrder, union(keys, r.before))
	if o != nil {
		return *o
	}
	// What was never sent is not created for being closed.
	wanted := orders[:0:0]
	for i, order := range orders {
		if order.Final != flow.OrderClosed || prints[keys[i]].Body != "" {
			wanted = append(wanted, order)
		}
	}
	if o := r.readReservations(ctx, wanted); o != nil {
		return *o
	}
	if o := r.remember(ctx, union(r.before, keys)); o != nil {
		return *o
	}
	var waiting *job.Outcome
	for _, order := range wanted {
		lacks, o := r.pushOrder(ctx, order, prints[orderKey(order.Head.Ref())])
		if o != nil {
			return *o
		}
		waiting = worst(waiting, lacks)
	}
	closed, o := r.closeOthers(ctx, keys, prints)
	if o != nil {
		return *o
	}
	return r.outcome(wanted, closed, cmp.Or(waiting, r.unread))
}

// outcome is how a run ends in which everything that could be done was done.
func (r *purchaseRun) outcome(
	orders []mapping.MappedPurchaseOrder, closed bool, told *job.Outcome,
) job.Outcome {
	lines := 0
	for _, order := range orders {
		lines += len(order.Lines)
	}
	switch {
	case told != nil:
		return *told
	case len(orders) > 0 && lines < len(r.doc.Form.LineItems):
		return job.Outcome{Verdict: job.Done, Reason: reasonLinesWithout}
	case len(orders) > 0:
		return job.Outcome{Verdict: job.Done}
	case closed:
		return job.Outcome{Verdict: job.Done, Result: job.Deactivated}
	case r.of.rules.byDelivery:
		return skipped(reasonNoDelivery)
	default:
		return skipped(reasonCancelledBefore)
	}
}

// remember records which uids the object has, before anything is written under them.
func (r *purchaseRun) remember(ctx context.Context, keys []string) *job.Outcome {
	if sameSet(keys, r.before) {
		return nil
	}
	err := r.opts.Ledger.SaveObjectUIDs(ctx, r.tenant(), event.PurchaseOrder, r.job.ID, keys)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	r.before = keys
	return nil
}

// pushOrder sends one order: its head, then what its lines differ in, then the status it ends with, then its
// reservations. A process that dies in between leaves an order that looks unfinished, never one that looks
// finished and is not; and reservations, which Flow may refuse because it does not have a customer's order
// yet, hold nothing else up. The outcome lacks is for the lines that were not sent; see sellable.
func (r *purchaseRun) pushOrder(
	ctx context.Context, order mapping.MappedPurchaseOrder, print ledger.Print,
) (lacks, failed *job.Outcome) {
	lines, lacks, o := r.sellable(ctx, order.Lines, print.Parts)
	if o != nil || len(lines) == 0 && len(order.Lines) > 0 && print.Body == "" {
		return lacks, o
	}
	refused, before := false, r.writes
	o = r.push(ctx, r.record(order, lines, &refused))
	if o != nil && o.Verdict == job.Permanent && r.writes > before {
		if failed := r.doubt(ctx, orderKey(order.Head.Ref())); failed != nil {
			return nil, failed
		}
		if refused {
			later := job.Fail(reasonReservation, o.Err)
			later.Detail, later.DataFault = o.Detail, true
			return nil, &later
		}
	}
	return lacks, o
}

// record is the order as the skeleton of all resources sends it. refused becomes true when it is the
// reservations that Flow refuses.
func (r *purchaseRun) record(
	order mapping.MappedPurchaseOrder, lines []mapping.PurchaseOrderLine, refused *bool,
) record {
	ref, parts := order.Head.Ref(), r.lineParts(order.Head.Ref(), lines)
	held := map[string]bool{}
	for _, p := range parts {
		held[p.uid] = true
	}
	if order.Final != "" {
		parts = append(parts, part{uid: statusPart, body: order.Final, put: func(ctx context.Context, _ bool) error {
			return r.of.flow.SetPurchaseOrderStatus(ctx, ref, order.Final)
		}})
	}
	rec := record{
		kind: kindPurchaseOrder, uid: orderKey(ref), source: r.doc.ID, body: order.Head,
		holds: func(ctx context.Context) (bool, error) { return r.of.flow.HoldsPurchaseOrder(ctx, order.Head) },
		put: func(ctx context.Context, known bool, clear flow.Fields) (bool, error) {
			return r.of.flow.PutPurchaseOrder(ctx, order.Head, known, clear)
		},
		parts: append(parts, r.reservationParts(ref, lines, refused)...),
		drop:  func(ctx context.Context, uid string) error { return r.drop(ctx, ref, uid, held) },
	}
	if r.reserved == nil {
		rec.keepPart = func(uid string) bool { return strings.HasSuffix(uid, reservationsPart) }
	}
	return rec
}

func (r *purchaseRun) lineParts(ref flow.OrderRef, lines []mapping.PurchaseOrderLine) []part {
	var parts []part
	for _, line := range lines {
		parts = append(parts, part{
			uid: line.Item.PurchaseOrderItemUID, body: line.Item,
			put: func(ctx context.Context, known bool) error {
				return r.of.flow.PutPurchaseOrderItem(ctx, ref, line.Item, known)
			},
		})
	}
	return parts
}

// drop takes back what an order no longer has. A status that it no longer ends with was replaced by that of
// its head, and the reservations of a line go with it; held are the lines that stay.
func (r *purchaseRun) drop(
	ctx context.Context, ref flow.OrderRef, uid string, held map[string]bool,
) error {
	item, isReservations := strings.CutSuffix(uid, reservationsPart)
	switch {
	case uid == statusPart, isReservations && !held[item]:
		return errUnsent
	case isReservations:
		return r.of.flow.SetReservations(ctx, ref, item, nil)
	default:
		return r.of.flow.DeletePurchaseOrderItem(ctx, ref, item)
	}
}

// doubt makes the next attempt send the head again: what Flow refused may hang below an order that somebody
// has deleted there.
func (r *purchaseRun) doubt(ctx context.Context, key string) *job.Outcome {
	prints, o := r.prints(ctx, kindPurchaseOrder, []string{key})
	if o != nil {
		return o
	}
	print, known := prints[key]
	if !known {
		return nil
	}
	print.Body = pending
	return r.save(ctx, kindPurchaseOrder, key, print)
}
