package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// stockList is followed by the uid of a store: the rows of a list are its stock, each named by warehouse
// and product.
const stockList = "stock/"

func stockUID(warehouse, product string) string { return warehouse + ":" + product }

// plan says what Flow shall hold of a sku.
func (b *stockBatch) plan(ctx context.Context, r *run) (rowPlan, *job.Outcome) {
	items, o := b.fetch(ctx, r)
	if o != nil {
		return rowPlan{}, o
	}
	stock, err := mapping.Stock(r.job.ID, items, b.places, &b.rules)
	if err != nil {
		o := fromMapping(err)
		return rowPlan{}, &o
	}
	product, o := b.product(ctx, r, stock[0].ProductUID)
	if o != nil {
		return rowPlan{}, o
	}
	plan := rowPlan{complete: true}
	for i, place := range b.places {
		plan.rows = append(plan.rows, row{
			list: stockList + place.StoreUID, uid: stockUID(place.WarehouseUID, stock[i].ProductUID),
			body: stock[i], needs: append(b.placeNeeds(place), product...),
		})
	}
	return plan, nil
}

// placeNeeds is what Flow must have before it can take stock of a place. The web warehouse is not one that
// a store's export creates, and when the configuration names its store nobody brings that either.
func (b *stockBatch) placeNeeds(p mapping.StockPlace) []needed {
	if !b.opts.exports(event.Store) || p.Store == "" {
		return nil
	}
	by := job.Key{Resource: event.Store, ID: p.Store}
	if p.Configured {
		return []needed{{kind: kindStore, uid: p.StoreUID, by: by}}
	}
	return []needed{{kind: kindWarehouse, uid: p.StoreUID + "/" + p.WarehouseUID, by: by}}
}

// product makes sure that the uid is the sku's, and returns what stock needs of the product. A product job
// with the sku as its id finds the product by itself.
func (b *stockBatch) product(ctx context.Context, r *run, uid string) ([]needed, *job.Outcome) {
	if !b.opts.exports(event.Product) {
		return nil, r.own(ctx, kindStock, uid, r.job.ID)
	}
	owner := b.owners[uid]
	if owner.Object != "" && owner.Source != r.job.ID {
		if o := b.contested(ctx, r, uid); o != nil {
			return nil, o
		}
	}
	by := job.Key{Resource: event.Product, ID: cmp.Or(owner.Object, r.job.ID)}
	return []needed{{kind: kindProduct, uid: uid, by: by}}, nil
}

// contested deals with a sku whose uid was made from another id. That may be an older spelling of the
// same product's sku; else the stock is the other one's.
func (b *stockBatch) contested(ctx context.Context, r *run, uid string) *job.Outcome {
	owner := b.owners[uid]
	r.reads++
	doc, err := b.opts.Omnium.Product(ctx, r.job.ID, b.language, r.job.Claimed)
	if err != nil && !errors.Is(err, omnium.ErrNotFound) {
		o := fromOmnium(fmt.Errorf("read product: %w", err))
		return &o
	}
	if err == nil && doc.ProductID == owner.Object {
		return nil
	}
	o := job.Bury(reasonUIDCollision, fmt.Errorf("product uid %s belongs to %s (product %s); %s falls on the same uid",
		uid, owner.Source, owner.Object, r.job.ID))
	return &o
}

// held asks Flow which stock of one store is right already.
func (b *stockBatch) held(ctx context.Context, list string, rows []row) ([]bool, error) {
	items := make([]flow.Stock, 0, len(rows))
	for _, row := range rows {
		items = append(items, row.body.(flow.Stock)) // a row that is new is not one to be taken out
	}
	return b.flow.HoldsStock(ctx, strings.TrimPrefix(list, stockList), items)
}

// write sends the stock of one store. A row to be taken out is of a place that is none any more: it is set
// to zero, or left alone (mapping.StockRules.Empties).
func (b *stockBatch) write(ctx context.Context, list string, rows []row) []error {
	store := strings.TrimPrefix(list, stockList)
	errs := make([]error, len(rows))
	var items []flow.Stock
	var at []int
	for i, row := range rows {
		item, wanted := row.body.(flow.Stock)
		if !wanted && !b.rules.Empties(b.directory.All(), store) {
			continue
		}
		if !wanted {
			item.WarehouseUID, item.ProductUID, _ = strings.Cut(row.uid, ":")
		}
		items, at = append(items, item), append(at, i)
	}
	for k, err := range b.flow.PutStock(ctx, store, items) {
		errs[at[k]] = b.refusal(ctx, store, rows[at[k]], err)
	}
	return errs
}

// refusal finds out why Flow did not take a row. What it does not take out is not there, and stock of a
// product that it does not know waits.
func (b *stockBatch) refusal(ctx context.Context, store string, r row, err error) error {
	if err == nil || fromFlow(err).Verdict != job.Permanent {
		return err
	}
	item, wanted := r.body.(flow.Stock)
	if !wanted {
		return nil
	}
	has, failed := b.flow.HasProduct(ctx, store, item.ProductUID)
	switch {
	case failed != nil && fromFlow(failed).Verdict != job.Permanent:
		return failed
	case failed == nil && !has:
		return &lackingError{needed{kind: kindProduct, uid: item.ProductUID}, err}
	default:
		return err
	}
}
