package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// The implementations that price and cost price export hang on (reference mapping.md §6.2).
const (
	priceTask = "FlowPriceScheduledTask"
	costTask  = "FlowCostPriceScheduledTask"
)

// Where prices are kept in Omnium: the values of the property PriceSource.
const (
	pricesOnProduct = "product"
	pricesSeparate  = "separate"
)

// priceRules are the implementations and connector properties that prices depend on.
type priceRules struct {
	// selling says that selling prices are exported, and not cost prices alone.
	selling bool
	// source is one of the constants above; anything else means to find out.
	source     string
	mainList   string
	storeLists bool
}

func priceRulesOf(t *tenant.Tenant) priceRules {
	return priceRules{
		selling:    t.Runs(priceTask),
		source:     t.Properties["PriceSource"],
		mainList:   t.Properties["MainPricesListUid"],
		storeLists: t.Properties.Bool("StorePriceListsInFlow"),
	}
}

// listsOf are the main list and those of the stores.
func (p *Price) listsOf(ctx context.Context, s scope) ([]priceList, *job.Outcome) {
	general := mapping.ProductOptions{Now: time.Now(), Markets: s.markets, Groups: s.groups}
	lists := []priceList{{uid: p.rules.mainList, options: general}}
	if !p.rules.storeLists {
		return lists, nil
	}
	directory, err := p.source.StoreDirectory(ctx, time.Time{})
	if directory == nil { // the last known stores are good enough
		o := fromShared(fmt.Errorf("read stores: %w", err))
		return nil, &o
	}
	for _, store := range directory.All() {
		list, ok := p.listOf(&store, general)
		taken := slices.ContainsFunc(lists, func(l priceList) bool { return l.uid == list.uid })
		if ok && !taken {
			lists = append(lists, list)
		}
	}
	return lists, nil
}

// listOf is the price list of a store: primary, active, and in some market of the tenant, of which it
// gets the prices. A store whose id makes no uid has none; its own job tells.
func (p *Price) listOf(s *omnium.Store, general mapping.ProductOptions) (priceList, bool) {
	o := general
	o.StoreID = s.ID
	o.Markets = slices.DeleteFunc(slices.Clone(general.Markets), func(m omnium.Market) bool {
		return !mapping.InMarkets(s, []string{m.MarketID})
	})
	uid, err := mapping.UID(s.ID)
	if err != nil || !s.IsPrimaryStore || s.IsInactive || len(o.Markets) == 0 {
		return priceList{}, false
	}
	o.Groups = groupsOf(o.Markets, p.opts.Tenant.Groups)
	list := priceList{uid: uid, options: o}
	if slices.Contains(p.opts.Tenant.Resources, string(event.Store)) {
		list.needs = []needed{{
			kind: kindPriceList, uid: uid, of: s.ID, by: job.Key{Resource: event.Store, ID: s.ID},
		}}
	}
	return list, true
}

// groupsOf are the market groups that the markets, or the tenant as a whole, belong to.
func groupsOf(markets []omnium.Market, groups []string) []string {
	groups = slices.Clone(groups)
	for _, m := range markets {
		if m.MarketGroupID != "" && !containsFold(groups, m.MarketGroupID) {
			groups = append(groups, m.MarketGroupID)
		}
	}
	return groups
}
