package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/demo"
	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/mapping"
	"github.com/omniflow/omniflow/storm/check"
	"github.com/omniflow/omniflow/storm/plan"
)

// verdict is what came of a storm.
type verdict struct {
	Seed     uint64
	Everysec bool
	Changes  int
	Events   answered
	Refused  int // posts that were not answered 202
	GivenUp  int // changes whose event was never taken, as Omnium gives up
	Counts   counts
	// Hits are the requests that met a fault of a vendor.
	Hits        map[plan.FaultKind]int
	Writes      int
	Letters     map[string]int // replayed, by reason
	Fates       map[check.Fate]int
	Lost        []string
	Overlaps    []check.Overlap
	Regressions []check.Regression
	Differences []demo.Difference
	// Forgotten are overlaps and regressions after a power loss that had taken back leases.
	Forgotten int
	// Raged and Settled are how long it went on, and how long it took to come to rest.
	Raged, Settled time.Duration
	Panics         []string
}

// good reports whether nothing is wrong.
func (v verdict) good() bool {
	return len(v.Lost)+len(v.Overlaps)+len(v.Regressions)+len(v.Differences)+len(v.Panics) == 0
}

// judge looks at everything when it is quiet.
// It returns the journal of Flow, too.
func (s *storm) judge(ctx context.Context) (verdict, []flowtest.Push, error) {
	v := verdict{
		Seed: s.plan.Seed, Everysec: s.plan.Everysec, Changes: len(s.plan.Changes),
		Events: s.sender.counts, Counts: s.count, Hits: map[plan.FaultKind]int{},
	}
	for status, n := range s.sender.answers {
		if status != 202 {
			v.Refused += n
		}
	}
	v.GivenUp = len(s.plan.Changes) - len(s.sender.taken)
	report, err := s.compare(ctx)
	if err != nil {
		return v, nil, err
	}
	v.Differences = report.Differences
	var journal []flowtest.Push
	if err := s.flow.ask(ctx, "journal", struct{}{}, &journal); err != nil {
		return v, journal, err
	}
	writes := writesOf(journal)
	v.Writes, v.Overlaps, v.Regressions = len(journal), check.Overlaps(writes), check.Regressions(writes)
	v.excuse()
	if err := s.account(ctx, &v, writes); err != nil {
		return v, journal, err
	}
	for _, f := range []*fake{s.omnium, s.flow} {
		var hits map[plan.FaultKind]int
		if err := f.ask(ctx, "hits", struct{}{}, &hits); err != nil {
			return v, journal, err
		}
		for k, n := range hits {
			v.Hits[k] += n
		}
	}
	for i, r := range s.replicas {
		for line := range strings.Lines(r.log.String()) {
			if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE") {
				v.Panics = append(v.Panics, fmt.Sprintf("replica %d: %s", i, line))
			}
		}
	}
	return v, journal, nil
}

// excuse sets aside what came of leases that Redis had forgotten.
func (v *verdict) excuse() {
	all := len(v.Overlaps) + len(v.Regressions)
	v.Overlaps = slices.DeleteFunc(v.Overlaps, func(o check.Overlap) bool { return v.Counts.forgotten(o.Second.Arrived) })
	v.Regressions = slices.DeleteFunc(v.Regressions, func(r check.Regression) bool { return v.Counts.forgotten(r.Older.Arrived) })
	v.Forgotten = all - len(v.Overlaps) - len(v.Regressions)
}

