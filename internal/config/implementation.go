package config

import (
	"fmt"
	"maps"
	"slices"
)

// implementation is an exporter or scheduled task of the connector (reference mapping.md §2.1).
type implementation struct {
	resources []string
	// unbuilt names the feature when this version does not have it.
	unbuilt string
}

func implementations() map[string]implementation {
	purchase := []string{"purchase_order", "supplier"}
	customer := []string{"customer"}
	return map[string]implementation{
		productExporter:                     {[]string{"product"}, ""},
		"FlowPriceScheduledTask":            {[]string{"price"}, ""},
		costPriceTask:                       {[]string{"price"}, ""},
		"IStoreExporter":                    {[]string{"store"}, ""},
		"IPrivateCustomerExporter":          {customer, ""},
		"IBusinessCustomerExporter":         {customer, ""},
		"IPurchaseOrderSynchronousExporter": {purchase, ""},
		"IDeliveryExporter":                 {[]string{"delivery"}, ""},
		"IInventoryExporter":                {[]string{"inventory"}, ""},
		"FlowInventoryScheduledTask":        {[]string{"inventory"}, ""},
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

// implementations checks the names, drops repetitions, and notes what is not built.
func (d *decoder) implementations(listed []text) []string {
	known := implementations()
	var names []string
	for _, t := range listed {
		found, ok := known[t.s]
		switch {
		case t.bad || slices.Contains(names, t.s):
		case t.s == outOfScope:
			d.fail(t.path, "%s is out of scope: SOA amounts are not exported", outOfScope)
		case !ok:
			d.fail(t.path, "unknown implementation%s", shown(t, known))
		default:
			names = append(names, t.s)
			d.notBuilt(t.path, found.unbuilt)
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
func shown(t text, known map[string]implementation) string {
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
		for _, resource := range known[name].resources {
			exported[resource] = true
		}
	}
	order := []string{
		"product", "price", "inventory", "customer", "purchase_order", "delivery", "supplier", "store",
	}
	return slices.DeleteFunc(order, func(resource string) bool { return !exported[resource] })
}
