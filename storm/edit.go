package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/omnium/omniumtest"
	"github.com/omniflow/omniflow/storm/plan"
)

// editor makes the changes of a plan in the fake Omnium and words the events of them.
type editor struct{ shop *omniumtest.Server }

// apply makes a change and returns its event.
func (e editor) apply(c plan.Change) (json.RawMessage, error) {
	news, err := e.edit(c)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.Kind, c.ID, err)
	}
	if c.Kind == plan.FiledPrice {
		return withProducts(e.shop.Event(news), filedFor)
	}
	return e.shop.Event(news), nil
}

func (e editor) edit(c plan.Change) (omniumtest.Event, error) {
	switch c.Kind {
	case plan.Rename, plan.Reprice, plan.SoftDelete, plan.HardDelete, plan.Restore,
		plan.LeaveMarket, plan.ReturnMarket, plan.Create, plan.Tell:
		return e.product(c)
	case plan.Noise:
		return omniumtest.Event{ClassName: "Order", OperationID: opOrder, ObjectID: c.ID}, nil
	default:
		return e.other(c)
	}
}

// The operations of the events (reference omnium-api.md §2.5).
const (
	opOrder        = 210100
	opDeleted      = 140101
	opAdded        = 140106
	opStatus       = 240116
	opInventory    = 350002
	opPerson       = 330100
	opCompany      = 330200
	opSupplier     = 353100
	opSupplierGone = 353101
	opStore        = 370107
	opStoreGone    = 370102
	opCategory     = 298101
	opPurchase     = 351100
	opDelivery     = 352100
	opPriceList    = 243108
)

func (e editor) product(c plan.Change) (omniumtest.Event, error) {
	news := omniumtest.Event{ObjectID: c.ID}
	found := true
	patch := func(change func(*omnium.Product)) { found = e.shop.PatchProduct(c.ID, change) }
	switch c.Kind {
	case plan.Rename:
		patch(func(p *omnium.Product) { rename(p, c.Version) })
	case plan.Reprice:
		patch(reprice)
	case plan.SoftDelete:
		found = e.shop.SoftDelete(c.ID)
		news.OperationID = opStatus
	case plan.HardDelete:
		found = e.shop.HardDelete(c.ID)
		news.OperationID, news.Category = opDeleted, "Deleted"
	case plan.Restore:
		patch(func(p *omnium.Product) { p.Status, p.IsActive = "", true; rename(p, c.Version) })
	case plan.LeaveMarket:
		patch(func(p *omnium.Product) { p.MarketIDs = []string{"NOR"} })
	case plan.ReturnMarket:
		patch(func(p *omnium.Product) { p.MarketIDs = nil; rename(p, c.Version) })
	case plan.Create:
		e.shop.PutProduct(newProduct(c))
		news.OperationID, news.Category = opAdded, "Created"
	default: // tell
	}
	if !found {
		return news, fmt.Errorf("the shop has none")
	}
	return news, nil
}

// stamp puts a version behind a name, in place of the one before.
func stamp(name string, version int) string {
	return fmt.Sprintf("%s v%d", stamped.ReplaceAllString(name, ""), version)
}

func rename(p *omnium.Product, version int) {
	p.Name = stamp(p.Name, version)
	for i := range p.Variants {
		p.Variants[i].Name = stamp(p.Variants[i].Name, version)
	}
}

// reprice raises every price, so that a lower one is an older one.
func reprice(p *omnium.Product) {
	for i := range p.Prices {
		p.Prices[i].UnitPrice = raised(p.Prices[i].UnitPrice)
	}
	for i := range p.Variants {
		reprice(&p.Variants[i])
	}
}

// raised is a number and one.
func raised(n omnium.Number) omnium.Number {
	whole, rest, _ := strings.Cut(string(n), ".")
	value, err := strconv.Atoi(whole)
	if err != nil {
		return n
	}
	if rest != "" {
		rest = "." + rest
	}
	return omnium.Number(strconv.Itoa(value+1) + rest)
}

func newProduct(c plan.Change) omnium.Product {
	return omnium.Product{
		ID: c.ID + "_no", ProductID: c.ID, SkuID: c.ID, Language: "no", IsActive: true,
		Name: stamp("Nyhet", c.Version), Brand: "Fjell Form", Unit: "stk",
		MainCategoryID: "ball", MainCategoryName: "Ball",
		Prices: []omnium.Price{
			{UnitPrice: "199.50", MarketID: "NOR", CurrencyCode: "NOK"},
			{UnitPrice: "209", MarketID: "SWE", CurrencyCode: "SEK"},
		},
		Cost: "80", CostCurrency: "NOK", Weight: "0.4",
		Properties: []omnium.Property{{Key: "Material", Value: "Diverse"}},
	}
}