// account tells the fate of every event that was taken.
func (s *storm) account(ctx context.Context, v *verdict, writes []check.Write) error {
	b, err := s.books(ctx)
	if err != nil {
		return err
	}
	stuck, wrong := s.audit.Stuck(b), s.wrong(v.Differences)
	last := map[string]time.Time{}
	for _, w := range writes {
		key := w.Tenant + "/" + w.Object
		if w.Arrived.After(last[key]) {
			last[key] = w.Arrived
		}
	}
	accepted := s.accepted()
	traces := map[string]check.Trace{}
	for _, a := range accepted {
		key := a.Tenant + "/" + a.Source
		if _, known := traces[key]; known {
			continue
		}
		o, err := s.operator.object(ctx, a.Tenant, a.Source)
		if err != nil {
			return err
		}
		t := check.Trace{Letter: stuck[a.Tenant][a.Source]}
		if o.LastOutcome != nil {
			t.Outcome = o.LastOutcome.At
		}
		for _, name := range flowNames(b, a.Source) {
			for key, at := range last {
				if matches(key, a.Tenant, name) && at.After(t.Written) {
					t.Written = at
				}
			}
			t.Differs = t.Differs || slices.ContainsFunc(wrong[a.Tenant], func(uid string) bool { return strings.Contains(uid, name[strings.IndexByte(name, '/')+1:]) })
		}
		traces[key] = t
	}
	v.Fates, v.Lost = check.Account(accepted, traces, s.count.Kills > 0)
	return nil
}

// matches says whether a written object is the one that is meant; rows of lists are by what they end with.
func matches(key, tenant, name string) bool {
	kind, uid, _ := strings.Cut(name, "/")
	return strings.HasPrefix(key, tenant+"/"+kind+"/") && (strings.HasSuffix(key, "/"+uid) || strings.Contains(key, "/"+uid+"/"))
}

// wrong are the uids that differ, by tenant.
func (s *storm) wrong(differences []demo.Difference) map[string][]string {
	wrong := map[string][]string{}
	for _, d := range differences {
		wrong[d.Tenant] = append(wrong[d.Tenant], d.UID)
	}
	return wrong
}

// accepted are the events that were answered 202, once per tenant.
func (s *storm) accepted() []check.Accepted {
	var list []check.Accepted
	for i, c := range s.plan.Changes {
		source, of := sourceOf(c)
		if _, taken := s.sender.taken[i]; !taken {
			continue
		}
		for _, t := range of {
			list = append(list, check.Accepted{
				Event: fmt.Sprintf("%d (%s)", c.Version, c.Kind), Tenant: t, Source: source, Sent: s.sender.sent[i],
			})
		}
	}
	return list
}

// sourceOf names the job of a change and the tenants that have it.
func sourceOf(c plan.Change) (string, []string) {
	switch c.Kind {
	case plan.Count:
		sku, _, _ := strings.Cut(c.ID, "_")
		return "inventory/" + sku, tenants()
	case plan.Person, plan.Company:
		return "customer/" + c.ID, tenants()
	case plan.Supplier, plan.SupplierGone:
		return "supplier/" + c.ID, tenants()
	case plan.Store, plan.StoreGone:
		return "store/" + c.ID, tenants()
	case plan.Category:
		return "category/" + c.ID, []string{demo.TenantNO}
	case plan.Order:
		return "purchase_order/" + c.ID, tenants()
	case plan.Delivery:
		return "delivery/" + c.ID, tenants()
	case plan.FiledPrice:
		return "price/" + filedFor, tenants()
	case plan.Noise:
		return "", nil
	default:
		return "product/" + c.ID, tenants()
	}
}

// flowNames are the objects of Flow that a source becomes, as pushes name them.
func flowNames(b demo.Books, source string) []string {
	resource, id, _ := strings.Cut(source, "/")
	kind := map[string]string{
		"product": "product", "price": "price", "inventory": "stock", "customer": "customer", "supplier": "supplier",
		"store": "store", "category": "group", "purchase_order": "order",
	}[resource]
	if kind == "" {
		return nil
	}
	ids := []string{id}
	if resource == "product" || resource == "price" {
		for _, p := range b.Products {
			if p.ProductID != id {
				continue
			}
			for _, variant := range p.Variants {
				ids = append(ids, variant.SkuID)
			}
		}
	}
	var names []string
	for _, id := range ids {
		if uid, err := mapping.UID(id); err == nil {
			names = append(names, kind+"/"+uid)
		}
	}
	if id == "K-2003" {
		names = append(names, "customer/pos-771") // as Flow calls it
	}
	return names
}
