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
	opPurchaseOrder  = "purchaseOrder.read"
	opDelivery       = "delivery.read"
	opDeliveryLines  = "delivery.lines"
	opDeliverySearch = "delivery.search"
	opOrderSearch    = "order.search"

	// searchTake and searchDepth are the documented bounds of a search: 100 hits a page, 10,000 in all
	// (reference omnium-api.md §1.6).
	searchTake  = 100
	searchDepth = 10_000
)

// ErrTooMany means that a search finds more than Omnium gives out.
var ErrTooMany = errors.New("omnium: search finds too much")

// purchasing shares the reads of purchase orders and deliveries.
type purchasing struct {
	orders     *objects[PurchaseOrder]
	deliveries *objects[Delivery]
}

func newPurchasing() purchasing {
	return purchasing{
		orders:     newObjects(opPurchaseOrder, "/api/PurchaseOrders/", func(o *PurchaseOrder) error { return needID(o.ID) }),
		deliveries: newObjects(opDelivery, "/api/Deliveries/", func(d *Delivery) error { return needID(d.ID) }),
	}
}

func needID(id string) error {
	if id == "" {
		return errors.New("no id")
	}
	return nil
}

// PurchaseOrder reads one purchase order with its lines; see Product for since, sharing and errors.
func (c *Client) PurchaseOrder(ctx context.Context, id string, since time.Time) (*PurchaseOrder, error) {
	return c.purchasing.orders.read(ctx, c, id, since)
}

// Delivery reads one delivery; see Product for since, sharing and errors.
func (c *Client) Delivery(ctx context.Context, id string, since time.Time) (*Delivery, error) {
	return c.purchasing.deliveries.read(ctx, c, id, since)
}

// DeliveryLines reads the purchase order lines that are in a delivery. Of a line that cannot be read there
// is nothing but the purchase order. ErrNotFound means that Omnium does not know the delivery.
func (c *Client) DeliveryLines(ctx context.Context, id string) ([]PurchaseOrderLine, error) {
	escaped, ok := segment(id)
	if !ok {
		return nil, ErrNotFound
	}
	path := "/api/Deliveries/" + escaped + "/PurchaseOrderLines"
	raw, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: path, Label: opDeliveryLines})
	if notFound(err, opDeliveryLines) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return decodeLines(raw)
}

// decodeLines reads lines one by one: of one that is malformed the purchase order is told, if possible.
func decodeLines(raw json.RawMessage) ([]PurchaseOrderLine, error) {
	var items []json.RawMessage
	if err := decode(opDeliveryLines, raw, &items); err != nil {
		return nil, err
	}
	lines := make([]PurchaseOrderLine, 0, len(items))
	for _, item := range items {
		var line PurchaseOrderLine
		if json.Unmarshal(item, &line) != nil {
			var head struct{ PurchaseOrderID json.RawMessage }
			_ = json.Unmarshal(item, &head) // of an item that is no object nothing can be told
			line = PurchaseOrderLine{PurchaseOrderID: text(head.PurchaseOrderID)}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Deliveries searches deliveries by id. The search may lag behind: a delivery that is absent from the
// result is not known to be gone; Delivery can tell. One that cannot be read is absent too.
func (c *Client) Deliveries(ctx context.Context, ids []string) (map[string]*Delivery, error) {
	found := make(map[string]*Delivery, len(ids))
	for chunk := range slices.Chunk(unique(slices.Clone(ids)), searchTake) {
		body := deliverySearch{SelectedDeliveries: chunk, Take: searchTake}
		hits, err := c.searchPage(ctx, opDeliverySearch, "/api/Deliveries/Search", body)
		if err != nil {
			return nil, err
		}
		for _, raw := range hits {
			if d, err := c.purchasing.deliveries.decode(raw); err == nil && slices.Contains(chunk, d.ID) {
				found[d.ID] = d
			}
		}
	}
	return found, nil
}

type deliverySearch struct {
	SelectedDeliveries []string `json:"selectedDeliveries"`
	Take               int      `json:"take"`
	Page               int      `json:"page"`
}

// orderSearch is the part of the sales order search that is used. No status is set, because those are
// the tenant's own; what has a reservation on a purchase order was modified after that was made.
type orderSearch struct {
	ProductNumbers []string `json:"productNumbers"`
	ModifiedFrom   *Time    `json:"modifiedFrom,omitempty"`
	DisableFacets  bool     `json:"disableFacets"`
	Take           int      `json:"take"`
	Page           int      `json:"page"`
}

// OrdersOf searches the sales orders with lines of the skus that were modified at since or later; a
// zero since means any. It needs the role OrderRead, without which it is a *rest.Error with 403. The
// search may lag behind. An order that cannot be read is among them, with its Err. ErrTooMany means that there are more than a search can give.
func (c *Client) OrdersOf(ctx context.Context, skus []string, since time.Time) ([]Order, error) {
	var orders []Order
	seen := map[string]bool{}
	for chunk := range slices.Chunk(unique(slices.Clone(skus)), searchTake) {
		search := orderSearch{ProductNumbers: chunk, DisableFacets: true, Take: searchTake}
		if !since.IsZero() {
			search.ModifiedFrom = &Time{since}
		}
		err := c.orderPages(ctx, search, func(o Order) {
			if o.ID == "" || !seen[o.ID] {
				seen[o.ID] = true
				orders = append(orders, o)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// orderPages reads a search page by page. Whether pages are counted from 0 or 1 differs between pages
// of the reference (§1.6): from 0 on, orders may come twice, but none is left out.
func (c *Client) orderPages(ctx context.Context, search orderSearch, visit func(Order)) error {
	for ; search.Page*search.Take <= searchDepth; search.Page++ {
		hits, err := c.searchPage(ctx, opOrderSearch, "/api/Orders/Search", search)
		if err != nil {
			return err
		}
		for _, raw := range hits {
			var o Order
			if err := decode(opOrderSearch, raw, &o); err != nil {
				o = Order{ID: idOf(raw), Err: err, raw: raw}
			}
			visit(o)
		}
		if len(hits) < search.Take {
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrTooMany, opOrderSearch)
}

func (c *Client) searchPage(ctx context.Context, op, path string, body any) ([]json.RawMessage, error) {
	page, err := c.page(ctx, rest.Request{Method: http.MethodPost, Path: path, Label: op, Body: body})
	return page.Result, err
}
