package flow

import (
	"context"
	"fmt"
	"net/http"
)

// CreateStore creates s with what only a create may say, or updates s when Flow has it already. created
// reports that it had not. It sends at most three requests.
func (c *Client) CreateStore(ctx context.Context, s Store, only StoreCreation) (created bool, err error) {
	if err := checkUID(StoreCreate, s.StoreUID); err != nil {
		return false, err
	}
	body := struct {
		Store
		StoreCreation
	}{s, only}
	return c.upsert(ctx, upsert{
		create: call{op: StoreCreate, body: body},
		update: updateStore(s, 0),
		exists: func() (bool, error) { return c.has(ctx, StoreGet, storeUID, s.StoreUID) },
	}, false)
}

// UpdateStore updates s and clears the fields of clear that s does not name. The error wraps
// ErrNotFound when Flow does not have the store.
func (c *Client) UpdateStore(ctx context.Context, s Store, clear Fields) error {
	return missing(c.do(ctx, updateStore(s, clear)))
}

func updateStore(s Store, clear Fields) call {
	uid := s.StoreUID
	clear &^= Present(s)
	s.StoreUID = ""
	return call{op: StoreUpdate, uids: []string{storeUID, uid}, body: clearing{s, clear}}
}

// DeactivateStore closes a store and leaves the rest of it alone. The error wraps ErrNotFound when Flow
// does not have the store. That an update may be partial is documented for other resources only
// (reference flow-api.md §1.8).
func (c *Client) DeactivateStore(ctx context.Context, uid string) error {
	body := struct {
		IsActive bool `json:"isActive"`
	}{}
	return missing(c.do(ctx, call{op: StoreUpdate, uids: []string{storeUID, uid}, body: body}))
}

// missing marks a 404 as ErrNotFound.
func missing(err error) error {
	if status(err) == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// has asks whether Flow answers a read of the object that uids, placeholder and value pairs, name.
func (c *Client) has(ctx context.Context, op string, uids ...string) (bool, error) {
	err := c.do(ctx, call{op: op, uids: uids})
	return err == nil, err
}
