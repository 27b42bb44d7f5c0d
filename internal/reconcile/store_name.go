package reconcile

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
)

// spread makes the jobs due of the primary stores that are served by this store, so that they show
// its name. It reports whether there were any. Stores that serve each other would wake each other for
// ever; therefore they are told once per name.
func (r *storeRun) spread(ctx context.Context, doc *omnium.Store) (bool, *job.Outcome) {
	if uid, err := mapping.UID(doc.ID); err == nil {
		r.sent[kindStoreName] = []string{uid} // stores may wait for this one to become readable
	}
	name, err := ledger.Fingerprint(doc.Name)
	if err != nil {
		o := job.Bury(reasonUnmappable, err)
		return false, &o
	}
	prints, o := r.prints(ctx, kindStoreName, []string{doc.ID})
	if o != nil || prints[doc.ID].Body == name {
		return false, o
	}
	told, o := r.tell(ctx, doc.ID)
	if o != nil {
		return false, o
	}
	return told > 0, r.save(ctx, kindStoreName, doc.ID, ledger.Print{Body: name})
}

// tell asks for the jobs of the primary stores that a warehouse serves, and returns how many. The
// directory is read after the job was claimed: a store that lists the warehouse only later finds the
// new name by itself.
func (r *storeRun) tell(ctx context.Context, warehouse string) (int, *job.Outcome) {
	r.reads++
	directory, err := r.store.source.StoreDirectory(ctx, r.job.Claimed)
	if err != nil {
		o := fromShared(fmt.Errorf("read stores: %w", err))
		return 0, &o
	}
	cause, told := r.job.Cause, 0
	cause.Change = event.Changed
	for _, s := range directory.ListedBy(warehouse) {
		if s.ID == warehouse || r.outside(s) != "" {
			continue
		}
		key := job.Key{Resource: event.Store, ID: s.ID}
		if err := r.opts.Enqueue(ctx, key, r.job.Lane, cause); err != nil {
			o := fromLedger(err)
			return told, &o
		}
		told++
	}
	return told, nil
}

// forgetName makes a store that comes back tell its name again.
func (r *storeRun) forgetName(ctx context.Context) *job.Outcome {
	prints, o := r.prints(ctx, kindStoreName, []string{r.job.ID})
	if o != nil || prints[r.job.ID].Body == "" {
		return o
	}
	return r.save(ctx, kindStoreName, r.job.ID, ledger.Print{})
}
