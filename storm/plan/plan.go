// Package plan draws up what happens in a storm: what changes in Omnium and when, how the events of it are
// delivered, and what breaks meanwhile. A plan is a function of its seed and of the shop. What a plan asks
// for leaves no doubt about what Flow shall hold at the end, in whatever order things arrive.
package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is what a change does.
type Kind string

// The kinds of changes. Tell changes nothing and is announced all the same; Noise is an event that is not
// for us.
const (
	Rename       Kind = "rename"
	Reprice      Kind = "reprice"
	SoftDelete   Kind = "soft delete"
	HardDelete   Kind = "hard delete"
	Restore      Kind = "restore"
	LeaveMarket  Kind = "leave market"
	ReturnMarket Kind = "return to market"
	Create       Kind = "create"
	Count        Kind = "count stock"
	Person       Kind = "person"
	Company      Kind = "company"
	Supplier     Kind = "supplier"
	SupplierGone Kind = "supplier gone"
	Store        Kind = "store"
	StoreGone    Kind = "store gone"
	Category     Kind = "category"
	Order        Kind = "purchase order"
	Delivery     Kind = "delivery"
	FiledPrice   Kind = "filed price"
	Tell         Kind = "tell"
	Noise        Kind = "noise"
)

// Change is something that happens in Omnium.
type Change struct {
	At   time.Duration
	Kind Kind
	ID   string
	// Version grows from change to change.
	Version int
}

// Post is a delivery of events: one as it is, several as an array. A change that several posts name is
// delivered more than once.
type Post struct {
	At      time.Duration
	Changes []int // indices into the plan's
	Replica int   // who is asked first
}

// Shop is what may change, by id.
type Shop struct {
	// Products are those of whose life the plan decides, Stock the items of them by key.
	Products []string
	Stock    []string

	Persons, Companies, Suppliers, Stores, Categories, Orders, Deliveries, FiledPrices []string
	// SuppliersGone and StoresGone are given up once and never change before.
	SuppliersGone, StoresGone []string
}

// Size says how much happens.
type Size struct {
	// Length is how long changes and faults go on.
	Length time.Duration
	// Changes are roughly how many there are, Faults exactly.
	Changes, Faults int
}

// Plan is a storm.
type Plan struct {
	Seed uint64
	// Everysec says that Redis writes to disk once a second, and may lose that much; the catch-up is on
	// then. Else it writes before it answers, and the catch-up is off: nothing may hide a loss.
	Everysec bool
	// Lag is how long Omnium's searches take to see a change.
	Lag     time.Duration
	Length  time.Duration
	Changes []Change
	Posts   []Post
	Faults  []Fault
}

// New draws up the plan of a seed.
func New(seed uint64, shop Shop, size Size) Plan {
	p := &planner{
		Rand: rand.New(rand.NewPCG(seed, 0x5707)), shop: shop, size: size, //nolint:gosec // a seed must repeat itself
		plan: Plan{Seed: seed, Everysec: seed%2 == 0, Length: size.Length},
	}
	if seed%4 >= 2 {
		p.plan.Lag = 500 * time.Millisecond
	}
	p.cast()
	for len(p.plan.Changes) < size.Changes {
		p.edit()
	}
	p.sort()
	p.deliver()
	p.faults()
	return p.plan
}

type planner struct {
	*rand.Rand

	shop Shop
	size Size
	plan Plan
	// editable are the products that may change at any time.
	editable []string
}

// How many products share each fate, and how many are new.
const (
	sharing = 3
	created = 6
)

