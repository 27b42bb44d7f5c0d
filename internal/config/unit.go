package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/tenant"
)

// unit is what resolves to a tenant as a whole, with everything merged for it: a market, or a
// market group whose members only Omnium knows.
type unit struct {
	// home is the entry of the file that speaks for it: markets[0] or marketGroups[0].
	home string
	// market and group are ids as the file spells them; group is only set in the market-group mode.
	market, group string
	props         properties
	token         text
}

// resolver turns connector, markets and market groups into units, and those into tenants.
//
// Without UseMarketGroupFlowTenants every entry of markets is a unit; a market group lends its
// properties to the markets it lists. With it, the units are the members of each group, or the
// group itself when its members are read from Omnium. There an entry of markets that the file puts
// into a group adds its properties to that member. An entry that is in no group stands for itself:
// its tenant is its own DefaultTenantUid, else the global one. While the members of some group are
// not in the file it must have its own, because it might turn out to be a member.
type resolver struct {
	d               *decoder
	f               *file
	implementations []string
	resources       []string
	// byGroup and byMarket say which mode holds; neither when the file does not say it readably.
	byGroup, byMarket bool
	// markets and memberOf find a folded market id in the file's markets and marketGroups.
	markets, memberOf map[string]int
	memberships       map[string][]string
}

func newResolver(d *decoder, f *file, implementations []string) *resolver {
	mode := f.Connector.Properties[propByGroup]
	r := &resolver{
		d: d, f: f, implementations: implementations, resources: resourcesOf(implementations),
		byGroup:     boolOf(mode),
		byMarket:    !mode.bad && !boolOf(mode),
		markets:     make(map[string]int),
		memberOf:    make(map[string]int),
		memberships: make(map[string][]string),
	}
	d.token(&f.Connector.AccessToken)
	r.indexMarkets()
	r.indexGroups()
	return r
}

func marketPath(i int) string { return fmt.Sprintf("markets[%d]", i) }

func groupPath(i int) string { return fmt.Sprintf("marketGroups[%d]", i) }

func (r *resolver) indexMarkets() {
	for i := range r.f.Markets {
		m, path := &r.f.Markets[i], marketPath(i)
		r.local(&m.AccessToken, m.Properties)
		if !r.named(&m.Market, path+".market") {
			continue
		}
		id := tenant.Fold(m.Market.s)
		if first, taken := r.markets[id]; taken {
			r.repeated(&m.Market, "market", marketPath(first)+".market")
			continue
		}
		r.markets[id] = i
	}
}

func (r *resolver) indexGroups() {
	groups := make(map[string]int)
	for i := range r.f.MarketGroups {
		g, path := &r.f.MarketGroups[i], groupPath(i)
		r.local(&g.AccessToken, g.Properties)
		if !r.named(&g.Group, path+".group") {
			continue
		}
		id := tenant.Fold(g.Group.s)
		if first, taken := groups[id]; taken {
			r.repeated(&g.Group, "market group", groupPath(first)+".group")
			continue
		}
		groups[id] = i
		r.indexMembers(i)
	}
}

func (r *resolver) indexMembers(i int) {
	g, path := &r.f.MarketGroups[i], groupPath(i)
	for j := range g.Markets {
		at := fmt.Sprintf("%s.markets[%d]", path, j)
		if !r.named(&g.Markets[j], at) {
			continue
		}
		id := tenant.Fold(g.Markets[j].s)
		if first, taken := r.memberOf[id]; taken {
			r.repeated(&g.Markets[j], "market", groupPath(first)+".markets")
			continue
		}
		r.memberOf[id] = i
		r.memberships[g.Group.s] = append(r.memberships[g.Group.s], g.Markets[j].s)
		if _, listed := r.markets[id]; !listed && r.byMarket {
			r.d.warn(at, "not listed under markets, so no tenant serves this market")
		}
	}
	switch {
	case r.d.isBad(path + ".markets"):
	case r.d.has(path+".markets") && len(g.Markets) == 0:
		r.d.fail(path+".markets", "names no market; leave it out to read the members from Omnium")
	case !r.membersGiven(i) && r.byMarket && (len(g.Properties) > 0 || g.AccessToken.path != ""):
		r.d.fail(path, "must list its markets: without %s a group only lends its settings to them",
			propByGroup)
	}
}

func (r *resolver) membersGiven(i int) bool { return r.d.has(groupPath(i) + ".markets") }

// local checks what a market or a group may override.
func (r *resolver) local(token *text, props properties) {
	r.d.token(token)
	if t, ok := props[propByGroup]; ok {
		r.d.fail(t.path, "is a global property: give it under connector.properties")
		delete(props, propByGroup)
	}
}