// filedFor is the product whose prices are kept apart from it and change.
const filedFor = "FF-1202"

// other changes what is no product.
func (e editor) other(c plan.Change) (omniumtest.Event, error) {
	news := omniumtest.Event{ObjectID: c.ID}
	kind, keys, change := omniumtest.Kind(""), []string{c.ID}, named(c.Version, "name")
	switch c.Kind {
	case plan.Count:
		kind, change = omniumtest.InventoryItems, counted
		news.ClassName, news.OperationID = "Inventory", opInventory
		news.ObjectID, _, _ = strings.Cut(c.ID, "_")
	case plan.Person:
		kind, change = omniumtest.PrivateCustomers, named(c.Version, "firstName")
		news.ClassName, news.OperationID = "PrivateCustomer", opPerson
	case plan.Company:
		kind = omniumtest.BusinessCustomers
		news.ClassName, news.OperationID = "BusinessCustomer", opCompany
	case plan.Supplier:
		kind = omniumtest.Suppliers
		news.ClassName, news.OperationID = "Supplier", opSupplier
	case plan.SupplierGone:
		kind, change = omniumtest.Suppliers, nil
		news.ClassName, news.OperationID, news.Category = "Supplier", opSupplierGone, "Deleted"
	case plan.Store:
		kind = omniumtest.Stores
		news.ClassName, news.OperationID = "Store", opStore
	case plan.StoreGone:
		kind, change = omniumtest.Stores, nil
		news.ClassName, news.OperationID, news.Category = "Store", opStoreGone, "Deleted"
	case plan.Category:
		kind, keys = omniumtest.Categories, []string{c.ID + "_no", c.ID + "_sv"}
		news.ClassName, news.OperationID = "ProductCategory", opCategory
	case plan.Order:
		kind, change = omniumtest.PurchaseOrders, ordered
		news.ClassName, news.OperationID = "PurchaseOrder", opPurchase
	case plan.Delivery:
		kind, change = omniumtest.Deliveries, arriving(c.Version)
		news.ClassName, news.OperationID = "Delivery", opDelivery
	case plan.FiledPrice:
		kind, change = omniumtest.Prices, filed
		news.ClassName, news.OperationID, news.ObjectID = "PriceList", opPriceList, "autumn"
	default:
		return news, fmt.Errorf("not a change")
	}
	if !e.amend(kind, keys, change) {
		return news, fmt.Errorf("the shop has none")
	}
	return news, nil
}

// amend changes documents, or removes them when change is nil, and reports whether there was any.
func (e editor) amend(kind omniumtest.Kind, keys []string, change func(map[string]any)) bool {
	found := false
	for _, key := range keys {
		if change == nil {
			found = e.shop.Remove(kind, key) || found
		} else {
			found = e.shop.Patch(kind, key, change) || found
		}
	}
	return found
}

func named(version int, field string) func(map[string]any) {
	return func(d map[string]any) {
		name, _ := d[field].(string)
		d[field] = stamp(name, version)
	}
}

// counted finds one more in stock.
func counted(d map[string]any) { d["inventory"] = raisedIn(d, "inventory") }

// filed raises a price.
func filed(d map[string]any) { d["unitPrice"] = raisedIn(d, "unitPrice") }

// raisedIn is a number in a document and one.
func raisedIn(d map[string]any, field string) json.Number {
	return json.Number(raised(omnium.Number(fmt.Sprint(d[field]))))
}

// ordered asks for one more of the first line.
func ordered(d map[string]any) {
	raw, err := json.Marshal(d)
	if err != nil {
		return
	}
	var po omnium.PurchaseOrder
	if err := json.Unmarshal(raw, &po); err != nil || len(po.Form.LineItems) == 0 {
		return
	}
	po.Form.LineItems[0].Quantity = raised(po.Form.LineItems[0].Quantity)
	if raw, err = json.Marshal(po); err == nil {
		_ = json.Unmarshal(raw, &d) // it came from there
	}
}

// arriving moves a delivery to another day.
func arriving(version int) func(map[string]any) {
	return func(d map[string]any) {
		day := time.Date(2027, time.January, 1+version%300, 0, 0, 0, 0, time.UTC)
		d["estimatedTimeOfArrival"] = day.Format(time.RFC3339)
	}
}

// withProducts names products in an event of a price list.
func withProducts(event []byte, ids string) (json.RawMessage, error) {
	var fields map[string]any
	if err := json.Unmarshal(event, &fields); err != nil {
		return nil, err
	}
	fields["properties"] = []any{map[string]string{"key": "ProductIds", "value": ids}}
	return json.Marshal(fields)
}
