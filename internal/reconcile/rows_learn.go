package reconcile

import (
	"context"
	"slices"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/ledger"
)

// learn leaves out the rows that Flow has already although nothing is known of them, and records that it has
// them. That is so when what was known is lost: nobody needs to write what is right.
func (t *batch) learn(
	ctx context.Context, list string, prints map[string]ledger.Print, rows []outgoing,
) ([]outgoing, *job.Outcome) {
	var unknown []row
	for _, out := range rows {
		if out.new(prints) {
			unknown = append(unknown, out.row)
		}
	}
	if t.held == nil || len(unknown) == 0 {
		return rows, nil
	}
	held, err := t.held(ctx, list, unknown)
	if err != nil {
		o := fromFlow(err)
		return nil, &o
	}
	known := map[string]ledger.Print{}
	asked := 0
	rows = slices.DeleteFunc(rows, func(out outgoing) bool {
		if !out.new(prints) {
			return false
		}
		asked++
		if held[asked-1] {
			known[out.uid] = out.print()
		}
		return held[asked-1]
	})
	return rows, t.savePrints(ctx, list, known)
}

// new reports whether nothing is known of a row that Flow shall hold.
func (out *outgoing) new(prints map[string]ledger.Print) bool {
	return out.body != nil && prints[out.uid].Body == ""
}
