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
// most once an hour unless they are forgotten; one that is malformed has nothing but its id and Err; concurrent callers share one read. When the read
// fails, the last known list, if any, comes with the error: for most callers it is good enough. The
// result must not be modified.
func (c *Client) Markets(ctx context.Context) ([]Market, error) {
	return c.markets.get(ctx, time.Time{}, func(ctx context.Context) ([]Market, error) {
		raw, err := c.list(ctx, opMarkets, "/api/Markets")
		if err != nil {
			return nil, err
		}
		return decodeMarkets(raw)
	})
}

// decodeMarkets reads markets one by one, so that one that is malformed concerns nobody but those who
// need it. A list of which not even ids can be read is malformed as a whole.
func decodeMarkets(raw json.RawMessage) ([]Market, error) {
	var items []json.RawMessage
	if err := decode(opMarkets, raw, &items); err != nil {
		return nil, err
	}
	list := make([]Market, 0, len(items))
	var failed error
	for _, item := range items {
		var m Market
		if err := decode(opMarkets, item, &m); err != nil {
			failed, m = err, Market{MarketID: marketID(item), Err: err}
		}
		if m.MarketID != "" {
			list = append(list, m)
		}
	}
	if len(list) == 0 && failed != nil {
		return nil, failed
	}
	return list, nil
}

// marketID is the id of a market that may be malformed otherwise; "" when that cannot be told.
func marketID(raw json.RawMessage) string {
	var head struct{ MarketID json.RawMessage }
	if json.Unmarshal(raw, &head) != nil {
		return ""
	}
	return text(head.MarketID)
}

// ForgetMarkets makes the next call of Markets read them again. Call it when an event says that
// tenant settings have changed.
func (c *Client) ForgetMarkets() { c.markets.forget() }

func (c *Client) list(ctx context.Context, op, path string) (json.RawMessage, error) {
	return c.do(ctx, rest.Request{Method: http.MethodGet, Path: path, Label: op})
}
