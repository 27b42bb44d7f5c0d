package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/storm/plan"
)

func shop() plan.Shop {
	s := plan.Shop{
		Persons: []string{"kari"}, Companies: []string{"club"}, Suppliers: []string{"wool"}, Stores: []string{"oslo"},
		Categories: []string{"ski"}, Orders: []string{"PO-1"}, Deliveries: []string{"D-1"}, FiledPrices: []string{"f"},
		SuppliersGone: []string{"gone"}, StoresGone: []string{"malmo"},
	}
	for i := range 40 {
		s.Products = append(s.Products, fmt.Sprintf("p%d", i))
		s.Stock = append(s.Stock, fmt.Sprintf("p%d_oslo", i))
	}
	return s
}

func size() plan.Size { return plan.Size{Length: 10 * time.Second, Changes: 300, Faults: 12} }

func TestSeedRepeatsItsPlan(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		if diff := cmp.Diff(plan.New(seed, shop(), size()), plan.New(seed, shop(), size())); diff != "" {
			t.Errorf("New(%d) twice (-first +second):\n%s", seed, diff)
		}
	}
	if cmp.Equal(plan.New(1, shop(), size()).Changes, plan.New(3, shop(), size()).Changes) {
		t.Error("New(1) and New(3) have the same changes, want others")
	}
}

func TestEventsAreDeliveredAfterTheirChange(t *testing.T) {
	t.Parallel()
	p := plan.New(5, shop(), size())
	told := map[int]int{}
	for _, post := range p.Posts {
		for _, i := range post.Changes {
			told[i]++
			if p.Changes[i].At > post.At {
				t.Errorf("change %d is at %v and posted at %v, want it to be posted later", i, p.Changes[i].At, post.At)
			}
		}
	}
	twice := 0
	for i := range p.Changes {
		if told[i] == 0 {
			t.Errorf("change %d is never posted", i)
		}
		if told[i] > 1 {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no event is delivered twice")
	}
}

func TestVersionsGrowWithTime(t *testing.T) {
	t.Parallel()
	p := plan.New(6, shop(), size())
	for i := 1; i < len(p.Changes); i++ {
		a, b := p.Changes[i-1], p.Changes[i]
		if a.At > b.At || a.Version >= b.Version {
			t.Errorf("change %d is %+v after %+v, want it later and newer", i, b, a)
		}
	}
}

// What Flow shall hold of a product that is gone hangs on what was last sent before: it must not change
// while it is, and leave once only.
func TestWhatIsGoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		gone := map[string]bool{}
		left := map[string]int{}
		edited := map[string]bool{}
		for _, c := range plan.New(seed, shop(), size()).Changes {
			switch c.Kind {
			case plan.Rename, plan.Reprice:
				edited[c.ID] = true
				if gone[c.ID] {
					t.Errorf("seed %d: %s of %s, which is gone", seed, c.Kind, c.ID)
				}
			case plan.SoftDelete, plan.LeaveMarket, plan.HardDelete:
				gone[c.ID] = true
				left[c.ID]++
				if c.Kind == plan.HardDelete && edited[c.ID] {
					t.Errorf("seed %d: %s was edited before its hard delete", seed, c.ID)
				}
			case plan.Restore, plan.ReturnMarket:
				if !gone[c.ID] {
					t.Errorf("seed %d: %s of %s, which is there", seed, c.Kind, c.ID)
				}
				gone[c.ID] = false
			default:
			}
		}
		for id, n := range left {
			if n > 1 {
				t.Errorf("seed %d: %s leaves %d times, want once", seed, id, n)
			}
		}
	}
}

func TestEveryStormHasItsCrashes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		p := plan.New(seed, shop(), size())
		if len(p.Faults) != size().Faults {
			t.Errorf("New(%d) has %d faults, want %d", seed, len(p.Faults), size().Faults)
		}
		loss := plan.KillRedis
		if p.Everysec {
			loss = plan.PowerLoss
		}
		for _, kind := range []plan.FaultKind{plan.KillReplica, loss} {
			if !slices.ContainsFunc(p.Faults, func(f plan.Fault) bool { return f.Kind == kind }) {
				t.Errorf("New(%d) has no %s", seed, kind)
			}
		}
	}
}

func TestTwentySeedsHaveEveryKindOfFault(t *testing.T) {
	t.Parallel()
	seen := map[plan.FaultKind]bool{}
	codes := map[int]bool{}
	for seed := range uint64(20) {
		for _, f := range plan.New(seed+1, shop(), size()).Faults {
			seen[f.Kind] = true
			if f.Kind == plan.Status {
				codes[f.Code] = true
			}
		}
	}
	for _, kind := range plan.FaultKinds() {
		if !seen[kind] {
			t.Errorf("no %s in twenty seeds", kind)
		}
	}
	for _, code := range []int{401, 403, 409, 422, 429, 500, 502, 503, 504} {
		if !codes[code] {
			t.Errorf("no status %d in twenty seeds", code)
		}
	}
}
