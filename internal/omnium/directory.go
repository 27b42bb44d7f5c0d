package omnium

import (
	"context"
	"slices"
	"strings"
	"time"
)

const (
	opStores = "store.list"
	// storesFor is how long the directory of stores is kept when nobody says that stores have changed.
	storesFor = 5 * time.Minute
)

// StoreDirectory is all stores and warehouses at one moment. It is immutable and safe for concurrent
// use; the stores in it are shared and must not be modified.
type StoreDirectory struct {
	stores   []Store
	byID     map[string]*Store
	listedBy map[string][]*Store
}

func newStoreDirectory(list []Store) *StoreDirectory {
	d := &StoreDirectory{stores: list, byID: map[string]*Store{}, listedBy: map[string][]*Store{}}
	for i := range list {
		s := &list[i]
		d.byID[s.ID] = s
		for _, w := range s.AvailableWarehouses {
			code := strings.TrimSpace(w.WarehouseCode)
			if !slices.Contains(d.listedBy[code], s) {
				d.listedBy[code] = append(d.listedBy[code], s)
			}
		}
	}
	return d
}

// All returns the stores in Omnium's order.
func (d *StoreDirectory) All() []Store { return d.stores }

// Store returns the store or warehouse with an id; nil when it is not known, or malformed.
func (d *StoreDirectory) Store(id string) *Store { return d.byID[id] }

// ListedBy returns the stores that name a warehouse among those that serve them, primary or not. A
// store that is its own warehouse need not be among them.
func (d *StoreDirectory) ListedBy(warehouse string) []*Store { return d.listedBy[warehouse] }

// StoreDirectory returns all stores and warehouses (reference omnium-api.md §6), those left out that
// are malformed. The answer is kept for five minutes: it is read again when it is older, when it was
// read before since, or when it was forgotten. Concurrent callers share one read. When the read fails,
// the last known directory, if any, comes with the error. Whether the list shows a change at once, and
// whether inactive stores are in it, is assumed: neither is documented.
func (c *Client) StoreDirectory(ctx context.Context, since time.Time) (*StoreDirectory, error) {
	return c.stores.get(ctx, since, func(ctx context.Context) (*StoreDirectory, error) {
		list, err := c.Stores(ctx)
		if err != nil {
			return nil, err
		}
		return newStoreDirectory(list), nil
	})
}

// ForgetStores makes the next call of StoreDirectory read again. Call it when an event says that a
// store has changed.
func (c *Client) ForgetStores() { c.stores.forget() }

// Stores reads all stores and warehouses that are not malformed. It keeps nothing; see StoreDirectory.
func (c *Client) Stores(ctx context.Context) ([]Store, error) {
	raw, err := c.list(ctx, opStores, "/api/Stores")
	if err != nil {
		return nil, err
	}
	return c.decodeStores(opStores, raw)
}
