package reconcile

import (
	"context"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// prints reads what was pushed under uids. What is doubtful comes back as what a run leaves that died while it
// wrote: whatever Omnium says is sent again. Else an object that was changed and pushed just before Redis lost
// the memory of it, and that is changed back, would look as if it had been sent already.
func (o *Options) prints(
	ctx context.Context, kind string, uids []string,
) (map[string]ledger.Print, *job.Outcome) {
	prints, err := o.Ledger.Prints(ctx, o.Tenant.ID, kind, uids)
	if err != nil {
		failed := fromLedger(err)
		return nil, &failed
	}
	for uid, p := range prints {
		if p.Doubtful {
			prints[uid] = doubted(p)
		}
	}
	return prints, nil
}

// doubted marks everything that was pushed.
func doubted(p ledger.Print) ledger.Print {
	if p.Body != "" {
		// It may have been taken off sale.
		p.Body, p.Discontinued = pending, true
	}
	p.Texts, p.Parts = allPending(p.Texts), allPending(p.Parts)
	p.Doubtful = false
	return p
}

// classes reads as what categories were pushed. They are never doubtful: that would make the jobs of all
// products due that ask for one.
func (o *Options) classes(ctx context.Context, ids []string) (map[string]ledger.Print, *job.Outcome) {
	prints, err := o.Ledger.Prints(ctx, o.Tenant.ID, kindCategoryClass, ids)
	if err != nil {
		failed := fromLedger(err)
		return nil, &failed
	}
	return prints, nil
}
