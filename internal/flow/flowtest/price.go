package flowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/omniflow/omniflow/internal/flow"
)

func (s *Server) priceRoutes() {
	s.handle(flow.PriceBatch, "POST", "/tenants/{tenantUid}/pricelists/{pricelistUid}/prices/batch", batchPrices)
}

// PutPriceList gives a tenant a price list, as somebody does who sets it up. An unknown tenant is
// ignored.
func (s *Server) PutPriceList(tenantUID, uid string) {
	t := s.tenants[tenantUID]
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.priceLists.has(uid) {
		t.create(t.priceLists, fields{"pricelistUid": quote(uid), "name": quote(uid)})
	}
}

// maxPriceBatch bounds the items of a batch; that there is a limit is an assumption.
const maxPriceBatch = 1000

// batchPrices is assumed as a whole, after the documented batch of SOA amounts (reference flow-api.md
// §1.11): items that fail are left out, which is answered with 207 and no word about which they were.
func batchPrices(t *tenant, in input) answer {
	list := in.path("pricelistUid")
	if !t.priceLists.has(list) {
		return missing("price list")
	}
	upsert, remove, err := priceItems(in.body)
	if err != nil {
		return bad(err.Error())
	}
	failed := 0
	for _, item := range upsert {
		if t.upsertPrice(list, item) != nil {
			failed++
		}
	}
	for _, item := range remove {
		if removalSchema().checkCreate(item) != nil {
			failed++
			continue
		}
		t.pricesOf(list).remove(item.text("productUid"))
	}
	if failed > 0 {
		return answer{status: http.StatusMultiStatus, body: map[string]any{}}
	}
	return ok(map[string]any{})
}

// priceItems reads the lists of a batch. An item that occurs twice makes the batch ambiguous, and is
// refused.
func priceItems(body fields) (upsert, remove []fields, err error) {
	lists := schema{kinds: map[string]kind{"upsert": anyList, "delete": anyList}}
	if err := lists.check(body); err != nil {
		return nil, nil, err
	}
	_ = json.Unmarshal(body["upsert"], &upsert)
	_ = json.Unmarshal(body["delete"], &remove)
	if n := len(upsert) + len(remove); n == 0 || n > maxPriceBatch {
		return nil, nil, fmt.Errorf("%d items are none or too many", n)
	}
	seen := map[string]bool{}
	for _, item := range append(append([]fields{}, upsert...), remove...) {
		product := item.text("productUid")
		if seen[product] {
			return nil, nil, fmt.Errorf("product %s occurs twice", product)
		}
		seen[product] = true
	}
	return upsert, remove, nil
}

func anyList(raw json.RawMessage) error {
	var items []fields
	return json.Unmarshal(raw, &items)
}

func priceSchema() schema {
	return schema{
		kinds: map[string]kind{
			"productUid": uid, "price": integer, "recommendedRetailPrice": integer,
			"currency": oneOf("NOK", "SEK", "DKK", "EUR"), "validFrom": dateTime, "validTo": dateTime,
		},
		required: []string{"productUid", "price"},
	}
}

func removalSchema() schema {
	return schema{kinds: map[string]kind{"productUid": uid}, required: []string{"productUid"}}
}

// upsertPrice refuses a price of a product that does not exist, and one below zero. What a body leaves
// out stays; null clears.
func (t *tenant) upsertPrice(list string, item fields) error {
	if err := priceSchema().checkCreate(item); err != nil {
		return err
	}
	product := item.text("productUid")
	if !t.products.has(product) {
		return errors.New("product does not exist")
	}
	if item["price"][0] == '-' {
		return errors.New("price is negative")
	}
	prices := t.pricesOf(list)
	if !prices.has(product) {
		_, refusal := t.create(prices, item)
		if refusal != nil {
			return errors.New(refusal.text)
		}
		return nil
	}
	t.merge(prices.byUID[product], item)
	return nil
}

func (t *tenant) pricesOf(list string) *collection {
	if t.prices[list] == nil {
		t.prices[list] = newCollection("productUid")
	}
	return t.prices[list]
}

func (t *tenant) fillPrices(state State) error {
	for list, prices := range t.prices {
		state.Prices[list] = make(map[string]flow.Price)
		if err := decodeAll(prices, state.Prices[list]); err != nil {
			return err
		}
	}
	return nil
}
