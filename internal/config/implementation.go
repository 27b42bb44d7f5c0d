package config

import (
	"fmt"
	"maps"
	"slices"
)

// implementations are the exporters and scheduled tasks of the connector (reference mapping.md §2.1), and
// the resources that each of them exports.
func implementations() map[string][]string {
	return map[string][]string{
		productExporter:              {"product"},
		"FlowPriceScheduledTask":     {"price"},
		costPriceTask:                {"price"},
		"IStoreExporter":             {"store"},
		"IPrivateCustomerExporter":   {"customer"},
		"IBusinessCustomerExporter":  {"customer"},
		purchaseExporter:             {"purchase_order", "supplier"},
		deliveryExporter:             {"delivery"},
		"IInventoryExporter":         {"inventory"},
		"FlowInventoryScheduledTask": {"inventory"},
	}
}

// Deliveries have no life of their own in Flow: their exporter refreshes purchase orders.
const (
	purchaseExporter = "IPurchaseOrderSynchronousExporter"
	deliveryExporter = "IDeliveryExporter"
)

// costPriceTask and productExporter go together: a cost is a field of a product in Flow.
const (
	costPriceTask   = "FlowCostPriceScheduledTask"
	productExporter = "IProductExporter"
)

// outOfScope is documented by the vendor and will not be built.
const outOfScope = "FlowSoaScheduledTask"

// implementations checks the names and drops repetitions.
func (d *decoder) implementations(listed []text) []string {
	known := implementations()
	var names []string
	for _, t := range listed {
		_, ok := known[t.s]
		switch {
		case t.bad || slices.Contains(names, t.s):
		case t.s == outOfScope:
			d.fail(t.path, "%s is out of scope: SOA amounts are not exported", outOfScope)
		case !ok:
			d.fail(t.path, "unknown implementation%s", shown(t, known))
		default:
			names = append(names, t.s)
		}
	}
	if slices.Contains(names, deliveryExporter) && !slices.Contains(names, purchaseExporter) {
		d.warn("connector.implementations",
			deliveryExporter+" does nothing without "+purchaseExporter+": deliveries are exported with purchase orders")
	}
	if slices.Contains(names, costPriceTask) && !slices.Contains(names, productExporter) {
		d.fail("connector.implementations", "%s needs %s: a cost reaches Flow as a field of its product",
			costPriceTask, productExporter)
	}
	if len(listed) == 0 && !d.isBad("connector.implementations") {
		d.warn("connector.implementations",
			"no implementation is configured: every event is acknowledged and ignored")
	}
	return names
}

// shown is the wrong name with the one that is meant, unless it came from the environment.
func shown(t text, known map[string][]string) string {
	if t.env {
		return ""
	}
	return fmt.Sprintf(" %q%s", t.s, didYouMean(t.s, slices.Sorted(maps.Keys(known))))
}

// resourcesOf lists what the implementations export, in the order in which resources are listed to
// people.
func resourcesOf(names []string) []string {
	known := implementations()
	exported := make(map[string]bool)
	for _, name := range names {
		for _, resource := range known[name] {
			exported[resource] = true
		}
	}
	order := []string{
		"product", "price", "inventory", "customer", "purchase_order", "delivery", "supplier", "store",
	}
	return slices.DeleteFunc(order, func(resource string) bool { return !exported[resource] })
}
