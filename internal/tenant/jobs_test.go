package tenant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/tenant"
)

// TestTargets: a product's event is about prices too, for those who export them, and a price's about the
// product.
func TestTargets(t *testing.T) {
	t.Parallel()
	d, err := tenant.NewDirectory([]tenant.Tenant{
		{ID: "both", Markets: []string{"NOR"}, Resources: []string{"product", "price", "store"}},
		{ID: "products", Markets: []string{"SWE"}, Resources: []string{"product"}},
		{ID: "prices", Markets: []string{"DEN"}, Resources: []string{"price"}},
	}, tenant.Topology{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		resource, market string
		want             []tenant.Target
		tenants          []tenant.ID
		result           tenant.Result
	}{
		{
			"product", "", []tenant.Target{
				{Resource: "product", Tenants: []tenant.ID{"both", "products"}}, {Resource: "price", Tenants: []tenant.ID{"both", "prices"}},
			}, []tenant.ID{"both", "products", "prices"}, tenant.Routed,
		},
		{
			"price", "", []tenant.Target{
				{Resource: "price", Tenants: []tenant.ID{"both", "prices"}}, {Resource: "product", Tenants: []tenant.ID{"both"}},
			}, []tenant.ID{"both", "prices"}, tenant.Routed,
		},
		{"product", "den", []tenant.Target{{Resource: "price", Tenants: []tenant.ID{"prices"}}}, []tenant.ID{"prices"}, tenant.Routed},
		{"price", "SWE", nil, nil, tenant.Ignored},
		{"store", "", []tenant.Target{{Resource: "store", Tenants: []tenant.ID{"both"}}}, []tenant.ID{"both"}, tenant.Routed},
		{"product", "FIN", nil, nil, tenant.Unrouted},
		{"customer", "", nil, nil, tenant.Ignored},
	}
	for _, tt := range tests {
		route, got := d.Targets(tt.resource, tt.market, "")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Targets(%s, %s) (-want +got):\n%s", tt.resource, tt.market, diff)
		}
		if diff := cmp.Diff(tt.tenants, route.Tenants); diff != "" || route.Result != tt.result {
			t.Errorf("Targets(%s, %s) = %s, want %s; tenants (-want +got):\n%s", tt.resource, tt.market, route.Result, tt.result, diff)
		}
	}
}
