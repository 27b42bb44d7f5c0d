package omnium_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/internal/omnium"
)

// one decodes an entity and says what identifies it.
func one[T any](id func(T) string) func(json.RawMessage) ([]string, error) {
	return func(raw json.RawMessage) ([]string, error) {
		var v T
		err := json.Unmarshal(raw, &v)
		return []string{id(v)}, err
	}
}

// many is one for a list of entities.
func many[T any](id func(T) string) func(json.RawMessage) ([]string, error) {
	return func(raw json.RawMessage) ([]string, error) {
		var list []T
		err := json.Unmarshal(raw, &list)
		var ids []string
		for _, v := range list {
			ids = append(ids, id(v))
		}
		return ids, err
	}
}

// page is many for the envelope of an answer.
func page[T any](id func(T) string) func(json.RawMessage) ([]string, error) {
	return func(raw json.RawMessage) ([]string, error) {
		var envelope struct{ Result json.RawMessage }
		if err := json.Unmarshal(raw, &envelope); err != nil {
			return nil, err
		}
		return many(id)(envelope.Result)
	}
}

func market(m omnium.Market) string               { return m.MarketID }
func store(s omnium.Store) string                 { return s.ID }
func productDoc(p omnium.Product) string          { return p.ID }
func price(p omnium.SeparatePrice) string         { return joined(p.ProductID, p.Code, p.UnitPrice) }
func cost(c omnium.CostPrice) string              { return joined(c.ProductID, c.SkuID, c.Cost) }
func stockItem(i omnium.InventoryItem) string     { return joined(i.SKU, i.WarehouseCode, i.Inventory) }
func person(c omnium.PrivateCustomer) string      { return c.CustomerID }
func company(c omnium.BusinessCustomer) string    { return c.CustomerID }
func order(o omnium.PurchaseOrder) string         { return joined(o.ID, len(o.Form.LineItems)) }
func orderLine(l omnium.PurchaseOrderLine) string { return joined(l.PurchaseOrderID, l.LineItemID) }
func delivery(d omnium.Delivery) string           { return d.ID }
func supplier(s omnium.Supplier) string           { return s.ID }
func category(c omnium.Category) string           { return joined(c.CategoryID, c.Language, c.ParentID) }
func salesOrder(o omnium.Order) string            { return joined(o.ID, len(o.Form.LineItems)) }

func joined(parts ...any) string {
	text := make([]string, 0, len(parts))
	for _, part := range parts {
		text = append(text, fmt.Sprint(part))
	}
	return strings.Join(text, "|")
}

// samplesNotRead are the samples of what omniflow does not ask Omnium for, with what it does instead.
var samplesNotRead = map[string]string{
	"entities/token_json":              "TestTokenForms reads it",
	"entities/market_groups":           "the members of a group are the markets that name it",
	"entities/price_list":              "prices are read by product, whichever list they are from",
	"entities/price_list_item":         "prices are read by product, whichever list they are from",
	"responses/price_list_search":      "prices are read by product, whichever list they are from",
	"responses/price_list_item_scroll": "prices are read by product, whichever list they are from",
	"entities/purchase_order_extended": "the purchase order and its deliveries are read by themselves",
	"entities/category_tree":           "categories name their parents",
	"entities/event_log_item":          "what was missed is found by lists of changes",
	"responses/event_log_search":       "what was missed is found by lists of changes",
}

