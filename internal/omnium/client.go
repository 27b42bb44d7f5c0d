package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

// Options configure a Client.
type Options struct {
	// BaseURL is where Omnium's API is, for example https://api.omnium.no. Required.
	BaseURL string
	// ClientID and ClientSecret are the API user's credential. Required.
	ClientID     string
	ClientSecret string
	// Language is the product language used when a call names none and when the named one does not
	// exist. Empty means whatever Omnium's default is.
	Language string
	// MaxConcurrent bounds the requests in flight; zero means 10. Omnium allows an API user 20
	// (reference omnium-api.md §1.4).
	MaxConcurrent int
	// RequestsPerSecond bounds the rate of requests; zero means 80. Omnium sustains 100.
	RequestsPerSecond float64
	// Timeout bounds one request; zero means 30 s.
	Timeout time.Duration
	// Transport is used for all requests. Nil means http.DefaultTransport.
	Transport http.RoundTripper
	// Patient, when not nil, reports whether a call may wait for others. A quarter of the requests in
	// flight is theirs, and their scrolls let those of others go first after every page, so that the
	// rest never waits for more than a few of them.
	Patient func(ctx context.Context) bool
	// Observe, when not nil, is told of every finished request, the token's included, by the name of
	// its operation in openapi/omnium.yaml; status is 0 when no answer arrived.
	Observe func(op string, status int, took time.Duration)
	// Trace, when not nil, follows every request, the token's included.
	Trace rest.Trace
}

// Client reads from one Omnium tenant as one API user. All calls share one token and one budget of
// requests. It is safe for concurrent use and starts no goroutine that outlives its callers.
//
// A call blocks until it has its answer, its ctx ends, or it is known that the budget will not be
// free soon (*ThrottledError). Errors never hold a URL, a token or the secret.
type Client struct {
	rest     *rest.Client
	language string
	budget   *budget
	token    *token
	patient  func(context.Context) bool
	scrolls  scrolls
	// plainScrolls says that Omnium has refused the size of a page.
	plainScrolls atomic.Bool

	documents *documents
	products  *calls[productKey, *Product]
	markets   *kept[[]Market]
	store     *objects[Store]
	stores    *kept[*StoreDirectory]

	privateCustomers  *objects[PrivateCustomer]
	businessCustomers *objects[BusinessCustomer]
	purchasing        purchasing
	inventory         *objects[inventoryPage]
	prices            *calls[string, []SeparatePrice] // by codes
	costPrices        *calls[string, []CostPrice]

	suppliers  *objects[Supplier]
	categories categories
}

// New returns a client, or an error when a required option is missing or wrong. It sends nothing.
func New(o Options) (*Client, error) {
	if o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("omnium client: client id and secret are required")
	}
	if o.MaxConcurrent < 0 || o.RequestsPerSecond < 0 || o.Timeout < 0 {
		return nil, errors.New("omnium client: limits must not be negative")
	}
	if o.MaxConcurrent == 0 {
		o.MaxConcurrent = 10
	}
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = 80
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	client, err := rest.New(rest.Options{
		BaseURL: o.BaseURL, Transport: o.Transport, Timeout: o.Timeout, Observe: o.Observe,
		Trace: o.Trace,
	})
	if err != nil {
		return nil, err
	}
	return &Client{
		rest:      client,
		language:  o.Language,
		budget:    newBudget(o.MaxConcurrent, o.RequestsPerSecond),
		token:     newToken(o),
		patient:   o.Patient,
		scrolls:   newScrolls(),
		documents: newDocuments(maxDocuments),
		products:  newCalls[productKey, *Product](maxSharedReads, shareFor),
		markets:   newKept[[]Market](marketsFor),
		store:     newStores(),
		stores:    newKept[*StoreDirectory](storesFor),

		privateCustomers:  newPrivateCustomers(),
		businessCustomers: newBusinessCustomers(),
		purchasing:        newPurchasing(),
		inventory:         newObjects[inventoryPage](opInventory, "/api/Inventory/", nil),
		prices:            newCalls[string, []SeparatePrice](maxSharedReads, shareFor),
		costPrices:        newCalls[string, []CostPrice](maxSharedReads, shareFor),

		suppliers:  newSuppliers(),
		categories: newCategories(),
	}, nil
}

// do sends r within the budget and with a token, and returns the raw answer. A refused token is
// renewed once; a second 401 is the caller's (reference omnium-api.md §1.2).
func (c *Client) do(ctx context.Context, r rest.Request) (json.RawMessage, error) {
	raw, bearer, err := c.try(ctx, r)
	if !hasStatus(err, http.StatusUnauthorized) || bearer == "" {
		return raw, err
	}
	c.token.drop(bearer)
	raw, _, err = c.try(ctx, r)
	return raw, err
}

// try sends r once. The returned bearer is empty when r was not sent.
func (c *Client) try(ctx context.Context, r rest.Request) (json.RawMessage, string, error) {
	bearer, err := c.token.value(ctx)
	if err != nil {
		return nil, "", err
	}
	release, err := c.budget.acquire(ctx, c.isPatient(ctx))
	if err != nil {
		return nil, "", err
	}
	defer release()
	r.Bearer = bearer
	started := time.Now()
	var raw json.RawMessage
	status, err := c.rest.Do(ctx, r, &raw)
	if e, ok := errors.AsType[*rest.Error](err); ok && status == http.StatusTooManyRequests {
		return nil, bearer, &ThrottledError{Wait: c.budget.throttle(started, e.RetryAfter)}
	}
	if err == nil {
		c.budget.recover(started)
	}
	return raw, bearer, err
}

func hasStatus(err error, status int) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.StatusCode == status
}
