package reconcile

import (
	"cmp"
	"context"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// lost records that Flow has lost the store, and with it what hung below.
func (e *storeExport) lost(ctx context.Context) *job.Outcome {
	forget := func(p *ledger.Print) { *p = ledger.Print{} }
	return cmp.Or(
		e.change(ctx, kindWarehouse, e.allBelow(), forget),
		e.change(ctx, kindStoreDefaults, []string{e.Store.StoreUID}, forget),
	)
}

// doubt makes the next attempt send everything again: what Flow refused may rely on something that was
// pushed before and that somebody has deleted there.
func (e *storeExport) doubt(ctx context.Context) *job.Outcome {
	again := func(p *ledger.Print) { p.Body = pending }
	store := []string{e.Store.StoreUID}
	return cmp.Or(
		e.change(ctx, kindOrganization, []string{e.Organization.OrganizationUID}, func(p *ledger.Print) { *p = ledger.Print{} }),
		e.change(ctx, kindStore, store, again),
		e.change(ctx, kindWarehouse, e.allBelow(), again),
		e.change(ctx, kindStoreDefaults, store, again),
	)
}

// change edits what is recorded under uids; what is not recorded stays so.
func (r *run) change(
	ctx context.Context, kind string, uids []string, edit func(*ledger.Print),
) *job.Outcome {
	prints, o := r.prints(ctx, kind, uids)
	if o != nil {
		return o
	}
	for uid, print := range prints {
		edit(&print)
		prints[uid] = print
	}
	err := r.opts.Ledger.SavePrints(context.WithoutCancel(ctx), r.opts.Tenant.ID, kind, prints)
	if err != nil {
		o := fromLedger(err)
		return &o
	}
	return nil
}
