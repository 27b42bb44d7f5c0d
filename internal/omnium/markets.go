package omnium

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/omniflow/omniflow/internal/rest"
)

const (
	opMarkets = "market.list"
	// marketsFor is how long markets are kept (design §4).
	marketsFor = time.Hour
)

// Markets returns the markets of the Omnium tenant (reference omnium-api.md §11). They are read at
// most once an hour unless they are forgotten; concurrent callers share one read. When the read
// fails, the last known list, if any, comes with the error: for most callers it is good enough. The
// result must not be modified.
func (c *Client) Markets(ctx context.Context) ([]Market, error) {
	return c.markets.get(ctx, time.Time{}, func(ctx context.Context) ([]Market, error) {
		raw, err := c.list(ctx, opMarkets, "/api/Markets")
		if err != nil {
			return nil, err
		}
		var list []Market
		err = decode(opMarkets, raw, &list)
		return list, err
	})
}

// ForgetMarkets makes the next call of Markets read them again. Call it when an event says that
// tenant settings have changed.
func (c *Client) ForgetMarkets() { c.markets.forget() }

func (c *Client) list(ctx context.Context, op, path string) (json.RawMessage, error) {
	return c.do(ctx, rest.Request{Method: http.MethodGet, Path: path, Label: op})
}
