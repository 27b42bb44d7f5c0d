package omnium

import (
	"strings"

	"github.com/omniflow/omniflow/internal/event"
)

// Reasons of Notice.Ignored. They are words for counters and logs, never shown with data.
const (
	IgnoredOrder         = "order"               // orders, carts, returns, pick lists: Flow's own job
	IgnoredWorkflow      = "workflow"            // a workflow has started or ended
	IgnoredSubscription  = "subscription_result" // Omnium's log of its own deliveries
	IgnoredScheduledTask = "scheduled_task"      // a scheduled task has run
	IgnoredErrorEvent    = "error_event"         // an error was raised, cleared or solved on an object
	IgnoredExport        = "export"              // the object was exported somewhere
	IgnoredImport        = "import_progress"     // an import goes on; its end is another event
	IgnoredAvailability  = "atp_index"           // Omnium's own availability index
	IgnoredPromotion     = "promotion"           // a promotion changed without touching prices
	IgnoredSettings      = "settings"            // tenant settings; see Notice.SettingsChanged
	IgnoredClass         = "unserved_class"      // a known class that omniflow has no resource for
	IgnoredUnknown       = "unknown_operation"   // neither operation nor class are known
	IgnoredObjectID      = "object_id_too_long"  // no such object can exist
	IgnoredEcho          = "echo"                // Flow's own write; see IgnoreEchoes
)

// idRule says where the ids of the changed objects stand in an event.
type idRule int

const (
	oneID   idRule = iota // objectId
	manyIDs               // references, id properties, or several ids joined in objectId
	// namedIDs is manyIDs without objectId, which then names something else, such as a price list.
	namedIDs
	// mergedIDs is objectId and the references: which of the two was merged away is not documented.
	mergedIDs
	// statedIDs are references that say they are of the resource's class.
	statedIDs
)

// operation is what an event of one kind means.
type operation struct {
	resource event.Resource
	change   event.Change
	ids      idRule
	ignored  string
	settings bool
}

func changed(r event.Resource) operation {
	return operation{resource: r, change: event.Changed}
}

func deleted(r event.Resource) operation {
	return operation{resource: r, change: event.Deleted}
}

func batch(r event.Resource) operation {
	return operation{resource: r, change: event.Batch, ids: manyIDs}
}

func merged(r event.Resource) operation {
	return operation{resource: r, change: event.Changed, ids: mergedIDs}
}

// delta is a batch whose objectId never names an object of the resource.
func delta(r event.Resource) operation {
	return operation{resource: r, change: event.Batch, ids: namedIDs}
}

func ignore(reason string) operation { return operation{ignored: reason} }

// operationOf finds out what an event means: by operation id, then by class (design §2).
func operationOf(id int, class, category string) operation {
	op, ok := operationByID(id)
	if !ok {
		op, ok = operationByClass(class, category)
	}
	if !ok {
		return ignore(IgnoredUnknown)
	}
	// Batch categories are documented for events of any operation (reference omnium-api.md §2.4).
	if op.change == event.Changed && op.ids == oneID && isBatch(category) {
		op.change, op.ids = event.Batch, manyIDs
	}
	return op
}

func isBatch(category string) bool {
	return strings.EqualFold(category, "BatchUpdate") || strings.EqualFold(category, "BatchAdd")
}

// operationByID knows the ids of reference omnium-api.md §2.5. The first three digits are a family;
// an id that is not listed there means what its family mostly means.
func operationByID(id int) (operation, bool) {
	switch family := id / 1000; {
	case family >= 110 && family <= 118, family >= 210 && family <= 220, family >= 310 && family <= 320:
		return orderOperation(id), true
	case family == 140, family == 240, family == 142, family == 242, id == 510102:
		return productOperation(id), true
	case family == 243, family == 343, family == 145:
		return priceOperation(id), true
	case family == 150, family == 250, family == 350:
		return inventoryOperation(id), true
	case family == 130, family == 230, family == 231, family == 330, family == 331:
		return customerOperation(id), true
	case family == 151, family == 251, family == 351, family == 252, family == 352:
		return purchaseOperation(id), true
	case family == 253, family == 353, family == 270, family == 370, family == 298, family == 398:
		return masterDataOperation(id), true
	default:
		return systemOperation(id)
	}
}

