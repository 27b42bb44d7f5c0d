package omnium

import (
	"strings"
	"unicode"

	"github.com/omniflow/omniflow/internal/event"
)

// operationByClass is for events whose operation id is missing or unknown. The names are those of
// Omnium's event log with the spellings seen elsewhere (reference omnium-api.md §2.4).
func operationByClass(class, category string) (operation, bool) {
	name := className(class)
	switch r := classResource(name); {
	case r == event.Price:
		return delta(r), true
	case r != "" && strings.EqualFold(category, "Deleted"):
		return deleted(r), true
	case r == event.Inventory:
		return batch(r), true
	case r != "":
		return changed(r), true
	}
	switch name {
	case "order", "cart", "return", "picklist":
		return ignore(IgnoredOrder), true
	case "workflow", "workflowstep":
		return ignore(IgnoredWorkflow), true
	case "eventsubscription", "webhook":
		return ignore(IgnoredSubscription), true
	case "scheduledtask":
		return ignore(IgnoredScheduledTask), true
	case "tenantsetting":
		return operation{ignored: IgnoredSettings, settings: true}, true
	case "project", "user", "notification":
		return ignore(IgnoredClass), true
	}
	return operation{}, false
}

// classResource returns the resource of a normalised class name, or "".
func classResource(name string) event.Resource {
	switch name {
	case "product", "productvariant", "variant", "incompleteproduct":
		return event.Product
	case "price", "pricelist", "pricelistitem", "costprice", "promotion":
		return event.Price
	case "inventory", "inventorie", "inventoryitem":
		return event.Inventory
	case "customer", "privatecustomer", "businesscustomer":
		return event.Customer
	case "purchaseorder":
		return event.PurchaseOrder
	case "delivery", "deliverie":
		return event.Delivery
	case "supplier":
		return event.Supplier
	case "store", "warehouse":
		return event.Store
	case "category", "categorie", "productcategory", "productcategorie":
		return event.Category
	default:
		return ""
	}
}

// className lowers a class and drops what spellings differ in: the model prefix of the schemas,
// separators and a plural s.
func className(class string) string {
	name := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, class)
	return strings.TrimSuffix(strings.TrimPrefix(name, "omnium"), "s")
}

// namesObjectOf reports whether an id that stands beside class can be an id of resource r. A class
// that is missing or not known leaves the decision to the operation.
func namesObjectOf(r event.Resource, class string) bool {
	of := classResource(className(class))
	switch {
	case r == event.Price:
		return of == "" || of == event.Product
	case r == event.Inventory && of == event.Product:
		return true
	default:
		return of == "" && !unservedClass(class) || of == r
	}
}

// unservedClass reports whether class is known to be something omniflow has no resource for.
func unservedClass(class string) bool {
	op, ok := operationByClass(class, "")
	return ok && op.resource == ""
}
