package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// PurchaseOrderSource reads purchase orders and what they depend on; omnium.Client documents each method.
type PurchaseOrderSource interface {
	PurchaseOrder(ctx context.Context, id string, since time.Time) (*omnium.PurchaseOrder, error)
	Delivery(ctx context.Context, id string, since time.Time) (*omnium.Delivery, error)
	OrdersOf(ctx context.Context, skus []string, since time.Time) ([]omnium.Order, error)
	StoreDirectory(ctx context.Context, since time.Time) (*omnium.StoreDirectory, error)
}

// PurchaseOrderTarget writes purchase orders to one Flow tenant; flow.Client documents each method.
type PurchaseOrderTarget interface {
	HoldsPurchaseOrder(ctx context.Context, o flow.PurchaseOrder) (bool, error)
	PutPurchaseOrder(ctx context.Context, o flow.PurchaseOrder, known bool, clear flow.Fields) (created bool, err error)
	SetPurchaseOrderStatus(ctx context.Context, o flow.OrderRef, status string) error
	PutPurchaseOrderItem(ctx context.Context, o flow.OrderRef, i flow.PurchaseOrderItem, known bool) error
	DeletePurchaseOrderItem(ctx context.Context, o flow.OrderRef, item string) error
	SetReservations(ctx context.Context, o flow.OrderRef, item string, list []flow.Reservation) error
}

// PurchaseOrder reconciles purchase orders. One Omnium order becomes one Flow order, or one for each of its
// deliveries. It is safe for concurrent use.
type PurchaseOrder struct {
	base

	source PurchaseOrderSource
	flow   PurchaseOrderTarget
	rules  purchaseRules
	denied denial
}

// purchaseRules are the connector properties that purchase orders depend on.
type purchaseRules struct {
	cancelled    []string
	byDelivery   bool
	reservations bool
}

func purchaseRulesOf(p tenant.Properties) purchaseRules {
	rules := purchaseRules{
		cancelled:    p.List("CancelledPurchaseOrderStatuses"),
		byDelivery:   p.Bool("ExportDeliveryAsPo"),
		reservations: p["PurchaseOrderReservations"] == "" || p.Bool("PurchaseOrderReservations"),
	}
	if len(rules.cancelled) == 0 {
		// Omnium's own names for it (reference omnium-api.md §8.1).
		rules.cancelled = []string{"OrderCanceled", "Deleted"}
	}
	return rules
}

// NewPurchaseOrder returns the handler of the purchase order jobs of one tenant.
func NewPurchaseOrder(
	o Options, source PurchaseOrderSource, target PurchaseOrderTarget,
) (*PurchaseOrder, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if source == nil || target == nil {
		return nil, errors.New("reconcile: a source and a target are required")
	}
	return &PurchaseOrder{
		base: base{opts: o}, source: source, flow: target, rules: purchaseRulesOf(o.Tenant.Properties),
	}, nil
}

// Handle implements worker.Handler. There is no bulk read of purchase orders by id (reference
// omnium-api.md §1.6).
func (p *PurchaseOrder) Handle(
	ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome),
) {
	p.each(ctx, jobs, settle, func(ctx context.Context, r *run) job.Outcome {
		return (&purchaseRun{run: r, of: p}).do(ctx)
	})
}

// purchaseRun is the reconciliation of one purchase order.
type purchaseRun struct {
	*run

	of     *PurchaseOrder
	doc    *omnium.PurchaseOrder
	before []string // the uids that were pushed for it, as the ledger has them
	// reserved are the reservations by line; nil when they are not known or not wanted.
	reserved map[string][]flow.Reservation
	// unread is why they are not known; it is told when nothing worse happens.
	unread *job.Outcome
}

func (r *purchaseRun) do(ctx context.Context) job.Outcome {
	var err error
	r.before, err = r.opts.Ledger.ObjectUIDs(ctx, r.tenant(), event.PurchaseOrder, r.job.ID)
	if err != nil {
		return fromLedger(err)
	}
	r.reads++
	r.doc, err = r.of.source.PurchaseOrder(ctx, r.job.ID, r.job.Claimed)
	switch {
	case errors.Is(err, omnium.ErrNotFound):
		if o := r.notFoundTooEarly(); o != nil {
			return *o
		}
		return r.leave(ctx, reasonUnknown)
	case err != nil:
		return fromOmnium(fmt.Errorf("read purchase order: %w", err))
	}
	if r.doc.ID != r.job.ID {
		return r.rekey(ctx, r.doc.ID)
	}
	if o := r.readTooEarly(r.doc.Modified); o != nil {
		return *o
	}
	return r.known(ctx)
}

