package omnium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	opInventory           = "inventory.read"
	opInventorySearch     = "inventory.search"
	opInventoryScrollNext = "inventory.scrollNext"
	// inventoryChunk bounds the codes in one search; the limit is not documented (reference
	// omnium-api.md §5.2).
	inventoryChunk = 100
)

// inventoryPage is OmniumInventoryItemOmniumResult as the read by sku answers it.
type inventoryPage struct {
	Result []InventoryItem `json:"result"`
}

// Inventory reads what all warehouses have of a sku; none is no error, and neither is a sku that Omnium
// does not know. What else the id may be is not documented: when it is a product's, the items may be
// those of its skus. Sharing and errors are as with Product, without ErrNotFound.
func (c *Client) Inventory(ctx context.Context, sku string, since time.Time) ([]InventoryItem, error) {
	page, err := c.inventory.read(ctx, c, sku, since)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return page.Result, nil
}

// InventoryResult is the answer for one sku of a bulk read: at most one field is set.
type InventoryResult struct {
	Items []InventoryItem
	Err   error // wraps ErrMalformed
}

// inventorySearch is the part of OmniumInventorySearchRequest that is used.
type inventorySearch struct {
	ProductCodes      []string `json:"productCodes"`
	WarehouseCodes    []string `json:"warehouseCodes,omitempty"`
	IsBatchesExcluded bool     `json:"isBatchesExcluded"`
}

// Inventories reads what warehouses have of many skus; no warehouses means all. The answer comes from
// Omnium's search and may lag behind. A sku without an item is absent, and so is a product id, whose skus
// may be there instead. One that cannot be read is an error for its sku only. Results are not shared.
//
// Searches take turns, so concurrent calls wait for each other. Errors are those of
// Inventory; with an error there is no result.
func (c *Client) Inventories(
	ctx context.Context, skus, warehouses []string,
) (map[string]InventoryResult, error) {
	codes := unique(slices.DeleteFunc(slices.Clone(skus), func(s string) bool { return s == "" }))
	results := make(map[string]InventoryResult, len(codes))
	for chunk := range slices.Chunk(codes, inventoryChunk) {
		search := inventorySearch{ProductCodes: chunk, WarehouseCodes: warehouses, IsBatchesExcluded: true}
		err := c.drain(ctx, inventoryScroll(search), func(hits []json.RawMessage) error {
			gatherInventory(results, hits)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// inventoryScroll is a search that carries a scroll id only when it has more than 1,000 hits (reference
// omnium-api.md §1.6).
func inventoryScroll(search any) scroll {
	return scroll{
		op: opInventorySearch, path: "/api/Inventory/Search",
		nextOp: opInventoryScrollNext, nextPath: "/api/Inventory/Scroll/", body: search,
	}
}

// gatherInventory adds hits to the results of their skus. Hits whose sku cannot be told are dropped: they
// answer no sku.
func gatherInventory(results map[string]InventoryResult, hits []json.RawMessage) {
	for _, raw := range hits {
		var head struct{ SKU json.RawMessage }
		if json.Unmarshal(raw, &head) != nil || strings.TrimSpace(text(head.SKU)) == "" {
			continue
		}
		var item InventoryItem
		result := results[text(head.SKU)]
		switch err := json.Unmarshal(raw, &item); {
		case err != nil:
			result = InventoryResult{Err: fmt.Errorf("%w: %s: %w", ErrMalformed, opInventorySearch, err)}
		case result.Err == nil:
			result.Items = append(result.Items, item)
		}
		results[text(head.SKU)] = result
	}
}
