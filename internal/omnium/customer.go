package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opPrivateCustomer        = "privateCustomer.read"
	opPrivateCustomerSearch  = "privateCustomer.search"
	opBusinessCustomer       = "businessCustomer.read"
	opBusinessCustomerSearch = "businessCustomer.search"
	// customerChunk bounds the ids of one search, so that its first page of at most 100 holds every hit
	// (reference omnium-api.md §1.6).
	customerChunk = 100
)

// PrivateCustomer reads one private customer by its id, which may be an e-mail address or a phone
// number (reference omnium-api.md §7.1); see Client.Product for since, sharing and errors. An
// anonymised customer is found; a deleted or merged one is not.
func (c *Client) PrivateCustomer(
	ctx context.Context, id string, since time.Time,
) (*PrivateCustomer, error) {
	return c.privateCustomers.read(ctx, c, id, since)
}

// BusinessCustomer is PrivateCustomer for business customers: the two are separate resources with ids
// of their own.
func (c *Client) BusinessCustomer(
	ctx context.Context, id string, since time.Time,
) (*BusinessCustomer, error) {
	return c.businessCustomers.read(ctx, c, id, since)
}

// CustomerResult is the answer for one customer of a bulk read: exactly one field is set.
type CustomerResult[T any] struct {
	Customer *T
	Err      error // wraps ErrMalformed
}

// PrivateCustomers reads many private customers by id. The answer comes from Omnium's search, which may
// lag behind: an id that is absent from the result is not known to be gone. A document that cannot be
// read is an error for its id only. With an error there is no result.
func (c *Client) PrivateCustomers(
	ctx context.Context, ids []string,
) (map[string]CustomerResult[PrivateCustomer], error) {
	search := customerSearch{op: opPrivateCustomerSearch, path: "/api/PrivateCustomers/Search"}
	return searchCustomers(ctx, c, search, c.privateCustomers, ids)
}

// BusinessCustomers is PrivateCustomers for business customers.
func (c *Client) BusinessCustomers(
	ctx context.Context, ids []string,
) (map[string]CustomerResult[BusinessCustomer], error) {
	search := customerSearch{op: opBusinessCustomerSearch, path: "/api/BusinessCustomers/Search"}
	return searchCustomers(ctx, c, search, c.businessCustomers, ids)
}

// customerSearch is an operation that takes an OmniumCustomerSearchRequest.
type customerSearch struct{ op, path string }

// customerSearchRequest is the part of OmniumCustomerSearchRequest that is used. Whether the customers
// are inactive or global is left open, so that neither filters (reference omnium-api.md §7.2).
type customerSearchRequest struct {
	CustomerIDs []string `json:"customerIds"`
	Page        int      `json:"page"` // counted from 0
	Take        int      `json:"take"`
}

func searchCustomers[T any](
	ctx context.Context, c *Client, s customerSearch, as *objects[T], ids []string,
) (map[string]CustomerResult[T], error) {
	ids = unique(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" }))
	results := make(map[string]CustomerResult[T], len(ids))
	for chunk := range slices.Chunk(ids, customerChunk) {
		raw, err := c.do(ctx, rest.Request{
			Method: http.MethodPost, Path: s.path, Label: s.op,
			Body: customerSearchRequest{CustomerIDs: chunk, Take: customerChunk},
		})
		if err != nil {
			return nil, err
		}
		var page scrollPage
		if err := decode(s.op, raw, &page); err != nil {
			return nil, err
		}
		for _, hit := range page.Result {
			if id := customerID(hit); slices.Contains(chunk, id) {
				found, err := as.decode(hit)
				results[id] = CustomerResult[T]{found, err}
			}
		}
	}
	return results, nil
}

// customerID returns the id of a hit, "" when it cannot be told.
func customerID(hit json.RawMessage) string {
	var h struct{ CustomerID json.RawMessage }
	if json.Unmarshal(hit, &h) != nil {
		return ""
	}
	return text(h.CustomerID)
}

func checkCustomerID(id string) error {
	if id == "" {
		return errors.New("no customerId")
	}
	return nil
}

func newPrivateCustomers() *objects[PrivateCustomer] {
	return newObjects(opPrivateCustomer, "/api/PrivateCustomers/",
		func(p *PrivateCustomer) error { return checkCustomerID(p.CustomerID) })
}

func newBusinessCustomers() *objects[BusinessCustomer] {
	return newObjects(opBusinessCustomer, "/api/BusinessCustomers/",
		func(b *BusinessCustomer) error { return checkCustomerID(b.CustomerID) })
}
