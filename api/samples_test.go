package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/tenant"
)

// consequence is what an event sample leads to.
type consequence struct {
	// result is the one that is recorded, with the reason why when there is one.
	result string
	// objects are the ids that the jobs are about, the same for every resource.
	objects string
	// jobs are the resources, each with the tenants that get its jobs.
	jobs string
}

func (c consequence) String() string { return fmt.Sprintf("{%q, %q, %q}", c.result, c.objects, c.jobs) }

// consequences is the table of all samples, for two tenants: no exports everything and serves the market
// NOR with its store 101, se exports products and stock.
var consequences = map[string]consequence{
	"product_patched_api_no_market":                         {"accepted", "ff-1041", "product in no and se, price in no"},
	"product_patched_document_id":                           {"accepted", "ff-1041_no", "product in no and se, price in no"},
	"product_added_api":                                     {"accepted", "ff-1041", "product in no and se, price in no"},
	"product_deleted_api":                                   {"accepted", "ff-0907", "product in no and se, price in no"},
	"product_enriched_gui":                                  {"accepted", "ff-1041_no", "product in no and se, price in no"},
	"product_prices_updated_gui":                            {"accepted", "ff-1041_no", "product in no and se, price in no"},
	"product_status_updated_gui":                            {"accepted", "ff-0907_no", "product in no and se, price in no"},
	"product_image_added_gui":                               {"accepted", "ff-1041_no", "product in no and se, price in no"},
	"product_variant_patched_api":                           {"accepted", "ff-1041-navy-m", "product in no and se, price in no"},
	"product_update_many_api":                               {"unrouted no_object_ids", "", ""},
	"product_batch_update_A_single_object":                  {"accepted", "ff-1041_no", "product in no and se, price in no"},
	"product_batch_update_B_joined_ids":                     {"accepted", "ff-1041_no ff-2070_no ff-3055_no", "product in no and se, price in no"},
	"product_batch_update_C_empty_object_ids_in_properties": {"accepted", "ff-1041_no ff-2070_no", "product in no and se, price in no"},
	"product_batch_update_D_references":                     {"accepted", "ff-1041_no ff-2070_no", "product in no and se, price in no"},
	"product_batch_update_E_nothing":                        {"unrouted no_object_ids", "", ""},
	"pricelist_activated_gui":                               {"unrouted no_object_ids", "", ""},
	"pricelist_deactivated_api":                             {"unrouted no_object_ids", "", ""},
	"pricelist_prices_updated_gui":                          {"unrouted no_object_ids", "", ""},
	"pricelist_prices_updated_api_343108":                   {"unrouted no_object_ids", "", ""},
	"pricelist_deleted_gui":                                 {"unrouted no_object_ids", "", ""},
	"promotion_updated_with_price_update":                   {"unrouted no_object_ids", "", ""},
	"inventory_update_many_A_sku":                           {"accepted", "ff-1041-navy-m", "inventory in no and se"},
	"inventory_update_many_B_composite":                     {"accepted", "ff-1041-navy-m", "inventory in no"},
	"inventory_update_many_C_nothing":                       {"unrouted no_object_ids", "", ""},
	"inventory_single_gui":                                  {"accepted", "ff-1041-navy-m", "inventory in no"},
	"inventory_deleted_api":                                 {"accepted", "ff-2070", "inventory in no"},
	"private_customer_added_api":                            {"accepted", "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21", "customer in no"},
	"private_customer_patched_by_flow_echo":                 {"ignored echo", "", ""},
	"private_customer_updated_gui":                          {"accepted", "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21", "customer in no"},
	"private_customer_anonymized_api":                       {"accepted", "c1b0d2aa-9f0f-4a05-8d57-2f6a90b6f3c4", "customer in no"},
	"private_customer_merged_api":                           {"accepted", "7c5e6f0a-5d39-4a53-b3f1-1b6e0d4a9e21 c1b0d2aa-9f0f-4a05-8d57-2f6a90b6f3c4", "customer in no"},
	"private_customer_deleted_api":                          {"accepted", "c1b0d2aa-9f0f-4a05-8d57-2f6a90b6f3c4", "customer in no"},
	"private_customer_batch_update":                         {"unrouted no_object_ids", "", ""},
	"business_customer_added_api":                           {"accepted", "BC-20417", "customer in no"},
	"business_customer_patched_api":                         {"accepted", "BC-20417", "customer in no"},
	"business_customer_contact_deleted_api":                 {"accepted", "BC-20417", "customer in no"},
	"business_customer_deleted_api":                         {"accepted", "BC-19998", "customer in no"},
	"purchase_order_added_api":                              {"accepted", "PO-58213", "purchase_order in no"},
	"purchase_order_status_gui":                             {"accepted", "PO-58213", "purchase_order in no"},
	"purchase_order_workflow_completed":                     {"accepted", "PO-58213", "purchase_order in no"},
	"purchase_order_deleted_api":                            {"accepted", "PO-57990", "purchase_order in no"},
	"delivery_created_api":                                  {"accepted", "DEL-9041", "delivery in no"},
	"delivery_eta_updated_gui":                              {"accepted", "DEL-9041", "delivery in no"},
	"delivery_goods_reception_api":                          {"accepted", "DEL-9041", "delivery in no"},
	"delivery_deleted_api":                                  {"accepted", "DEL-8877", "delivery in no"},
	"order_reservation_changed":                             {"ignored order", "", ""},
	"supplier_updated_api":                                  {"accepted", "SUP-77", "supplier in no"},
	"supplier_deleted_api":                                  {"accepted", "SUP-12", "supplier in no"},
	"store_patched_api":                                     {"accepted", "101", "store in no"},
	"store_deleted_gui":                                     {"accepted", "118", "store in no"},
	"category_updated_gui":                                  {"accepted", "jakker_no", "category in no"},
	"category_added_api":                                    {"accepted", "jakker", "category in no"},
	"category_deleted_api":                                  {"accepted", "utgaatt_no", "category in no"},
	"category_batch_update_gui":                             {"unrouted no_object_ids", "", ""},
	"tenant_settings_published":                             {"ignored settings", "", "markets are read again"},
	"subscription_result_failed":                            {"ignored subscription_result", "", ""},
	"unknown_operation":                                     {"ignored unknown_operation", "", ""},
	"minimal_event":                                         {"accepted", "ff-1041", "product in no and se, price in no"},
	"error_event":                                           {"ignored error_event", "", ""},
	"nulls_everywhere":                                      {"accepted", "ff-1041", "product in no and se, price in no"},
}

