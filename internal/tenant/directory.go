package tenant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Directory knows every tenant and finds those that an event concerns. It is immutable and safe for
// concurrent use; a new topology or configuration makes a new Directory.
type Directory struct {
	tenants []*Tenant
	byID    map[ID]int
	// markets are the effective markets per tenant, in the order of tenants; owner maps a folded
	// market id to the tenant that serves it.
	markets [][]string
	owner   map[string]int
	// exporting lists, per resource, the tenants whose implementations include it, in file order.
	exporting map[string][]ID
	stores    map[string][]string
	// unknown are the configured groups whose members nobody has told yet.
	unknown []string
}

// NewDirectory builds the directory of the tenants, which it keeps in the given order. It fails,
// naming every conflict, when two tenants share an id, or claim one market (directly or through
// their groups) or one group. The tenants' slices and maps are shared: do not change them later.
func NewDirectory(tenants []Tenant, topo Topology) (*Directory, error) {
	d := &Directory{
		byID:      make(map[ID]int, len(tenants)),
		owner:     make(map[string]int),
		exporting: make(map[string][]ID),
		markets:   make([][]string, len(tenants)),
		stores:    make(map[string][]string, len(topo.StoreMarkets)),
	}
	for store, markets := range topo.StoreMarkets {
		d.stores[store] = slices.Clone(markets)
	}
	b := builder{Directory: d, members: foldKeys(topo.GroupMarkets), groups: make(map[string]int)}
	for i := range tenants {
		t := tenants[i]
		b.add(&t)
	}
	if err := errors.Join(b.conflicts...); err != nil {
		return nil, err
	}
	return d, nil
}

// builder holds what is only needed while a Directory is built.
type builder struct {
	*Directory
	members   map[string][]string // folded group → markets
	groups    map[string]int      // folded group → tenant that claims it
	conflicts []error
}

func (b *builder) add(t *Tenant) {
	i := len(b.tenants)
	b.tenants = append(b.tenants, t)
	if _, taken := b.byID[t.ID]; taken {
		b.conflicts = append(b.conflicts, fmt.Errorf("tenant %s is listed twice", t.ID))
		return
	}
	b.byID[t.ID] = i
	for _, market := range t.Markets {
		b.claimMarket(i, market)
	}
	for _, group := range t.Groups {
		b.claimGroup(i, group)
	}
	for _, resource := range t.Resources {
		if !slices.Contains(b.exporting[resource], t.ID) {
			b.exporting[resource] = append(b.exporting[resource], t.ID)
		}
	}
}

func (b *builder) claimMarket(i int, market string) {
	other, taken := b.owner[Fold(market)]
	switch {
	case !taken:
		b.owner[Fold(market)] = i
		b.markets[i] = append(b.markets[i], market)
	case other != i:
		b.conflict("market", market, [2]int{other, i})
	}
}

func (b *builder) claimGroup(i int, group string) {
	other, taken := b.groups[Fold(group)]
	switch {
	case taken && other != i:
		b.conflict("market group", group, [2]int{other, i})
		return
	case taken:
		return
	}
	b.groups[Fold(group)] = i
	members, known := b.members[Fold(group)]
	if !known {
		b.unknown = append(b.unknown, group)
	}
	for _, market := range members {
		b.claimMarket(i, market)
	}
}

func (b *builder) conflict(kind, id string, claimants [2]int) {
	b.conflicts = append(b.conflicts, fmt.Errorf("%s %s is claimed by tenants %s and %s",
		kind, id, b.tenants[claimants[0]].ID, b.tenants[claimants[1]].ID))
}

// Resolve says which tenants an event on resource concerns (design §2.4 and §4): the tenant of the
// market when one is named, else the tenants of the store's markets, else every tenant that exports
// the resource. A store that is unknown or has no markets counts as not named. Market ids compare
// case-insensitively, store ids exactly.
//
// A market that nobody serves makes the event Unrouted, unless the members of a configured group
// are still unknown: then every exporting tenant is named, because the market may be theirs.
func (d *Directory) Resolve(resource, market, store string) Route {
	all := d.exporting[resource]
	if len(all) == 0 {
		return Route{Result: Ignored, Reason: ReasonNotExported}
	}
	if strings.TrimSpace(market) != "" {
		return d.route(resource, []string{market}, ReasonMarket, ReasonMarketNotServed)
	}
	if markets := d.stores[store]; len(markets) > 0 {
		return d.route(resource, markets, ReasonStore, ReasonStoreNotServed)
	}
	return Route{Tenants: all, Result: Routed, Reason: ReasonEveryTenant}
}

// route finds the tenants of the markets; found and missed are the reasons for either outcome.
func (d *Directory) route(resource string, markets []string, found, missed Reason) Route {
	owners, complete := d.owners(markets)
	if !complete && len(d.unknown) > 0 {
		return Route{
			Tenants: d.exporting[resource], Result: Routed, Reason: ReasonMembershipUnknown,
		}
	}
	if len(owners) == 0 {
		return Route{Result: Unrouted, Reason: missed}
	}
	var tenants []ID
	for _, i := range owners {
		if id := d.tenants[i].ID; slices.Contains(d.exporting[resource], id) {
			tenants = append(tenants, id)
		}
	}
	if len(tenants) == 0 {
		return Route{Result: Ignored, Reason: ReasonNotExported}
	}
	return Route{Tenants: tenants, Result: Routed, Reason: found}
}

// owners returns the tenants that serve the markets, in file order without duplicates, and whether
// every market is served.
func (d *Directory) owners(markets []string) (owners []int, complete bool) {
	complete = true
	for _, market := range markets {
		i, ok := d.owner[Fold(market)]
		if !ok {
			complete = false
			continue
		}
		owners = append(owners, i)
	}
	slices.Sort(owners)
	return slices.Compact(owners), complete
}

// Tenant returns the tenant with the id, or false. The tenant is shared: read only.
func (d *Directory) Tenant(id ID) (*Tenant, bool) {
	i, ok := d.byID[id]
	if !ok {
		return nil, false
	}
	return d.tenants[i], true
}

// Tenants returns every tenant in file order. The slice is the caller's, the tenants are shared.
func (d *Directory) Tenants() []*Tenant { return slices.Clone(d.tenants) }

// Markets returns the markets that the tenant serves: those the file gives it, then the members of
// its groups as far as they are known. It is empty for an unknown tenant. The slice is the
// caller's.
func (d *Directory) Markets(id ID) []string {
	i, ok := d.byID[id]
	if !ok {
		return nil
	}
	return slices.Clone(d.markets[i])
}

// Exports reports whether any tenant exports the resource.
func (d *Directory) Exports(resource string) bool { return len(d.exporting[resource]) > 0 }

// UnknownGroups returns the configured market groups whose members are not known, in file order.
// While there is one, events on markets that nobody serves go to every exporting tenant.
func (d *Directory) UnknownGroups() []string { return slices.Clone(d.unknown) }