func (r *purchaseRun) tenant() tenant.ID { return r.opts.Tenant.ID }

// known reconciles an order that Omnium has.
func (r *purchaseRun) known(ctx context.Context) job.Outcome {
	if r.doc.SupplierWarehouseCode != "" {
		return r.leave(ctx, reasonTransfer)
	}
	store, o := r.receivingStore(ctx)
	if o != nil {
		return *o
	}
	if !r.belongs(store) {
		return r.leave(ctx, reasonNotInMarkets)
	}
	if store == nil {
		return job.Bury(reasonStoreUnknown, fmt.Errorf("purchase order %s is for %q, which is no primary store "+
			"and no warehouse of one", r.job.ID, mapping.ReceivingCode(r.doc)))
	}
	orders, o := r.mapped(ctx, store)
	if o != nil {
		return *o
	}
	if o := r.needs(ctx, store); o != nil {
		return *o
	}
	return r.pushAll(ctx, orders)
}

// belongs reports whether the order is the tenant's: by its market, else by those of its store. An order
// that neither says anything about is everybody's.
func (r *purchaseRun) belongs(store *omnium.Store) bool {
	markets := r.opts.Markets()
	if r.doc.MarketID != "" {
		return containsFold(markets, r.doc.MarketID)
	}
	return store == nil || mapping.InMarkets(store, markets)
}

// receivingStore finds the store; nil when there is none, even in a list that was read just now.
func (r *purchaseRun) receivingStore(ctx context.Context) (*omnium.Store, *job.Outcome) {
	code, markets := mapping.ReceivingCode(r.doc), r.opts.Markets()
	for _, since := range []time.Time{{}, r.job.Claimed} {
		stores, err := r.of.source.StoreDirectory(ctx, since)
		if stores == nil { // the last known ones are good enough
			o := fromShared(fmt.Errorf("read stores: %w", err))
			return nil, &o
		}
		if store := mapping.ReceivingStore(code, stores.All(), markets); store != nil {
			return store, nil
		}
	}
	return nil, nil
}

// mapped is what Flow shall hold.
func (r *purchaseRun) mapped(
	ctx context.Context, store *omnium.Store,
) ([]mapping.MappedPurchaseOrder, *job.Outcome) {
	uid, err := mapping.UID(store.ID)
	if err != nil {
		o := fromMapping(err)
		return nil, &o
	}
	options := mapping.PurchaseOrderOptions{
		StoreUID: uid, Cancelled: r.of.rules.cancelled, ByDelivery: r.of.rules.byDelivery,
	}
	if options.ByDelivery {
		var o *job.Outcome
		if options.Deliveries, o = r.deliveries(ctx); o != nil {
			return nil, o
		}
	}
	orders, err := mapping.PurchaseOrder(r.doc, options)
	if err != nil {
		o := fromMapping(err)
		return nil, &o
	}
	return orders, nil
}

// deliveries reads the deliveries of the lines; those that are gone are absent.
func (r *purchaseRun) deliveries(ctx context.Context) (map[string]*omnium.Delivery, *job.Outcome) {
	found := map[string]*omnium.Delivery{}
	var asked []string
	for i := range r.doc.Form.LineItems {
		id := mapping.DeliveryOf(r.doc, &r.doc.Form.LineItems[i])
		if id == "" || slices.Contains(asked, id) {
			continue
		}
		asked = append(asked, id)
		r.reads++
		d, err := r.of.source.Delivery(ctx, id, r.job.Claimed)
		if errors.Is(err, omnium.ErrNotFound) {
			continue
		}
		if err != nil {
			o := fromOmnium(fmt.Errorf("read delivery: %w", err))
			return nil, &o
		}
		found[id] = d
	}
	return found, nil
}
