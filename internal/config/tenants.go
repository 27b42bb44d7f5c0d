package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/omniflow/omniflow/internal/tenant"
)

// require reports what every unit must have after merging.
func (r *resolver) require(units []unit) {
	if len(r.f.Markets)+len(r.f.MarketGroups) == 0 {
		units = []unit{r.global()}
	}
	for _, key := range requiredProperties(r.resources) {
		r.requireEach(units, "properties."+key, func(u unit) text { return u.props[key] })
	}
	r.requireEach(units, "accessToken", func(u unit) text { return u.token })
}

// global stands in for the markets while there are none, so that what is missing for all of them is
// reported together with that.
func (r *resolver) global() unit {
	c := &r.f.Connector
	return unit{home: "connector", props: merge(c.Properties), token: c.AccessToken}
}

// requireEach reports the units that lack a value: at the connector when all do, else at each.
func (r *resolver) requireEach(units []unit, key string, value func(unit) text) {
	var lacking []unit
	for _, u := range units {
		if t := value(u); !t.bad && strings.TrimSpace(t.s) == "" {
			lacking = append(lacking, u)
		}
	}
	global := "connector." + key
	if len(lacking) == 0 || r.d.isBad(global) {
		return
	}
	if len(lacking) == len(units) {
		r.d.fail(global, "required here, or for every market or market group")
		return
	}
	for _, u := range lacking {
		if at := u.home + "." + key; !r.d.isBad(at) {
			r.d.fail(at, "required here, for its market group, or as %s", global)
		}
	}
}

// tenants groups the units by the tenant they resolve to.
func (r *resolver) tenants(units []unit) []tenant.Tenant {
	var tenants []tenant.Tenant
	members := make(map[string][]unit)
	index := make(map[string]int)
	for _, u := range units {
		uid := u.props[propTenant]
		if uid.bad || uid.s == "" {
			continue
		}
		i, known := index[uid.s]
		if !known {
			i = len(tenants)
			index[uid.s] = i
			tenants = append(tenants, r.tenant(u))
		}
		members[uid.s] = append(members[uid.s], u)
		r.agree(members[uid.s][0], u)
		join(&tenants[i], u)
	}
	for uid, i := range index {
		tenants[i].StockMasters = stockMasters(members[uid])
	}
	return tenants
}

// tenant is the tenant of a unit, as yet without markets.
func (r *resolver) tenant(u unit) tenant.Tenant {
	resources := slices.Clone(r.resources)
	if boolOf(u.props[propCategories]) {
		resources = append(resources, "category") // no implementation exports them, a property does
	}
	return tenant.Tenant{
		ID:              tenant.ID(u.props[propTenant].s),
		AccessToken:     tenant.Secret(u.token.s),
		Resources:       resources,
		Implementations: slices.Clone(r.implementations),
		Properties:      u.props.values(),
	}
}

func join(t *tenant.Tenant, u unit) {
	if u.market != "" {
		t.Markets = append(t.Markets, u.market)
	}
	if u.group != "" && !slices.Contains(t.Groups, u.group) {
		t.Groups = append(t.Groups, u.group)
	}
}

// stockMasters lists who is the stock master in each market and group of a tenant; nothing when they all
// agree.
func stockMasters(units []unit) tenant.StockMasters {
	m := tenant.StockMasters{Markets: map[string]bool{}, Groups: map[string]bool{}}
	differ := false
	for _, u := range units {
		master := boolOf(u.props[propStockMaster])
		differ = differ || master != boolOf(units[0].props[propStockMaster])
		if u.market != "" {
			m.Markets[tenant.Fold(u.market)] = master
		} else {
			m.Groups[tenant.Fold(u.group)] = master
		}
	}
	if !differ {
		return tenant.StockMasters{}
	}
	return m
}

// agree reports where b differs from a, the first unit of the same tenant. OmniumIsMasterForStock
// is the one property that may differ per market (design §9.8).
func (r *resolver) agree(a, b unit) {
	keys := slices.Collect(maps.Keys(a.props))
	keys = slices.AppendSeq(keys, maps.Keys(b.props))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if key != propStockMaster {
			r.agreeOn(a, b, [2]text{a.props[key], b.props[key]})
		}
	}
	r.agreeOn(a, b, [2]text{a.token, b.token})
}

func (r *resolver) agreeOn(a, b unit, values [2]text) {
	theirs, ours := values[0], values[1]
	if theirs.s == ours.s || theirs.bad || ours.bad {
		return
	}
	// The problem is shown at the more specific of the two places.
	at, other, lacking := ours.path, theirs.path, a.home
	if at == "" || strings.HasPrefix(at, "connector.") {
		at, other, lacking = other, at, b.home
	}
	if other == "" {
		other = lacking
	}
	r.d.fail(at, "differs from %s (line %d), but %s and %s belong to one tenant: "+
		"its markets must agree", other, r.d.line(other), a.home, b.home)
}
