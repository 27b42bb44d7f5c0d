package flowtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/omniflow/omniflow/internal/flow"
)

// State is what a tenant holds.
type State struct {
	Products   map[string]flow.Product
	Brands     map[string]flow.Brand
	Groups     map[string]flow.ProductGroup
	Properties map[string]flow.Property
	// Media are by product uid, in the order in which they were added. SetAsCoverImage says which
	// one is the cover now.
	Media map[string][]flow.Media
	// Texts are by product uid and property uid.
	Texts map[string]map[string]string
	// Siblings are by product uid, sorted; every link is there from both its ends.
	Siblings   map[string][]string
	Suppliers  map[string]flow.Supplier
	Categories map[string]flow.Category
}

// Snapshot returns a copy of what a tenant holds at this moment. Products carry their uid; a date
// that was cleared is the zero Date. The error says that the tenant is unknown, or that a record
// cannot be read, which would be a fault of the server itself.
func (s *Server) Snapshot(tenantUID string) (State, error) {
	t := s.tenants[tenantUID]
	if t == nil {
		return State{}, fmt.Errorf("unknown tenant %q", tenantUID)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	state := State{
		Products:   make(map[string]flow.Product),
		Brands:     make(map[string]flow.Brand),
		Groups:     make(map[string]flow.ProductGroup),
		Properties: make(map[string]flow.Property),
		Media:      make(map[string][]flow.Media),
		Texts:      make(map[string]map[string]string),
		Siblings:   make(map[string][]string),
		Suppliers:  make(map[string]flow.Supplier),
		Categories: make(map[string]flow.Category),
	}
	return state, t.fill(state)
}

func (t *tenant) fill(state State) error {
	for product, texts := range t.texts {
		state.Texts[product] = maps.Clone(texts)
	}
	for product, siblings := range t.links {
		state.Siblings[product] = slices.Sorted(slices.Values(siblings))
	}
	for product, media := range t.media {
		list, err := snapshotMedia(media)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			state.Media[product] = list
		}
	}
	if err := decodeAll(t.products, state.Products); err != nil {
		return err
	}
	if err := decodeAll(t.brands, state.Brands); err != nil {
		return err
	}
	if err := decodeAll(t.groups, state.Groups); err != nil {
		return err
	}
	if err := decodeAll(t.suppliers, state.Suppliers); err != nil {
		return err
	}
	if err := decodeAll(t.categories, state.Categories); err != nil {
		return err
	}
	return decodeAll(t.properties, state.Properties)
}

func decodeAll[T any](c *collection, into map[string]T) error {
	for uid, record := range c.byUID {
		var v T
		if err := record.decode(&v); err != nil {
			return fmt.Errorf("read %s %s: %w", c.key, uid, err)
		}
		into[uid] = v
	}
	return nil
}

func snapshotMedia(c *collection) ([]flow.Media, error) {
	var list []flow.Media
	for _, record := range c.list(all) {
		var m flow.Media
		if err := record.decode(&m); err != nil {
			return nil, fmt.Errorf("read media: %w", err)
		}
		if err := json.Unmarshal(record["isCoverImage"], &m.SetAsCoverImage); err != nil {
			return nil, fmt.Errorf("read media: %w", err)
		}
		list = append(list, m)
	}
	return list, nil
}
