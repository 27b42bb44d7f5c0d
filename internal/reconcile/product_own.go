package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// own claims the uids of the units before anything is written under them, so that of two Omnium ids
// that fall on one uid the first keeps it and nothing of it is overwritten (design §9.1). It returns
// the units without those off sale whose uid another product sells by now.
func (p *push) own(ctx context.Context, units []mapping.Unit) ([]mapping.Unit, *job.Outcome) {
	// Recorded before they are claimed: what a product does not know of it would never give up.
	if o := p.recordUIDs(ctx, uidsOf(units)); o != nil {
		return nil, o
	}
	owners, err := p.opts.Ledger.Owners(ctx, p.opts.Tenant.ID, kindProduct, uidsOf(units))
	if err != nil {
		o := fromLedger(err)
		return nil, &o
	}
	var ours []mapping.Unit
	for _, u := range units {
		mine, o := p.ownUnit(ctx, u, owners[u.Product.ProductUID])
		if o != nil {
			return nil, o
		}
		if mine {
			ours = append(ours, u)
		}
	}
	p.ours = uidsOf(ours)
	if !p.claimed {
		return ours, nil
	}
	// A uid that was given up a moment ago comes with what its last owner pushed until then.
	return ours, p.load(ctx, p.before, union(p.ours, p.before))
}

// recordUIDs notes which uids are about to be written, before they are: after a crash the object's
// units are still found.
func (p *push) recordUIDs(ctx context.Context, uids []string) *job.Outcome {
	all := union(p.before, uids)
	if len(all) == len(p.before) {
		return nil
	}
	err := p.opts.Ledger.SaveObjectUIDs(ctx, p.opts.Tenant.ID, event.Product, p.job.ID, all)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	p.before = all
	return nil
}

// ownUnit claims the uid of one unit and reports whether the product has it.
func (p *push) ownUnit(
	ctx context.Context, u mapping.Unit, owner ledger.Owner,
) (bool, *job.Outcome) {
	want := ledger.Owner{Object: p.job.ID, Source: u.SourceID}
	if owner == (ledger.Owner{}) && !forSale(u) {
		return false, nil // it was given up when it went off sale
	}
	if owner == (ledger.Owner{}) {
		var err error
		owner, err = p.opts.Ledger.ClaimUID(ctx, p.opts.Tenant.ID, kindProduct, u.Product.ProductUID, want)
		if err != nil {
			o := fromLedger(err)
			return false, &o
		}
		p.claimed = true
	}
	switch {
	case owner.Object == want.Object:
		// Within one product the mapping has seen to it that uids differ: another source of ours is
		// an older spelling.
		return true, nil
	case !forSale(u):
		return false, nil
	default:
		return false, p.contested(ctx, u, owner)
	}
}

// contested deals with a uid that another product holds. When that product no longer sells the unit,
// because a sku moved, it is asked to let go, and this job comes back; otherwise it is a collision,
// until the other lets go and wakes this product.
func (p *push) contested(ctx context.Context, u mapping.Unit, owner ledger.Owner) *job.Outcome {
	uid := u.Product.ProductUID
	// Recorded before the owner is looked at: one that lets go just then sees who waits.
	if err := p.opts.Ledger.Contend(ctx, p.opts.Tenant.ID, kindProduct, uid, p.job.ID); err != nil {
		o := fromLedger(err)
		return &o
	}
	holds, o := p.stillHolds(ctx, owner.Object, uid)
	if o != nil {
		return o
	}
	if holds {
		err := fmt.Errorf("uid %s belongs to %s (product %s); %s (product %s) falls on the same uid",
			uid, owner.Source, owner.Object, u.SourceID, p.job.ID)
		buried := job.Bury(reasonUIDCollision, err)
		return &buried
	}
	key := job.Key{Resource: event.Product, ID: owner.Object}
	if err := p.opts.Enqueue(ctx, key, p.job.Lane, p.job.Cause); err != nil {
		failed := fromLedger(err)
		return &failed
	}
	waiting := job.Fail(reasonUIDMoving,
		fmt.Errorf("uid %s is being released by product %s", uid, owner.Object))
	waiting.DataFault = true
	return &waiting
}

// stillHolds reads the product that owns a uid and reports whether it still sells it. An id that is
// another name of some product by now holds nothing.
func (p *push) stillHolds(ctx context.Context, id, uid string) (bool, *job.Outcome) {
	p.reads++
	other, err := p.opts.Omnium.Product(ctx, id, p.world.language, time.Now())
	if errors.Is(err, omnium.ErrNotFound) || err == nil && other.ProductID != id {
		return false, nil
	}
	if err != nil {
		o := fromOmnium(fmt.Errorf("read owner of uid: %w", err))
		return false, &o
	}
	mapped, err := p.opts.MapProduct(other, p.world.options)
	if err != nil {
		return true, nil // what cannot be mapped cannot be shown to have let go
	}
	return slices.ContainsFunc(mapped.Units, func(u mapping.Unit) bool {
		return !u.Deleted && u.Product.ProductUID == uid
	}), nil
}

// ownDependency claims the uid of something the product refers to. Two different names that fall on
// one uid must not share it.
func (p *push) ownDependency(ctx context.Context, on dependency) *job.Outcome {
	_, err := p.ensured.do("owner "+on.kind+" "+on.uid+" "+on.source, func() error {
		want := ledger.Owner{Object: on.source}
		owner, err := p.opts.Ledger.ClaimUID(ctx, p.opts.Tenant.ID, on.kind, on.uid, want)
		if err != nil || owner == want {
			return err
		}
		return &collisionError{on, owner.Object}
	})
	if c, ok := errors.AsType[*collisionError](err); ok {
		o := job.Bury(reasonUIDCollision, c)
		return &o
	}
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}

// collisionError names the two ids that fall on one uid.
type collisionError struct {
	dependency

	owner string
}

func (e *collisionError) Error() string {
	return fmt.Sprintf("%s uid %s belongs to %q; %q falls on the same uid", e.kind, e.uid, e.owner, e.source)
}