func orderOperation(id int) operation {
	if id/100 == 1111 {
		return ignore(IgnoredWorkflow)
	}
	return ignore(IgnoredOrder)
}

// productOperation covers the incomplete products too (design §2): they may come before a real one.
func productOperation(id int) operation {
	switch id {
	case 140101, 240101:
		return deleted(event.Product)
	case 240102: // deletes several
		return operation{resource: event.Product, change: event.Deleted, ids: manyIDs}
	case 140102, 140103, 140108, 140110, 240108, 240109, 240115, 510102:
		return batch(event.Product)
	case 240110:
		return ignore(IgnoredErrorEvent)
	default:
		return changed(event.Product)
	}
}

// priceOperation makes price list and promotion events a reason to look for changed prices. Their
// objectId is the list or promotion. Promotions count only with a price update (design §2).
func priceOperation(id int) operation {
	switch id {
	case 145101, 145103, 145105:
		return ignore(IgnoredPromotion)
	default:
		return delta(event.Price)
	}
}

func inventoryOperation(id int) operation {
	switch id {
	case 150100, 150101, 150104: // a goods reception that has not changed anything (yet)
		return ignore(IgnoredImport)
	case 150106:
		return ignore(IgnoredAvailability)
	case 350001:
		return operation{resource: event.Inventory, change: event.Deleted, ids: manyIDs}
	case 250104, 250108:
		return changed(event.Inventory)
	default:
		return batch(event.Inventory)
	}
}

// customerOperation covers private and business customers. An anonymised customer still exists and
// is pushed as it now reads (design §9.13), so that is a change and not a deletion.
func customerOperation(id int) operation {
	switch id {
	case 230102, 230207, 330116, 330214:
		return deleted(event.Customer)
	case 230107, 230203, 330115, 330202:
		return merged(event.Customer)
	case 130108, 130109, 330117, 330118, 330215:
		return batch(event.Customer)
	default:
		return changed(event.Customer)
	}
}

// purchaseOperation covers purchase orders and deliveries.
func purchaseOperation(id int) operation {
	switch id {
	case 151101:
		return ignore(IgnoredWorkflow)
	case 151103, 151104, 151105, 252100:
		return ignore(IgnoredExport)
	case 251110, 251113, 251114:
		return ignore(IgnoredErrorEvent)
	case 351103:
		return deleted(event.PurchaseOrder)
	case 252115, 352114:
		return deleted(event.Delivery)
	}
	if family := id / 1000; family == 252 || family == 352 {
		return changed(event.Delivery)
	}
	return changed(event.PurchaseOrder)
}

// masterDataOperation covers suppliers, stores and categories.
func masterDataOperation(id int) operation {
	switch id {
	case 253101, 353101:
		return deleted(event.Supplier)
	case 270102, 370102, 370103:
		return deleted(event.Store)
	case 298102, 398102:
		return deleted(event.Category)
	case 298103, 398104:
		return batch(event.Category)
	}
	switch id / 1000 {
	case 253, 353:
		return changed(event.Supplier)
	case 270, 370:
		return changed(event.Store)
	default:
		return changed(event.Category)
	}
}

// systemOperation covers what is not about an object. The end of an Excel import is the only event
// that the import of many products is sure to raise.
func systemOperation(id int) (operation, bool) {
	switch {
	case id == 190103:
		return delta(event.Product), true
	case id/1000 == 190:
		return ignore(IgnoredImport), true
	case id/1000 == 195:
		return ignore(IgnoredScheduledTask), true
	case id/1000 == 290:
		return ignore(IgnoredSubscription), true
	case id/1000 == 297:
		return operation{ignored: IgnoredSettings, settings: true}, true
	default:
		return operation{}, false
	}
}
