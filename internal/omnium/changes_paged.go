package omnium

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// changesAmong lists the hits of a paged search.
func (c *Client) changesAmong(ctx context.Context, p pages, s span, visit func([]Change) error) error {
	return c.sweep(ctx, p, s, func(hits []json.RawMessage) error { return visit(changesOf(hits, p.id)) })
}

// modifiedStores is the part of OmniumStoreSearchRequest that lists of changes use. Without
// includeInactive a store would leave the list when it is closed (reference omnium-api.md §6).
type modifiedStores struct {
	ModifiedFrom    *time.Time `json:"modifiedFrom,omitempty"`
	ModifiedTo      *time.Time `json:"modifiedTo,omitempty"`
	IncludeInactive bool       `json:"includeInactive"`
	Take            int        `json:"take"`
	Page            int        `json:"page"`
}

func (c *Client) storeChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	return c.changesAmong(ctx, pages{
		op: opStoreSearch, path: "/api/Stores/SearchStores", id: documentID,
		body: func(s span, page int) any {
			from, to := s.ends()
			return modifiedStores{from, to, true, searchTake, page}
		},
	}, span{from: w.Since}, visit)
}

// modifiedSuppliers is the part of OmniumSupplierSearchRequest that lists of changes use (reference
// omnium-api.md §9).
type modifiedSuppliers struct {
	ModifiedFrom *time.Time `json:"modifiedFrom,omitempty"`
	ModifiedTo   *time.Time `json:"modifiedTo,omitempty"`
	Take         int        `json:"take"`
	Page         int        `json:"page"`
}

func (c *Client) supplierChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	return c.changesAmong(ctx, pages{
		op: opSupplierSearch, path: "/api/Suppliers/Search", id: documentID,
		body: func(s span, page int) any {
			from, to := s.ends()
			return modifiedSuppliers{from, to, searchTake, page}
		},
	}, span{from: w.Since}, visit)
}

// openDeliveries is the part of OmniumDeliverySearchRequest that sweeps use. No filter on when a
// delivery was modified exists (reference omnium-api.md §8.2).
type openDeliveries struct {
	SelectedStatuses []string   `json:"selectedStatuses"`
	CreatedFrom      *time.Time `json:"createdFrom,omitempty"`
	CreatedTo        *time.Time `json:"createdTo,omitempty"`
	Take             int        `json:"take"`
	Page             int        `json:"page"`
}

// deliveryChanges sweeps the deliveries that are open, whatever the window, and drops those that tell
// that they are older. What closes a delivery changes its purchase orders, whose list has them.
func (c *Client) deliveryChanges(ctx context.Context, w Window, visit func([]Change) error) error {
	open := []string{"New", "Confirmed", "InProgress", "OnHold"}
	return c.changesAmong(ctx, pages{
		op: opDeliverySearch, path: "/api/Deliveries/Search", id: documentID,
		body: func(s span, page int) any {
			from, to := s.ends()
			return openDeliveries{open, from, to, searchTake, page}
		},
	}, span{}, func(found []Change) error {
		return visit(slices.DeleteFunc(found, func(d Change) bool {
			return !d.Modified.IsZero() && d.Modified.Before(w.Since)
		}))
	})
}
