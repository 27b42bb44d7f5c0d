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
	// Leaks are where credentials were seen.
	Leaks []string
}

// good reports whether nothing is wrong.
func (v verdict) good() bool {
	return len(v.Lost)+len(v.Overlaps)+len(v.Regressions)+len(v.Differences)+len(v.Panics)+len(v.Leaks) == 0
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
	v.Overlaps, v.Regressions = check.Overlaps(writes), check.Regressions(writes)
	for _, p := range journal {
		if p.At.After(s.began) {
			v.Writes++
		}
	}
	v.excuse()
	if err := s.account(ctx, &v, writes); err != nil {
		return v, journal, err
	}
	v.Panics = s.panics()
	if v.Leaks, err = s.leaks(ctx); err != nil {
		return v, journal, err
	}
	return v, journal, s.hits(ctx, v.Hits)
}

// hits adds the requests up that met a fault of a vendor.
func (s *storm) hits(ctx context.Context, into map[plan.FaultKind]int) error {
	for _, f := range []*fake{s.omnium, s.flow} {
		var hits map[plan.FaultKind]int
		if err := f.ask(ctx, "hits", struct{}{}, &hits); err != nil {
			return err
		}
		for k, n := range hits {
			into[k] += n
		}
	}
	return nil
}

// panics are the lines of the logs that no replica must ever write.
func (s *storm) panics() []string {
	var found []string
	for i, r := range s.replicas {
		for line := range strings.Lines(r.log.String()) {
			if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE") {
				found = append(found, fmt.Sprintf("replica %d: %s", i, line))
			}
		}
	}
	return found
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
	e := evidence{books: b, stuck: s.audit.Stuck(b), wrong: map[string][]string{}, last: map[string]time.Time{}}
	for _, d := range v.Differences {
		e.wrong[d.Tenant] = append(e.wrong[d.Tenant], d.UID)
	}
	for _, w := range writes {
		if key := w.Tenant + "/" + w.Object; w.Arrived.After(e.last[key]) {
			e.last[key] = w.Arrived
		}
	}
	accepted, traces := s.accepted(), map[string]check.Trace{}
	for _, a := range accepted {
		key := a.Tenant + "/" + a.Source
		if _, known := traces[key]; known {
			continue
		}
		o, err := s.operator.object(ctx, a.Tenant, a.Source)
		if err != nil {
			return err
		}
		traces[key] = e.trace(a, o)
	}
	v.Fates, v.Lost = check.Account(accepted, traces, s.count.Kills > 0)
	return nil
}

// evidence is what is known when all is quiet.
type evidence struct {
	books demo.Books
	// stuck are the objects that no mapping can help, wrong the uids that differ, by tenant.
	stuck map[string]map[string]bool
	wrong map[string][]string
	// last is when an object of Flow was last written, by tenant, slash and name.
	last map[string]time.Time
}

// trace is what is known of the object of an event.
func (e evidence) trace(a check.Accepted, o object) check.Trace {
	t := check.Trace{Letter: e.stuck[a.Tenant][a.Source]}
	if o.LastOutcome != nil {
		t.Outcome = o.LastOutcome.At
	}
	for _, name := range flowNames(e.books, a.Source) {
		for key, at := range e.last {
			if matches(key, a.Tenant, name) && at.After(t.Written) {
				t.Written = at
			}
		}
		_, uid, _ := strings.Cut(name, "/")
		differs := func(wrong string) bool { return strings.Contains(wrong, uid) }
		t.Differs = t.Differs || slices.ContainsFunc(e.wrong[a.Tenant], differs)
	}
	return t
}

// matches says whether a written object is the one that is meant; rows of lists are by what they end with.
func matches(key, tenant, name string) bool {
	kind, uid, _ := strings.Cut(name, "/")
	return strings.HasPrefix(key, tenant+"/"+kind+"/") && (strings.HasSuffix(key, "/"+uid) || strings.Contains(key, "/"+uid+"/"))
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
