package omnium_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/omnium"
)

// bearer is what the fake gives out when a test answers in its place.
const bearer = "b3arer-of-the-user"

// absurdClaims is {"exp":1e999} in a token.
const absurdClaims = "eyJleHAiOjFlOTk5fQ"

// script answers the token request as it should be, and everything else in turn, the last answer for ever;
// after a hundred requests it is at an end, whatever it says.
type script struct {
	status   int
	retry    string
	token    []byte // nil means a good one
	answers  [][]byte
	requests int
}

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: r, Header: http.Header{"Retry-After": {s.retry}},
			Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
	if r.URL.Path == "/api/Token" {
		if s.token != nil {
			return answer(http.StatusOK, string(s.token))
		}
		return answer(http.StatusOK, `"`+bearer+`"`)
	}
	s.requests++
	if s.requests > 100 {
		return answer(http.StatusOK, `{"result":[]}`)
	}
	return answer(s.status, string(s.answers[min(s.requests, len(s.answers))-1]))
}

func (s *script) client(t *testing.T) *omnium.Client {
	t.Helper()
	c, err := omnium.New(omnium.Options{
		BaseURL: "https://omnium.test", ClientID: "client", ClientSecret: secret, Language: "no", Transport: s,
		RequestsPerSecond: 1e9,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantDiscreet wants an error to quote no credential.
func wantDiscreet(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), bearer)) {
		t.Errorf("error %q quotes a credential", err)
	}
}

// FuzzScroll reads products by a scroll whose pages are anything: it ends, answers for nothing that was not
// asked for, and every answer is a product or an error.
func FuzzScroll(f *testing.F) {
	f.Add([]byte(`{"result":[{"id":"p_no","productId":"p","language":"no"}],"scrollId":"next"}`), []byte(`{"result":[],"scrollId":"next"}`))
	f.Add([]byte(`{"result":[{"productId":"p","variants":[{"skuId":7}]},null,7,{}],"scrollId":""}`), []byte(`null`))
	f.Add([]byte(`{"result":null,"scrollId":"a/b"}`), []byte(`[]`))
	f.Add([]byte(`{"result":[{"id":{},"productId":["p"]}],"scrollId":".."}`), []byte(`{"result":{}}`))
	f.Add([]byte(`{"result":[{"productId":"q","prices":7}],"scrollId":"x"}`), []byte(`{"result":[{"productId":"p"}],"scrollId":"x"}`))
	f.Add([]byte(``), []byte(`{"scrollId":7}`))
	f.Fuzz(func(t *testing.T, first, next []byte) {
		s := &script{status: http.StatusOK, answers: [][]byte{first, next}}
		c := s.client(t)
		got, err := c.Products(t.Context(), []string{"p", "q"}, "no")
		wantDiscreet(t, err)
		if err != nil && got != nil {
			t.Errorf("Products = %v, %v, want an error alone", got, err)
		}
		for id, one := range got {
			if id != "p" && id != "q" || (one.Product == nil) == (one.Err == nil) {
				t.Errorf("Products[%q] = %+v, want one of what was asked for, with a product or an error", id, one)
			}
		}
		if s.requests > 250 {
			t.Errorf("Products made %d requests, want an end", s.requests)
		}
		s.requests = 0
		err = c.Changes(t.Context(), event.Product, omnium.Window{}, func(all []omnium.Change) error {
			for _, one := range all {
				if one.ID == "" {
					t.Error("Changes lists an object without an id")
				}
			}
			return nil
		})
		wantDiscreet(t, err)
	})
}

// FuzzAnswers asks Omnium for everything there is, and gets anything: every call ends in time, without a
// panic, and its error quotes no credential.
func FuzzAnswers(f *testing.F) {
	for kind := range uint8(len(reads())) {
		f.Add(kind, uint16(200), []byte(`{"result":[{"id":"p","productId":"p"}],"totalHits":1}`), "", []byte(nil))
	}
	f.Add(uint8(0), uint16(429), []byte(`slow down`), "99999999999999999999", []byte(nil))
	f.Add(uint8(1), uint16(503), []byte(`<html>`), "-1", []byte(nil))
	f.Add(uint8(2), uint16(204), []byte(``), "", []byte(`{"accessToken":"a.`+absurdClaims+`.b","expiresIn":-1}`))
	f.Add(uint8(3), uint16(200), []byte(`[{"marketId":"NOR","id":{}},null]`), "", []byte(`{"accessToken":7}`))
	f.Add(uint8(4), uint16(200), []byte(`"text"`), "", []byte("a b\r\nX: y"))
	f.Fuzz(func(t *testing.T, kind uint8, status uint16, body []byte, retry string, token []byte) {
		s := &script{status: 100 + int(status)%500, retry: retry, answers: [][]byte{body}}
		if len(token) > 0 {
			s.token = token
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		all := reads()
		got, err := all[int(kind)%len(all)](ctx, s.client(t))
		wantDiscreet(t, err)
		if err != nil && len(token) > 8 && strings.Contains(err.Error(), string(token)) {
			t.Errorf("error %q quotes the token", err)
		}
		if _, failed := json.Marshal(got); err == nil && failed != nil {
			t.Errorf("read %d of %q = %+v, which is no document: %v", kind, body, got, failed)
		}
		if ctx.Err() != nil && !errors.Is(err, context.DeadlineExceeded) && s.requests < 3 {
			t.Errorf("read %d of %q took its time and ended with %v", kind, body, err)
		}
	})
}

// reads are the calls that read something.
func reads() []func(ctx context.Context, c *omnium.Client) (any, error) {
	var never time.Time
	ids := []string{"p", "q"}
	list := func(r event.Resource) func(ctx context.Context, c *omnium.Client) (any, error) {
		return func(ctx context.Context, c *omnium.Client) (any, error) {
			return nil, c.Changes(ctx, r, omnium.Window{Until: time.Unix(1795435200, 0)}, func([]omnium.Change) error { return nil })
		}
	}
	return []func(ctx context.Context, c *omnium.Client) (any, error){
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Product(ctx, "p", "", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.PrivateCustomer(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.BusinessCustomer(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Markets(ctx) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Stores(ctx) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Store(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Inventory(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Prices(ctx, ids, never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.CostPrices(ctx, ids, never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.PurchaseOrder(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Delivery(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.DeliveryLines(ctx, "p") },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Deliveries(ctx, ids) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.OrdersOf(ctx, ids, never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Supplier(ctx, "p", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Category(ctx, "p", "", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) { return c.Categories(ctx, "", never) },
		func(ctx context.Context, c *omnium.Client) (any, error) {
			_, err := c.StoreDirectory(ctx, never)
			return nil, err
		},
		func(ctx context.Context, c *omnium.Client) (any, error) {
			_, err := c.PrivateCustomers(ctx, ids)
			return nil, err
		},
		func(ctx context.Context, c *omnium.Client) (any, error) {
			_, err := c.BusinessCustomers(ctx, ids)
			return nil, err
		},
		func(ctx context.Context, c *omnium.Client) (any, error) {
			_, err := c.Inventories(ctx, ids, ids)
			return nil, err
		},
		func(ctx context.Context, c *omnium.Client) (any, error) {
			_, err := c.StoresByID(ctx, ids)
			return nil, err
		},
		list(event.Price), list(event.Inventory), list(event.Customer), list(event.PurchaseOrder), list(event.Delivery),
		list(event.Supplier), list(event.Store), list(event.Category),
	}
}
