package reconcile

// Reasons of jobs that are done without anything having been sent.
const (
	reasonUnknown          = "unknown_to_omnium"            // Omnium does not have the object, and Flow was never given it
	reasonNotInMarkets     = "not_in_markets"               // it is in none of the tenant's markets
	reasonLeftMarkets      = "left_markets_left_in_place"   // it has left the tenant's markets; Flow keeps it
	reasonDeletedLeft      = "deleted_left_in_place"        // it was deleted; Flow keeps it, because it may be in use
	reasonDeletedBefore    = "deleted_before_first_push"    // it was deleted before Flow was given it
	reasonAnonymousBefore  = "anonymous_before_first_push"  // it was anonymised before Flow was given it
	reasonCancelledBefore  = "cancelled_before_first_push"  // it was cancelled before Flow was given it
	reasonDeleted          = "deleted"                      // the product of a price was deleted
	reasonNoValidPrice     = "no_valid_price"               // no price holds now
	reasonNoPriceTask      = "no_price_task"                // selling prices are not exported, cost prices come with the product
	reasonNoStockPlaces    = "no_stock_places"              // Flow is the stock master everywhere, or there is no store
	reasonNotPrimary       = "not_primary"                  // the store is no primary store
	reasonWarehouseOf      = "warehouse_of_primary_stores"  // it is a warehouse; the stores that it serves were asked for
	reasonGroupRoot        = "product_group_root"           // the category is ProductGroupRootId itself
	reasonTransfer         = "internal_transfer"            // the goods come from a warehouse of one's own
	reasonNoDelivery       = "no_delivery"                  // no line of the purchase order is in a delivery yet
	reasonNoPurchaseOrder  = "no_purchase_order"            // no line of a purchase order is in the delivery
	reasonOrdersNotOurs    = "purchase_orders_not_exported" // a delivery only refreshes purchase orders
	reasonHandedToOrders   = "purchase_orders"              // the jobs of the delivery's purchase orders do the work
	reasonHandedToSKUs     = "alias_of_skus"                // the jobs of the product's skus do the work
	reasonAliasOf          = "alias_of_"                    // another name of an object, which follows; its own job does the work
	reasonWaitingFor       = "waiting_for_"                 // Flow lacks what the object refers to, whose kind follows
	reasonRefersToUnknown  = "refers_to_unknown"            // Omnium does not have what the object refers to; should it come, the object follows
	reasonWaitingForHolder = "waiting_for_owner"            // another object still has what has moved to this one
)

// Reasons that say what was left out of jobs that are done.
const (
	reasonContactsLeft        = "contacts_left_in_place"    // contacts are gone in Omnium; Flow keeps them
	reasonLinesWithout        = "lines_without_delivery"    // lines that are in no delivery yet were not sent
	reasonWarehouseUnreadable = "warehouse_unreadable"      // Omnium has no such warehouse of the store, or it cannot be read
	reasonWarehouseKept       = "warehouse_kept"            // the store has lost a warehouse; Flow keeps it
	reasonReservationsDenied  = "reservations_not_readable" // the API user may not read sales orders
	reasonTooManySalesOrders  = "too_many_sales_orders"     // there are more sales orders than a search gives
)

// Reasons of dead letters, beside those of package mapping.
const (
	reasonUnreadable         = "omnium_unreadable"   // Omnium's document is not of the documented shape; the error names the field
	reasonOmniumRefused      = "omnium_refused"      // Omnium answers 400 to a request about the object
	reasonUnmappable         = "unmappable"          // the object cannot be mapped, for a reason without a word of its own
	reasonUIDCollision       = "uid_collision"       // two objects fall on one uid; the first one keeps it
	reasonAliasCircle        = "alias_circle"        // two objects each say that they are the other one
	reasonUIDUnusable        = "uid_unusable"        // a uid is not one that Flow takes
	reasonStoreUnknown       = "store_unknown"       // the purchase order is for no store of Omnium's
	reasonWarehouseElsewhere = "warehouse_elsewhere" // Flow has the warehouse in another store
	reasonPriceListMissing   = "price_list_missing"  // Flow has no such price list
	reasonRefusedItem        = "flow_refused_item"   // Flow refuses one row of a batch
	reasonRefused            = "flow_refused_"       // Flow refuses the data with the status that follows
)

// Reasons of jobs that are repeated.
const (
	reasonNotFoundYet       = "not_found_yet"             // the event is so young that the object may not show yet
	reasonReadTooEarly      = "read_too_early"            // the document is older than the event
	reasonOmniumChanged     = "omnium_changed"            // the object has changed while it was read
	reasonOmniumThrottled   = "omnium_throttled"          // Omnium answers 429
	reasonOmniumUnavailable = "omnium_unavailable"        // Omnium answers 502, 503 or 504
	reasonOmniumUnreachable = "omnium_unreachable"        // there is no answer from Omnium
	reasonOmniumDenied      = "omnium_credential_refused" // Omnium refuses the API user or its role
	reasonOmniumFailed      = "omnium_failed"             // Omnium answers anything else
	reasonFlowUnavailable   = "flow_unavailable"          // the circuit breaker is open
	reasonFlowThrottled     = "flow_throttled"            // Flow answers 429
	reasonFlowBusy          = "flow_busy"                 // Flow answers 503 and says for how long
	reasonFlowDenied        = "flow_credential_refused"   // Flow refuses the access token
	reasonFlowFailed        = "flow_failed"               // Flow answers 408, 425 or 5xx
	reasonFlowUnreachable   = "flow_unreachable"          // there is no answer from Flow
	reasonFlowUnexpected    = "flow_unexpected"           // Flow answers with a redirect, or nothing that is documented
	reasonFlowLost          = "flow_lost_"                // Flow has lost the object, whose kind follows, while its parts were sent
	reasonReservation       = "reservation_refused"       // Flow does not have the sales order that waits for a line yet
	reasonUIDMoving         = "uid_moving"                // another object is giving up the uid
	reasonParentMoving      = "parent_moving"             // the new parent of a category has to move first
	reasonLedger            = "ledger_unavailable"        // Redis cannot be reached
	reasonInterrupted       = "interrupted"               // the run was cut off
)
