package omnium

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/omniflow/omniflow/internal/event"
)

// objects are the ids of the changed objects, in order, without duplicates. What batch events carry
// is not documented, so every place is looked at that could hold ids (reference omnium-api.md §2.8).
func (n *notice) objects(op operation) []string {
	single := strings.TrimSpace(text(n.ObjectID)) != "" &&
		namesObjectOf(op.resource, text(n.ClassName))
	if single && op.ids == oneID {
		return []string{n.withoutStore(op.resource, text(n.ObjectID))}
	}
	if op.ids == statedIDs {
		return unique(n.stated(op.resource))
	}
	ids := n.references(op.resource, false)
	if op.ids == mergedIDs && single {
		ids = append([]string{text(n.ObjectID)}, ids...)
	}
	if len(ids) == 0 {
		ids = append(n.listed(n.Properties, op.resource), n.listed(n.Attachments, op.resource)...)
	}
	if len(ids) == 0 && single && op.ids == manyIDs {
		ids = split(text(n.ObjectID))
	}
	for i, id := range ids {
		ids[i] = n.withoutStore(op.resource, id)
	}
	return unique(ids)
}

// withoutStore reduces an inventory item's key to its sku: the key is built from sku and warehouse
// (reference omnium-api.md §2.8), and the warehouse is the event's store.
func (n *notice) withoutStore(r event.Resource, id string) string {
	store := strings.TrimSpace(text(n.StoreID))
	if r != event.Inventory || store == "" {
		return id
	}
	if sku, ok := strings.CutSuffix(id, "_"+store); ok && strings.TrimSpace(sku) != "" {
		return sku
	}
	return id
}

// stated are the ids that are said to be of objects of r, on an event that is about something else:
// references of its class, and properties and attachments that are called after it, such as PurchaseOrderId,
// in the way an order event names its shipment (reference omnium-api.md §2.3).
func (n *notice) stated(r event.Resource) []string {
	ids := n.references(r, true)
	for _, raw := range []json.RawMessage{n.Properties, n.Attachments} {
		ids = append(ids, named(raw, func(key string) bool { return namesIDsOf(className(key), r) })...)
	}
	return ids
}

// references are the ids under references that can be objects of r. The shape of an item is not
// documented: objects with objectId or id, and plain ids, are read. With strict, an item must say
// that it is of r's class.
func (n *notice) references(r event.Resource, strict bool) []string {
	var ids []string
	for _, item := range list(n.References) {
		var ref struct{ ObjectID, ID, ClassName json.RawMessage }
		id := text(item)
		if id == "" && json.Unmarshal(item, &ref) == nil {
			id = text(ref.ObjectID)
			if id == "" {
				id = text(ref.ID)
			}
		}
		class := text(ref.ClassName)
		if strict && classResource(className(class)) != r {
			continue
		}
		if strings.TrimSpace(id) != "" && namesObjectOf(r, class) {
			ids = append(ids, id)
		}
	}
	return ids
}

// listed are the ids in the values of properties ({key, value}) or attachments ({name, value}) that
// are called like ids of r.
func (n *notice) listed(raw json.RawMessage, r event.Resource) []string {
	return named(raw, func(key string) bool { return namesIDs(key, r) })
}

// named are the ids in the values of the items whose key or name is meant.
func named(raw json.RawMessage, means func(key string) bool) []string {
	var ids []string
	for _, item := range list(raw) {
		var p struct{ Key, Name, Value json.RawMessage }
		if json.Unmarshal(item, &p) != nil {
			continue
		}
		if means(text(p.Key)) || means(text(p.Name)) {
			ids = append(ids, values(p.Value)...)
		}
	}
	return ids
}

// namesIDs reports whether key is a likely name for a list of ids of r. Names such as MarketIds or
// StoreIds on a product event must not be taken for it.
func namesIDs(key string, r event.Resource) bool {
	if strings.EqualFold(key, "id") {
		return false // may be the id of anything
	}
	key = className(key) // drops the plural s as well
	switch key {
	case "id", "objectid", "entityid", "itemid", "documentid":
		return true
	case "productid", "skuid", "sku", "variantid", "productcode":
		return r == event.Product || r == event.Inventory || r == event.Price
	default:
		return namesIDsOf(key, r)
	}
}

// namesIDsOf reports whether a normalised key is the class of r and id.
func namesIDsOf(key string, r event.Resource) bool {
	class, ok := strings.CutSuffix(key, "id")
	return ok && classResource(class) == r
}

// values reads ids from a JSON array, an array inside a string, or a string of joined ids.
func values(raw json.RawMessage) []string {
	joined := text(raw)
	items := list(raw)
	if strings.HasPrefix(strings.TrimSpace(joined), "[") {
		items = list(json.RawMessage(joined))
	}
	if items == nil {
		return split(joined)
	}
	var ids []string
	for _, item := range items {
		if id := text(item); strings.TrimSpace(id) != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func split(joined string) []string {
	return strings.FieldsFunc(joined, func(c rune) bool {
		return c == ',' || c == ';' || unicode.IsSpace(c)
	})
}

func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(ids, func(id string) bool {
		known := seen[id]
		seen[id] = true
		return known
	})
}

// list returns the elements of a JSON array, nil for anything else.
func list(raw json.RawMessage) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

// text returns a JSON string's value, a number's digits, and "" for anything else.
func text(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return ""
	case raw[0] == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw)
	default:
		return ""
	}
}

// integer reads a number or the digits in a string; 0 when there is none.
func integer(raw json.RawMessage) int {
	i, err := strconv.Atoi(strings.TrimSpace(text(raw)))
	if err != nil {
		return 0
	}
	return i
}

// validUTF8 reports whether the fields that matter are. The decoder would silently replace bytes
// that are not, and so make an id another one.
func (n *notice) validUTF8() bool {
	for _, raw := range []json.RawMessage{
		n.ID, n.OperationID, n.Timestamp, n.ClassName, n.ObjectID, n.Category, n.Market, n.StoreID,
		n.Status, n.Properties, n.Attachments, n.References,
	} {
		if !utf8.Valid(raw) {
			return false
		}
	}
	return true
}
