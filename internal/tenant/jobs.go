package tenant

import "slices"

// Target is a kind of job that an event makes, and for whom.
type Target struct {
	Resource string
	// Tenants are in file order; the slice is shared: read only.
	Tenants []ID
}

// follower is a resource whose objects are looked at too when those of another have changed.
type follower struct {
	resource string
	// of is the resource that a tenant must export to be concerned.
	of string
}

// followers say which jobs an event on a resource makes beside its own (design §2). A product's event
// may be about its prices. A price decides about the VAT code, and comes with cost prices, which are
// both fields of the product; that is for tenants that export prices.
func followers(resource string) []follower {
	switch resource {
	case "product":
		return []follower{{resource: "price", of: "price"}}
	case "price":
		return []follower{{resource: "product", of: "price"}}
	default:
		return nil
	}
}

// Targets says which jobs an event on resource makes, and for which tenants: those of the resource
// itself as Resolve says, and those of its followers. The route is that of the event as a whole: its
// Tenants are all that get a job.
func (d *Directory) Targets(resource, market, store string) (Route, []Target) {
	whole := d.Resolve(resource, market, store)
	var targets []Target
	if whole.Result == Routed {
		targets = append(targets, Target{resource, whole.Tenants})
	}
	for _, f := range followers(resource) {
		route, among := d.Resolve(f.resource, market, store), d.exporting[f.of]
		var tenants []ID
		for _, id := range route.Tenants {
			if slices.Contains(among, id) {
				tenants = append(tenants, id)
			}
		}
		if len(tenants) > 0 {
			targets = append(targets, Target{f.resource, tenants})
		}
		if len(tenants) > 0 || route.Result != Routed {
			route.Tenants = tenants
			whole = whole.and(route)
		}
	}
	return whole, targets
}

// and is the route of an event that concerns tenants of another route too: the better of both, with the
// tenants of both.
func (r Route) and(other Route) Route {
	rank := map[Result]int{Routed: 2, Unrouted: 1, Ignored: 0}
	if rank[other.Result] > rank[r.Result] {
		r, other = other, r
	}
	all := slices.Clone(r.Tenants)
	for _, id := range other.Tenants {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	r.Tenants = all
	return r
}
