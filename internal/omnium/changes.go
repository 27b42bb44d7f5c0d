package omnium

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/event"
)

// Change is an object that a list of changes, or of everything, has found.
type Change struct {
	// ID is what an event would name the object by.
	ID string
	// Modified is when it was last written, in UTC; zero when that is not told.
	Modified time.Time
}

// Window says which objects a list is about.
type Window struct {
	// Since is the moment of the oldest writes that count; zero means every object.
	Since time.Time
	// Until is the latest moment at which the windows of prices and publications count, which open
	// and close without a write (reference omnium-api.md §1.7). Writes count without an end.
	Until time.Time
}

// all reports whether the list is about every object.
func (w Window) all() bool { return w.Since.IsZero() }

// lister lists the objects of one resource.
type lister func(c *Client, ctx context.Context, w Window, visit func([]Change) error) error

// listers are the resources that can be listed.
func listers() map[event.Resource]lister {
	return map[event.Resource]lister{
		event.Product:       (*Client).productChanges,
		event.Price:         (*Client).priceChanges,
		event.Inventory:     (*Client).inventoryChanges,
		event.Customer:      (*Client).customerChanges,
		event.PurchaseOrder: (*Client).purchaseOrderChanges,
		event.Delivery:      (*Client).deliveryChanges,
		event.Supplier:      (*Client).supplierChanges,
		event.Store:         (*Client).storeChanges,
		event.Category:      (*Client).categoryChanges,
	}
}

// Changes calls visit with the objects of a resource that the window is about, page by page, in no
// particular order and possibly more than once each. Hard deletes are not among them (reference
// omnium-api.md §1.7). Prices are those that are kept apart from products; what is on products comes
// with their list, as do the windows in which they hold. Deliveries are those that are open, and
// categories all, whatever the window.
//
// It blocks until the list ends; lists wait for each other, and hand the turn to other scrolls after every
// page. visit is called from the caller's
// goroutine; its error ends the list and is returned. Other errors are those of Product without
// ErrNotFound, ErrTooMany, and ErrNotListed. A list that has ended with an error is not whole.
func (c *Client) Changes(
	ctx context.Context, r event.Resource, w Window, visit func([]Change) error,
) error {
	list, ok := listers()[r]
	if !ok {
		return fmt.Errorf("%w: %s", ErrNotListed, r)
	}
	return list(c, asList(ctx), w, visit)
}

// changesOf reads the hits of a page. Hits that cannot be told are left out: they answer to no id.
func changesOf(hits []json.RawMessage, idOf func(hit) string) []Change {
	var found []Change
	for _, raw := range hits {
		var h hit
		if json.Unmarshal(raw, &h) != nil {
			continue
		}
		if id := idOf(h); id != "" {
			found = append(found, Change{ID: id, Modified: ParseTime(text(h.Modified))})
		}
	}
	return found
}

// hit is the part of a hit that names it, as it was sent.
type hit struct{ ID, ProductID, CategoryID, CustomerID, SKU, SkuID, Code, Modified json.RawMessage }

// from is the beginning of the window as requests name it; nil when it has none.
func (w Window) from() *time.Time {
	if w.all() {
		return nil
	}
	since := w.Since.UTC()
	return &since
}

// everything is what a list begins with that must say since when: a search for prices or inventory
// without any filter is refused (reference omnium-api.md §5.2).
func everything() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// lastModified is the beginning of the window for requests that must name one.
func (w Window) lastModified() time.Time {
	if w.all() {
		return everything()
	}
	return w.Since.UTC()
}

// changesIn lists the hits of a scroll.
func (c *Client) changesIn(
	ctx context.Context, s scroll, idOf func(hit) string, visit func([]Change) error,
) error {
	return c.drain(ctx, s, func(hits []json.RawMessage) error { return visit(changesOf(hits, idOf)) })
}