// cast gives products their fates. One that is gone is not edited until it is back, and none leaves
// twice: what Flow holds of it would hang on how often that was noticed.
func (p *planner) cast() {
	ids := slices.Clone(p.shop.Products)
	p.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	take := func() []string {
		taken := ids[:sharing]
		ids = ids[sharing:]
		return taken
	}
	for _, id := range take() {
		p.change(p.between(0, 1), HardDelete, id)
	}
	for _, id := range take() {
		p.change(p.between(0.3, 1), SoftDelete, id)
	}
	for _, id := range take() {
		p.change(p.between(0, 0.5), SoftDelete, id)
		p.change(p.between(0.5, 1), Restore, id)
	}
	for _, id := range take() {
		p.change(p.between(0.3, 1), LeaveMarket, id)
	}
	for _, id := range take() {
		p.change(p.between(0, 0.5), LeaveMarket, id)
		p.change(p.between(0.5, 1), ReturnMarket, id)
	}
	for i := range created {
		p.change(p.between(0, 1), Create, fmt.Sprintf("NY-%d", i))
	}
	for _, id := range p.shop.SuppliersGone {
		p.change(p.between(0, 1), SupplierGone, id)
	}
	for _, id := range p.shop.StoresGone {
		p.change(p.between(0, 1), StoreGone, id)
	}
	p.editable = ids
}

// between is a moment between two shares of the storm.
func (p *planner) between(from, to float64) time.Duration {
	share := from + (to-from)*p.Float64()
	return time.Duration(share * float64(p.size.Length)).Truncate(time.Millisecond)
}

func (p *planner) change(at time.Duration, k Kind, id string) {
	p.plan.Changes = append(p.plan.Changes, Change{At: at, Kind: k, ID: id})
}

// edit adds one change or a burst of them.
func (p *planner) edit() {
	at := p.between(0, 1)
	n := p.IntN(100)
	if n -= 6; n < 0 {
		id := p.one(p.editable)
		for i := range 8 + p.IntN(20) {
			p.change(at+time.Duration(i)*5*time.Millisecond, p.either(Rename, Reprice), id)
		}
		return
	}
	if n -= 34; n < 0 {
		p.change(at, p.either(Rename, Reprice), p.one(p.editable))
		return
	}
	for _, e := range []struct {
		percent int
		kind    Kind
		ids     []string
	}{
		{20, Count, p.shop.Stock},
		{6, Person, p.shop.Persons},
		{3, Company, p.shop.Companies},
		{4, Supplier, p.shop.Suppliers},
		{4, Store, p.shop.Stores},
		{3, Category, p.shop.Categories},
		{6, Order, p.shop.Orders},
		{3, Delivery, p.shop.Deliveries},
		{2, FiledPrice, p.shop.FiledPrices},
		{4, Tell, p.shop.Products},
	} {
		if n -= e.percent; n < 0 {
			p.change(at, e.kind, p.one(e.ids))
			return
		}
	}
	p.change(at, Noise, fmt.Sprintf("O-%d", p.IntN(1000)))
}

func (p *planner) one(ids []string) string { return ids[p.IntN(len(ids))] }

func (p *planner) either(a, b Kind) Kind {
	if p.IntN(2) == 0 {
		return a
	}
	return b
}

func (p *planner) sort() {
	slices.SortStableFunc(p.plan.Changes, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	for i := range p.plan.Changes {
		p.plan.Changes[i].Version = i + 1
	}
}

// deliver decides how the events of the changes travel: soon, late and so after younger ones, twice, or
// with their neighbours in one array.
func (p *planner) deliver() {
	for i := 0; i < len(p.plan.Changes); {
		n := 1
		if p.IntN(16) == 0 {
			n = min(2+p.IntN(20), len(p.plan.Changes)-i)
		}
		var list []int
		for k := range n {
			list = append(list, i+k)
		}
		i += n
		at := p.plan.Changes[i-1].At
		late := time.Duration(p.IntN(60)) * time.Millisecond
		if p.IntN(6) == 0 {
			late = time.Duration(300+p.IntN(2000)) * time.Millisecond
		}
		p.post(at+late, list)
		for p.IntN(7) == 0 {
			p.post(at+late+time.Duration(p.IntN(1500))*time.Millisecond, list)
		}
	}
	slices.SortStableFunc(p.plan.Posts, func(a, b Post) int { return cmp.Compare(a.At, b.At) })
}

func (p *planner) post(at time.Duration, list []int) {
	p.plan.Posts = append(p.plan.Posts, Post{At: at, Changes: list, Replica: p.IntN(Replicas)})
}
