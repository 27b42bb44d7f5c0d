package catchup

import (
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/ledger"
)

// debounce is how long a wanted delta waits for more wishes, and how often it runs at most.
const debounce = 5 * time.Second

// schedule says which deltas are due. A new leader finds all of them due.
type schedule struct {
	intervals map[event.Resource]time.Duration
	next      map[event.Resource]time.Time
	wanted    map[event.Resource]time.Time // when a wish may be granted
}

func newSchedule(intervals map[event.Resource]time.Duration) *schedule {
	return &schedule{
		intervals: intervals,
		next:      map[event.Resource]time.Time{},
		wanted:    map[event.Resource]time.Time{},
	}
}

// due returns the resources whose turn has come, and those that are wished for, in the order in which
// one needs another.
func (s *schedule) due(now time.Time, wishes map[event.Resource]ledger.Wish) []event.Resource {
	var due []event.Resource
	for _, r := range Order() {
		_, listed := s.intervals[r]
		if listed && !now.Before(s.next[r]) || s.wished(r, now, wishes) {
			due = append(due, r)
		}
	}
	return due
}

// wished reports whether a wish has waited long enough: batch events come in bursts.
func (s *schedule) wished(r event.Resource, now time.Time, wishes map[event.Resource]ledger.Wish) bool {
	if _, wished := wishes[r]; !wished {
		return false
	}
	if s.wanted[r].IsZero() {
		s.wanted[r] = now.Add(debounce)
	}
	return !now.Before(s.wanted[r])
}

// ran notes that a delta has ended.
func (s *schedule) ran(r event.Resource, now time.Time, err error) {
	delete(s.wanted, r)
	wait := s.intervals[r]
	if err != nil {
		wait = min(wait, retryAfter)
		s.wanted[r] = now.Add(retryAfter)
	}
	if wait > 0 {
		s.next[r] = now.Add(wait)
	}
}

// Order is the order in which resources are listed: what others refer to comes first.
func Order() []event.Resource {
	order := []event.Resource{
		event.Store, event.Category, event.Supplier, event.Product, event.Price, event.Inventory,
		event.Customer, event.PurchaseOrder, event.Delivery,
	}
	return slices.Clip(order)
}
