package reconcile

import (
	"context"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
)

// storesFor is how long the list of stores is good for finding the store of a purchase order.
const storesFor = time.Minute

// storeList remembers the stores of Omnium for a while.
type storeList struct {
	mu     sync.Mutex // held while reading: all who wait want the same
	list   []omnium.Store
	readAt time.Time
}

// read returns the stores as they were at since or later, and how many requests that took. The result must
// not be modified.
func (s *storeList) read(
	ctx context.Context, source PurchaseOrderSource, since time.Time,
) ([]omnium.Store, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.readAt) < storesFor && !s.readAt.Before(since) {
		return s.list, 0, nil
	}
	at := time.Now()
	list, err := source.Stores(ctx)
	if err != nil {
		return nil, 1, err
	}
	s.list, s.readAt = list, at
	return list, 1, nil
}
