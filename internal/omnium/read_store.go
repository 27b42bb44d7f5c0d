package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opStore       = "store.read"
	opStoreSearch = "store.search"
	// searchChunk is the largest page of a search (reference omnium-api.md §1.6).
	searchChunk = 100
)

// Store reads one store or warehouse by its id. What is said about since, sharing and errors of
// Product holds here too.
func (c *Client) Store(ctx context.Context, id string, since time.Time) (*Store, error) {
	return c.store.read(ctx, c, id, since)
}

func newStores() *objects[Store] {
	return newObjects(opStore, "/api/Stores/", (*Store).check)
}

func (s *Store) check() error {
	if s.ID == "" {
		return errors.New("no id")
	}
	return nil
}

// StoreResult is the answer for one store of a bulk read: exactly one field is set.
type StoreResult struct {
	Store *Store
	Err   error // wraps ErrMalformed
}

// storeSearch is the part of OmniumStoreSearchRequest that is used. Without includeInactive the search
// hides inactive stores (reference omnium-api.md §6).
type storeSearch struct {
	StoreIDs        []string `json:"storeIds"`
	IncludeInactive bool     `json:"includeInactive"`
	Take            int      `json:"take"`
}

// StoresByID reads many stores and warehouses, inactive ones too. The answer comes from Omnium's
// search, which may lag behind: an id that is absent from it is not known to be gone; Store can tell. A
// store that cannot be read is an error for its id only. Results are not shared. Errors are those of
// Store without ErrNotFound; with an error there is no result.
func (c *Client) StoresByID(ctx context.Context, ids []string) (map[string]StoreResult, error) {
	results := make(map[string]StoreResult, len(ids))
	for chunk := range slices.Chunk(unique(ids), searchChunk) {
		// The pages' numbering is not documented for certain; the ids of a chunk fit one page.
		page, err := c.page(ctx, rest.Request{
			Method: http.MethodPost, Path: "/api/Stores/SearchStores", Label: opStoreSearch,
			Body: storeSearch{StoreIDs: chunk, IncludeInactive: true, Take: searchChunk},
		})
		if err != nil {
			return nil, err
		}
		for _, raw := range page.Result {
			if id := idOf(raw); slices.Contains(chunk, id) {
				results[id] = c.storeResult(raw)
			}
		}
	}
	return results, nil
}

func (c *Client) storeResult(raw json.RawMessage) StoreResult {
	s, err := c.store.decode(raw)
	if err != nil {
		return StoreResult{Err: err}
	}
	return StoreResult{Store: s}
}

// idOf is the id of a document that may be malformed otherwise; "" when that cannot be told.
func idOf(raw json.RawMessage) string {
	var head struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return ""
	}
	return text(head.ID)
}

// decodeStores reads a list of stores one by one: one that cannot be read is left out and does not
// keep the others from being read. A list of which nothing can be read is malformed.
func (c *Client) decodeStores(op string, raw json.RawMessage) ([]Store, error) {
	var items []json.RawMessage
	if err := decode(op, raw, &items); err != nil {
		return nil, err
	}
	list := make([]Store, 0, len(items))
	var failed error
	for _, item := range items {
		s, err := c.store.decode(item)
		if err != nil {
			failed = err
			continue
		}
		list = append(list, *s)
	}
	if len(list) == 0 && failed != nil {
		return nil, fmt.Errorf("%s: %w", op, failed)
	}
	return list, nil
}
