package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/omnium"
)

// scope is the tenant's markets with the facts that Omnium gives about them, in the order of the
// configuration, and the market groups that the tenant or its markets belong to.
type scope struct {
	markets []omnium.Market
	groups  []string
}

// language is the product content language of the first market that names one.
func (s scope) language() string {
	for _, m := range s.markets {
		if m.ProductContentLanguage != "" {
			return m.ProductContentLanguage
		}
	}
	return ""
}

// scope reads the facts about the tenant's markets; they are cached by the client. When they cannot
// be read the outcome is for every job: none of their objects is to blame.
func (o *Options) scope(ctx context.Context) (scope, *job.Outcome) {
	all, err := o.Omnium.Markets(ctx)
	if err != nil && len(all) == 0 { // the last known markets are good enough
		failed := fromShared(fmt.Errorf("read markets: %w", err))
		return scope{}, &failed
	}
	s := scope{groups: slices.Clone(o.Tenant.Groups)}
	for _, id := range o.Markets() {
		m := marketByID(all, id)
		if m.Err != nil { // without its tax rate and currency no price can be right
			failed := fromShared(fmt.Errorf("read market %s: %w", id, m.Err))
			return scope{}, &failed
		}
		s.markets = append(s.markets, m)
		if m.MarketGroupID != "" && !containsFold(s.groups, m.MarketGroupID) {
			s.groups = append(s.groups, m.MarketGroupID)
		}
	}
	return s, nil
}

// marketByID falls back to a market of which nothing but the id is known.
func marketByID(all []omnium.Market, id string) omnium.Market {
	for _, m := range all {
		if strings.EqualFold(m.MarketID, id) {
			return m
		}
	}
	return omnium.Market{MarketID: id}
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}
