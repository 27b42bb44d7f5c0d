package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// DeliverySource reads deliveries; omnium.Client documents each method.
type DeliverySource interface {
	Delivery(ctx context.Context, id string, since time.Time) (*omnium.Delivery, error)
	Deliveries(ctx context.Context, ids []string) (map[string]*omnium.Delivery, error)
	DeliveryLines(ctx context.Context, id string) ([]omnium.PurchaseOrderLine, error)
}

// Delivery reconciles deliveries. Flow has none: what changes with a delivery are the purchase orders of its
// lines, whose jobs it asks for. It is safe for concurrent use.
type Delivery struct {
	base

	source DeliverySource
}

// NewDelivery returns the handler of the delivery jobs of one tenant.
func NewDelivery(o Options, source DeliverySource) (*Delivery, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil {
		return nil, errors.New("reconcile: a source is required")
	}
	return &Delivery{base: base{opts: o}, source: source}, nil
}

// Handle implements worker.Handler.
func (d *Delivery) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	read, o := d.prefetch(ctx, jobs)
	if o != nil {
		settleAll(jobs, settle, *o)
		return
	}
	d.each(ctx, jobs, settle, func(ctx context.Context, r *run) job.Outcome {
		return (&deliveryRun{run: r, source: d.source, read: read}).do(ctx)
	})
}

// prefetch searches the deliveries when they are many and their changes old enough for the search to know
// them; those that are not found are read one by one.
func (d *Delivery) prefetch(
	ctx context.Context, jobs []job.Job,
) (map[string]*omnium.Delivery, *job.Outcome) {
	var ids []string
	for _, j := range jobs {
		if !fresh(j) {
			ids = append(ids, j.ID)
		}
	}
	if len(ids) < bulkFrom {
		return nil, nil
	}
	read, err := d.source.Deliveries(ctx, ids)
	if err != nil {
		o := fromOmnium(fmt.Errorf("search deliveries: %w", err))
		if o.Verdict == job.Snoozed {
			return nil, &o
		}
		// What is wrong with a search says nothing about its deliveries: each is read for itself.
		return nil, nil
	}
	return read, nil
}

// deliveryRun is the reconciliation of one delivery.
type deliveryRun struct {
	*run

	source DeliverySource
	read   map[string]*omnium.Delivery
}

func (r *deliveryRun) do(ctx context.Context) job.Outcome {
	if !r.opts.exports(event.PurchaseOrder) {
		return skipped(reasonOrdersNotOurs)
	}
	encoded, err := r.opts.Ledger.ObjectUIDs(ctx, r.opts.Tenant.ID, event.Delivery, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	before := decodeIDs(encoded)
	now, reason, o := r.purchaseOrders(ctx)
	if o != nil {
		return *o
	}
	all := union(before, now)
	if len(all) == 0 {
		return skipped(reason)
	}
	return r.refresh(ctx, before, all, now)
}

// purchaseOrders are the orders whose lines are in the delivery, and why there are none.
func (r *deliveryRun) purchaseOrders(ctx context.Context) ([]string, string, *job.Outcome) {
	d, err := r.delivery(ctx)
	switch {
	case errors.Is(err, omnium.ErrNotFound):
		return nil, reasonUnknown, r.notFoundTooEarly()
	case err != nil:
		o := fromOmnium(fmt.Errorf("read delivery: %w", err))
		return nil, "", &o
	case d.OrderType == omnium.OrderTypeTransfer:
		return nil, reasonTransfer, nil
	}
	if o := r.readTooEarly(d.Modified); o != nil {
		return nil, "", o
	}
	r.reads++
	lines, err := r.source.DeliveryLines(ctx, d.ID)
	if err != nil && !errors.Is(err, omnium.ErrNotFound) {
		o := fromOmnium(fmt.Errorf("read lines of delivery: %w", err))
		return nil, "", &o
	}
	var ids []string
	for _, line := range lines {
		if id := line.PurchaseOrderID; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, reasonNoPurchaseOrder, nil
}

func (r *deliveryRun) delivery(ctx context.Context) (*omnium.Delivery, error) {
	if d := r.read[r.job.ID]; d != nil {
		return d, nil
	}
	r.reads++
	return r.source.Delivery(ctx, r.job.ID, r.job.Claimed)
}

// refresh asks for the orders that have lines in the delivery, and for those that had: a line may have moved
// away. They are remembered before they are asked for and forgotten afterwards, so that none is lost when the
// process ends in between.
func (r *deliveryRun) refresh(ctx context.Context, before, all, now []string) job.Outcome {
	if o := r.remember(ctx, before, all); o != nil {
		return *o
	}
	cause := r.job.Cause
	cause.Change = event.Changed // the delivery's end is not the order's
	for _, id := range all {
		key := job.Key{Resource: event.PurchaseOrder, ID: id}
		if err := r.opts.Enqueue(ctx, key, r.job.Lane, cause); err != nil {
			return fromLedger(err)
		}
	}
	if o := r.remember(ctx, all, now); o != nil {
		return *o
	}
	return job.Outcome{Verdict: job.Done, Result: job.Rekeyed, Reason: reasonHandedToOrders}
}

func (r *deliveryRun) remember(ctx context.Context, before, ids []string) *job.Outcome {
	if sameSet(before, ids) {
		return nil
	}
	encoded := make([]string, 0, len(ids))
	for _, id := range ids {
		encoded = append(encoded, url.QueryEscape(id)) // the ledger's lists hold no blanks
	}
	err := r.opts.Ledger.SaveObjectUIDs(ctx, r.opts.Tenant.ID, event.Delivery, r.job.ID, encoded)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

func decodeIDs(encoded []string) []string {
	var ids []string
	for _, text := range encoded {
		if id, err := url.QueryUnescape(text); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