// TestEverySampleEvent posts every event sample and compares what it leads to with the table.
func TestEverySampleEvent(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../internal/omnium/testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples map[string]json.RawMessage
	if err := json.Unmarshal(raw, &samples); err != nil {
		t.Fatal(err)
	}
	if len(samples) != len(consequences) {
		t.Errorf("testdata has %d events, the table %d", len(samples), len(consequences))
	}
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		h := newSampleHarness(t)
		h.post(string(samples[name]))
		if got, want := h.consequence(), consequences[name]; got != want {
			t.Errorf("post(%s) leads to\n\t%v, want\n\t%v", name, got, want)
		}
	}
}

func newSampleHarness(t *testing.T) *harness {
	t.Helper()
	directory, err := tenant.NewDirectory([]tenant.Tenant{
		{ID: "no", Markets: []string{"NOR", "NOR-B2B"}, Resources: []string{
			"product", "price", "inventory", "customer", "purchase_order", "delivery", "supplier", "store", "category",
		}},
		{ID: "se", Markets: []string{"SWE"}, Resources: []string{"product", "inventory"}},
	}, tenant.Topology{StoreMarkets: map[string][]string{"101": {"NOR"}, "118": {"NOR"}}})
	if err != nil {
		t.Fatalf("NewDirectory: %v", err)
	}
	return newHarness(t, func(o *api.Options) {
		o.Directory = func() *tenant.Directory { return directory }
		o.EchoUsers = []string{"flow-pos-b17d9e52-52b4-4ad6-8a2e-0c6e0e9f4d3a"}
	})
}

// consequence is what the one event that was posted has led to.
func (h *harness) consequence() consequence {
	h.t.Helper()
	if len(h.recorder.received) != 1 {
		h.t.Fatalf("%d events were recorded, want one", len(h.recorder.received))
	}
	event := h.recorder.received[0]
	c := consequence{result: event.Result}
	for _, why := range append(reasonsOf(h.intake.parked), event.Ignored) {
		c.result = strings.TrimSpace(c.result + " " + why)
	}
	c.objects, c.jobs = jobsOf(h.intake.entries)
	if h.settings > 0 {
		c.jobs = "markets are read again"
	}
	return c
}

func reasonsOf(parked []queue.Parked) []string {
	var reasons []string
	for _, p := range parked {
		reasons = append(reasons, p.Reason)
	}
	return reasons
}

// jobsOf renders entries as the table does.
func jobsOf(entries []queue.Entry) (objects, jobs string) {
	var ids, resources []string
	tenants := map[string][]string{}
	for _, e := range entries {
		resource := string(e.Resource)
		if !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
		if !slices.Contains(resources, resource) {
			resources = append(resources, resource)
		}
		if !slices.Contains(tenants[resource], string(e.Tenant)) {
			tenants[resource] = append(tenants[resource], string(e.Tenant))
		}
	}
	for i, resource := range resources {
		resources[i] = resource + " in " + strings.Join(tenants[resource], " and ")
	}
	return strings.Join(ids, " "), strings.Join(resources, ", ")
}
