package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/flow"
)

// priceKind is the beginning of the namespace of a price list's entries in the ledger; the rest is the
// uid of the list. Entries have the uid of their product.
const priceKind = "price_"

// missingListError means that Flow has no such price list.
type missingListError struct{ uid, means string }

func (e *missingListError) Error() string {
	return fmt.Sprintf("Flow has no price list %s, which is %s", e.uid, e.means)
}

// write sends the entries of one list that differ.
func (p *Price) write(ctx context.Context, list string, rows []row) []error {
	uid := strings.TrimPrefix(list, priceKind)
	_, err := p.lists.do(uid, func() error { return p.needList(ctx, uid) })
	if err != nil {
		return refuseAll(rows, err)
	}
	changes := make([]flow.PriceChange, 0, len(rows))
	for _, r := range rows {
		change := flow.PriceChange{ProductUID: r.uid}
		if entry, ok := r.body.(flow.Price); ok {
			change.Price = &entry
		}
		changes = append(changes, change)
	}
	errs := p.flow.WritePrices(ctx, uid, changes)
	if slices.ContainsFunc(errs, isNotFound) {
		p.lists.forget()
	}
	return errs
}

// needList fails unless Flow has a list. The batch would be refused for each of its entries.
func (p *Price) needList(ctx context.Context, uid string) error {
	there, err := p.flow.HasPriceList(ctx, uid)
	if err != nil || there {
		return err
	}
	if uid == p.rules.mainList {
		return &missingListError{uid, "MainPricesListUid: set it to a price list of the tenant"}
	}
	return &missingListError{uid, "that of a store: its next change creates it"}
}

// refuseAll is the same error for all rows. What shall leave a list that is gone is gone.
func refuseAll(rows []row, err error) []error {
	errs := make([]error, len(rows))
	_, missing := err.(*missingListError) //nolint:errorlint // it is never wrapped
	for i, r := range rows {
		if r.body != nil || !missing {
			errs[i] = err
		}
	}
	return errs
}
