package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/api"
	"github.com/omniflow/omniflow/internal/omnium"
	"github.com/omniflow/omniflow/internal/tenant"
)

// newCustomerHarness has two tenants that export customers and stock, and one that does not. The user
// flow-pos is Flow's.
func newCustomerHarness(t *testing.T) *harness {
	t.Helper()
	resources := []string{"customer", "inventory", "product"}
	directory, err := tenant.NewDirectory([]tenant.Tenant{
		{ID: "fjell_no", Markets: []string{"NOR"}, Resources: resources},
		{ID: "fjell_se", Markets: []string{"SWE"}, Resources: resources},
		{ID: "fjell_dk", Markets: []string{"DNK"}, Resources: []string{"product"}},
	}, tenant.Topology{StoreMarkets: map[string][]string{"101": {"NOR"}}})
	if err != nil {
		t.Fatalf("NewDirectory: %v", err)
	}
	return newHarness(t, func(o *api.Options) {
		o.Directory = func() *tenant.Directory { return directory }
		o.EchoUsers = []string{"flow-pos"}
	})
}

func TestEchoesAreIgnored(t *testing.T) {
	t.Parallel()
	h := newCustomerHarness(t)
	got := decode[counts](t, h.post(`[
		{"id":"e1","className":"PrivateCustomer","objectId":"kari","userId":"flow-pos"},
		{"id":"e2","className":"Inventory","objectId":"boot-1","userId":"flow-pos"},
		{"id":"e3","className":"PrivateCustomer","objectId":"kari","userId":"erp"},
		{"id":"e4","className":"Product","objectId":"boot","userId":"flow-pos"}]`))
	if want := (counts{Accepted: 2, Ignored: 2}); got != want {
		t.Errorf("post = %+v, want %+v", got, want)
	}
	for i, r := range h.recorder.received[:2] {
		if r.Ignored != omnium.IgnoredEcho || r.Result != "ignored" {
			t.Errorf("event %d was recorded as %+v, want ignored as an echo", i, r)
		}
	}
}

// TestCustomersConcernEveryTenant: additional markets, groups, global customers and erasures are not in
// the event.
func TestCustomersConcernEveryTenant(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"", `,"market":"NOR"`, `,"market":"NOR-B2B"`, `,"storeId":"101"`} {
		h := newCustomerHarness(t)
		h.post(`{"id":"e1","className":"BusinessCustomer","objectId":"BC-7"` + where + `}`)
		var got []tenant.ID
		for _, e := range h.intake.entries {
			got = append(got, e.Tenant)
		}
		if diff := cmp.Diff([]tenant.ID{"fjell_no", "fjell_se"}, got); diff != "" {
			t.Errorf("tenants of an event with %q (-want +got):\n%s", where, diff)
		}
	}
}