// samplesRead are the other samples: how each is read, and what identifies what is in it.
var samplesRead = map[string]struct {
	read func(json.RawMessage) ([]string, error)
	want string
}{
	"entities/markets":                           {many(market), "NOR, NOR-B2B, SWE"},
	"entities/store_primary":                     {one(store), "101"},
	"entities/store_warehouse_only":              {one(store), "900"},
	"entities/product_with_variants":             {one(productDoc), "ff-1041_no"},
	"entities/product_single_sku":                {one(productDoc), "ff-2070_no"},
	"entities/product_soft_deleted":              {one(productDoc), "ff-0907_no"},
	"entities/price_separate_storage":            {one(price), "ff-2070|ff-2070|249.0"},
	"entities/price_blocking":                    {one(price), "|ff-2070|0.01"},
	"entities/price_future_market_group":         {one(price), "|ff-2070|229.0"},
	"entities/cost_prices":                       {many(cost), "ff-1041|ff-1041-navy-m|741.0, ff-1041|ff-1041-navy-m|760.5"},
	"entities/inventory_items":                   {many(stockItem), "ff-1041-navy-m|101|4.0, ff-1041-navy-m|900|37.0, ff-2070|101|12.5"},
	"entities/private_customer":                  {one(person), "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21"},
	"entities/business_customer":                 {one(company), "BC-20417"},
	"entities/purchase_order":                    {one(order), "PO-58213|2"},
	"entities/purchase_order_internal_transfer":  {one(order), "PO-58240|1"},
	"entities/delivery":                          {one(delivery), "DEL-9041"},
	"entities/delivery_purchase_order_lines":     {many(orderLine), "PO-58213|1"},
	"entities/supplier":                          {one(supplier), "SUP-77"},
	"entities/categories":                        {many(category), "klaer|no|root, herre|no|klaer, jakker|no|herre, jakker|en|herre, utstyr|no|root, turkjokken|no|utstyr, intern|no|root"},
	"entities/order_with_reservation_excerpt":    {one(salesOrder), "NO-300512|1"},
	"responses/product_scroll_first":             {page(productDoc), "ff-2070_no, ff-0907_no"},
	"responses/product_scroll_last_empty":        {page(productDoc), ""},
	"responses/product_search_by_get":            {one(productDoc), "ff-2070_no"},
	"responses/price_search":                     {page(price), "ff-2070|ff-2070|249.0"},
	"responses/cost_price_search":                {page(cost), "ff-1041|ff-1041-navy-m|741.0, ff-1041|ff-1041-navy-m|760.5"},
	"responses/inventory_search_small_no_scroll": {page(stockItem), "ff-1041-navy-m|101|4.0, ff-1041-navy-m|900|37.0, ff-2070|101|12.5"},
	"responses/inventory_search_large":           {page(stockItem), "ff-1041-navy-m|101|4.0"},
	"responses/inventory_none":                   {page(stockItem), ""},
	"responses/private_customer_scroll":          {page(person), "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21"},
	"responses/business_customer_search":         {page(company), "BC-20417"},
	"responses/purchase_order_search":            {page(order), "PO-58213|2"},
	"responses/delivery_search":                  {page(delivery), "DEL-9041"},
	"responses/supplier_search":                  {page(supplier), "SUP-77"},
	"responses/store_search":                     {page(store), "101, 900"},
	"responses/category_scroll":                  {page(category), "klaer|no|root, herre|no|klaer, jakker|no|herre, jakker|en|herre, utstyr|no|root, turkjokken|no|utstyr, intern|no|root"},
}

// TestEverySampleIsRead decodes every entity and answer of the samples.
func TestEverySampleIsRead(t *testing.T) {
	t.Parallel()
	n := 0
	for _, file := range []string{"entities", "responses"} {
		var samples map[string]struct{ Data json.RawMessage }
		if err := json.Unmarshal(sample(t, file), &samples); err != nil {
			t.Fatal(err)
		}
		n += len(samples)
		for name, s := range samples {
			name = file + "/" + name
			reader, known := samplesRead[name]
			if !known {
				if samplesNotRead[name] == "" {
					t.Errorf("nothing reads %s", name)
				}
				continue
			}
			ids, err := reader.read(s.Data)
			if got := strings.Join(ids, ", "); err != nil || got != reader.want {
				t.Errorf("%s read = %q, %v, want %q", name, got, err, reader.want)
			}
		}
	}
	if want := len(samplesRead) + len(samplesNotRead); n != want {
		t.Errorf("%d samples, want the %d of the tables", n, want)
	}
}