// named reports whether t holds an id, which it trims.
func (r *resolver) named(t *text, path string) bool {
	t.s = strings.TrimSpace(t.s)
	if t.s == "" && !r.d.isBad(path) {
		r.d.fail(path, "required")
	}
	return t.s != "" && !t.bad
}

func (r *resolver) repeated(t *text, kind, first string) {
	shown := ""
	if !t.env {
		shown = t.s + " "
	}
	r.d.fail(t.path, "%s %sis already listed in %s (line %d)", kind, shown, first, r.d.line(first))
	t.bad = true
}

// token checks an access token that is given.
func (d *decoder) token(t *text) {
	if t.path == "" || t.bad {
		return
	}
	if t.s == "" || !isVisible(t.s) {
		d.fail(t.path, "%s", messageVisible)
		t.bad = true
	}
}

// units lists every unit in file order.
func (r *resolver) units() []unit {
	if len(r.f.Markets)+len(r.f.MarketGroups) == 0 {
		if !r.d.isBad("markets") && !r.d.isBad("marketGroups") {
			r.d.fail("markets", "at least one market or market group is required")
		}
		return nil
	}
	if !r.byGroup && !r.byMarket {
		return nil
	}
	var units []unit
	for i := range r.f.MarketGroups {
		units = append(units, r.groupUnits(i)...)
	}
	for i := range r.f.Markets {
		units = append(units, r.marketUnits(i)...)
	}
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Compare(r.d.line(a.home), r.d.line(b.home))
	})
	if r.byMarket && len(r.f.Markets) == 0 && !r.d.isBad("markets") {
		r.d.fail("markets", `at least one market is required unless %s is "true"`, propByGroup)
	}
	return units
}

// groupUnits are the members of group i, or the group itself when they are read from Omnium. Only
// the market-group mode has them.
func (r *resolver) groupUnits(i int) []unit {
	g := &r.f.MarketGroups[i]
	if !r.byGroup || g.Group.bad || g.Group.s == "" {
		return nil
	}
	whole := unit{
		home: groupPath(i), group: g.Group.s,
		props: merge(r.f.Connector.Properties, g.Properties),
		token: firstToken(g.AccessToken, r.f.Connector.AccessToken),
	}
	if !r.membersGiven(i) {
		return []unit{whole}
	}
	var units []unit
	for _, id := range r.memberships[g.Group.s] {
		member := whole
		if j, listed := r.markets[tenant.Fold(id)]; listed {
			member = r.listedMember(j, whole)
		}
		member.market = id
		units = append(units, member)
	}
	return units
}

// listedMember is a member of a group that has its own entry j under markets.
func (r *resolver) listedMember(j int, whole unit) unit {
	m := &r.f.Markets[j]
	own, given := m.Properties[propTenant]
	theirs := whole.props[propTenant]
	if given && !own.bad && !theirs.bad && own.s != theirs.s && theirs.s != "" {
		r.d.fail(own.path, "is not the tenant of the market's group (%s, line %d): "+
			"two tenants would claim the market", theirs.path, r.d.line(theirs.path))
		own.bad = true
		m.Properties[propTenant] = own
	}
	whole.home = marketPath(j)
	whole.props = merge(whole.props, m.Properties)
	whole.token = firstToken(m.AccessToken, whole.token)
	return whole
}

// marketUnits is the entry i of markets, unless its group speaks for it.
func (r *resolver) marketUnits(i int) []unit {
	m := &r.f.Markets[i]
	if m.Market.bad || m.Market.s == "" {
		return nil
	}
	layers := []properties{r.f.Connector.Properties}
	token := r.f.Connector.AccessToken
	g, grouped := r.memberOf[tenant.Fold(m.Market.s)]
	switch {
	case grouped && r.byGroup:
		return nil
	case grouped:
		layers = append(layers, r.f.MarketGroups[g].Properties)
		token = firstToken(r.f.MarketGroups[g].AccessToken, token)
	case r.byGroup && r.mayBeMember(m):
		r.d.fail(m.Market.path, "is in no market group of the file, and there are groups without "+
			"markets: list it in its group or give it a %s", propTenant)
		return nil
	}
	return []unit{{
		home: marketPath(i), market: m.Market.s,
		props: merge(append(layers, m.Properties)...),
		token: firstToken(m.AccessToken, token),
	}}
}

// mayBeMember reports whether Omnium might put the market into a group of the file.
func (r *resolver) mayBeMember(m *marketFile) bool {
	if _, own := m.Properties[propTenant]; own {
		return false
	}
	for i := range r.f.MarketGroups {
		if !r.membersGiven(i) {
			return true
		}
	}
	return false
}

func firstToken(own, inherited text) text {
	if own.path != "" {
		return own
	}
	return inherited
}
