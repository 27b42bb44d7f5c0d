package tenant_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/tenant"
)

var products = []string{"product"}

func no() tenant.Tenant {
	return tenant.Tenant{ID: "no", Markets: []string{"NOR", "NOR-B2B"}, Resources: products}
}

func se() tenant.Tenant {
	return tenant.Tenant{
		ID: "se", Markets: []string{"SWE"}, Resources: []string{"product", "price"},
	}
}

func nordic() tenant.Tenant {
	return tenant.Tenant{ID: "nordic", Groups: []string{"Nordic"}, Resources: products}
}

func directory(t *testing.T, topo tenant.Topology, tenants ...tenant.Tenant) *tenant.Directory {
	t.Helper()
	d, err := tenant.NewDirectory(tenants, topo)
	if err != nil {
		t.Fatalf("NewDirectory() = %v, want no error", err)
	}
	return d
}

func routed(reason tenant.Reason, ids ...tenant.ID) tenant.Route {
	return tenant.Route{Tenants: ids, Result: tenant.Routed, Reason: reason}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	stores := map[string][]string{
		"oslo": {"nor"}, "border": {"SWE", "NOR", "NOR-B2B"}, "helsinki": {"FIN"},
		"half": {"FIN", "SWE"}, "web": {},
	}
	unrouted := func(reason tenant.Reason) tenant.Route {
		return tenant.Route{Result: tenant.Unrouted, Reason: reason}
	}
	ignored := tenant.Route{Result: tenant.Ignored, Reason: tenant.ReasonNotExported}
	tests := []struct {
		name                    string
		resource, market, store string
		want                    tenant.Route
	}{
		{"market", "product", "NOR", "", routed(tenant.ReasonMarket, "no")},
		{"market in other case", "product", "swe", "", routed(tenant.ReasonMarket, "se")},
		{"market wins over store", "product", "SWE", "oslo", routed(tenant.ReasonMarket, "se")},
		{
			"served market, resource exported elsewhere only", "price", "NOR", "", ignored,
		},
		{"unserved market", "product", "DEN", "oslo", unrouted(tenant.ReasonMarketNotServed)},
		{"store", "product", "", "oslo", routed(tenant.ReasonStore, "no")},
		{
			"store in markets of both, file order", "product", "", "border",
			routed(tenant.ReasonStore, "no", "se"),
		},
		{
			"store in markets of both, one exports", "price", "", "border",
			routed(tenant.ReasonStore, "se"),
		},
		{"store partly served", "product", "", "half", routed(tenant.ReasonStore, "se")},
		{"store unserved", "product", "", "helsinki", unrouted(tenant.ReasonStoreNotServed)},
		{
			"store without markets", "product", "", "web",
			routed(tenant.ReasonEveryTenant, "no", "se"),
		},
		{"store unknown", "product", "", "rome", routed(tenant.ReasonEveryTenant, "no", "se")},
		{"neither", "product", "", "", routed(tenant.ReasonEveryTenant, "no", "se")},
		{"blank market", "product", " ", "", routed(tenant.ReasonEveryTenant, "no", "se")},
		{"neither, one exports", "price", "", "", routed(tenant.ReasonEveryTenant, "se")},
		{"not exported", "inventory", "NOR", "", ignored},
		{"not exported, unserved market", "inventory", "DEN", "", ignored},
	}
	d := directory(t, tenant.Topology{StoreMarkets: stores}, no(), se())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := d.Resolve(tt.resource, tt.market, tt.store)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Resolve(%q, %q, %q) differs (-want +got):\n%s",
					tt.resource, tt.market, tt.store, diff)
			}
		})
	}
}

func TestResolveGroups(t *testing.T) {
	t.Parallel()
	stores := map[string][]string{"turku": {"FIN"}, "border": {"SWE", "FIN"}}
	known := tenant.Topology{
		GroupMarkets: map[string][]string{"NORDIC": {"FIN", "DEN"}}, StoreMarkets: stores,
	}
	unknown := tenant.Topology{
		GroupMarkets: map[string][]string{"baltic": {"EST"}}, StoreMarkets: stores,
	}
	empty := tenant.Topology{GroupMarkets: map[string][]string{"nordic": nil}}
	every := routed(tenant.ReasonMembershipUnknown, "se", "nordic")
	tests := []struct {
		name          string
		topo          tenant.Topology
		market, store string
		want          tenant.Route
	}{
		{"member", known, "den", "", routed(tenant.ReasonMarket, "nordic")},
		{"store of a member", known, "", "turku", routed(tenant.ReasonStore, "nordic")},
		{"direct", unknown, "SWE", "", routed(tenant.ReasonMarket, "se")},
		{"unserved while unknown", unknown, "FIN", "", every},
		{"store unserved while unknown", unknown, "", "turku", every},
		{"store partly served while unknown", unknown, "", "border", every},
		{
			"group known to be empty", empty, "FIN", "",
			tenant.Route{Result: tenant.Unrouted, Reason: tenant.ReasonMarketNotServed},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := directory(t, tt.topo, se(), nordic()).Resolve("product", tt.market, tt.store)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Resolve(product, %q, %q) differs (-want +got):\n%s",
					tt.market, tt.store, diff)
			}
		})
	}
}

func TestNewDirectoryConflicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		tenants []tenant.Tenant
		topo    tenant.Topology
		want    []string
	}{
		{
			"same market in other case",
			[]tenant.Tenant{no(), {ID: "x", Markets: []string{"nor", "nor-b2b"}}},
			tenant.Topology{},
			[]string{
				"market nor is claimed by tenants no and x",
				"market nor-b2b is claimed by tenants no and x",
			},
		},
		{
			"market and group",
			[]tenant.Tenant{no(), nordic()},
			tenant.Topology{GroupMarkets: map[string][]string{"nordic": {"Nor"}}},
			[]string{"market Nor is claimed by tenants no and nordic"},
		},
		{
			"group in other case, members unknown",
			[]tenant.Tenant{nordic(), {ID: "x", Groups: []string{"NORDIC"}}},
			tenant.Topology{},
			[]string{"market group NORDIC is claimed by tenants nordic and x"},
		},
		{
			"same id",
			[]tenant.Tenant{no(), {ID: "no", Markets: []string{"DEN"}}},
			tenant.Topology{},
			[]string{"tenant no is listed twice"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tenant.NewDirectory(tt.tenants, tt.topo)
			if err == nil {
				t.Fatal("NewDirectory() = nil, want an error")
			}
			if want := strings.Join(tt.want, "\n"); err.Error() != want {
				t.Errorf("NewDirectory() = %q, want %q", err, want)
			}
		})
	}
}

func TestDirectoryLookups(t *testing.T) {
	t.Parallel()
	mixed := tenant.Tenant{
		ID: "mixed", Markets: []string{"NOR"}, Groups: []string{"nordic", "NORDIC", "far"},
		Resources: []string{"product", "product"},
	}
	topo := tenant.Topology{GroupMarkets: map[string][]string{"nordic": {"nor", "DEN", "den"}}}
	d := directory(t, topo, mixed, se())

	if diff := cmp.Diff([]string{"NOR", "DEN"}, d.Markets("mixed")); diff != "" {
		t.Errorf("Markets(mixed) differs (-want +got):\n%s", diff)
	}
	if got := d.Markets("nobody"); got != nil {
		t.Errorf("Markets(nobody) = %v, want none", got)
	}
	if diff := cmp.Diff([]string{"far"}, d.UnknownGroups()); diff != "" {
		t.Errorf("UnknownGroups() differs (-want +got):\n%s", diff)
	}
	var ids []tenant.ID
	for _, each := range d.Tenants() {
		ids = append(ids, each.ID)
	}
	if diff := cmp.Diff([]tenant.ID{"mixed", "se"}, ids); diff != "" {
		t.Errorf("Tenants() differs (-want +got):\n%s", diff)
	}
	if got, ok := d.Tenant("se"); !ok || got.ID != "se" {
		t.Errorf("Tenant(se) = %v, %v, want tenant se", got, ok)
	}
	if got, ok := d.Tenant("nobody"); ok {
		t.Errorf("Tenant(nobody) = %v, true, want false", got)
	}
	if !d.Exports("price") || d.Exports("inventory") {
		t.Errorf("Exports(price), Exports(inventory) = %v, %v, want true, false",
			d.Exports("price"), d.Exports("inventory"))
	}
}

func TestDirectoryIsNotChangedFromOutside(t *testing.T) {
	t.Parallel()
	tenants := []tenant.Tenant{no(), se()}
	stores := map[string][]string{"oslo": {"NOR"}}
	d, err := tenant.NewDirectory(tenants, tenant.Topology{StoreMarkets: stores})
	if err != nil {
		t.Fatalf("NewDirectory() = %v, want no error", err)
	}
	tenants[0].ID = "changed"
	stores["oslo"][0] = "SWE"
	d.Markets("no")[0] = "changed"
	d.Tenants()[0] = nil

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			want := routed(tenant.ReasonStore, "no")
			if diff := cmp.Diff(want, d.Resolve("product", "", "oslo")); diff != "" {
				t.Errorf("Resolve(product, , oslo) differs (-want +got):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

func TestWithGroups(t *testing.T) {
	t.Parallel()
	omnium := tenant.Topology{
		GroupMarkets: map[string][]string{"Nordic": {"FIN"}, "baltic": {"EST"}},
		StoreMarkets: map[string][]string{"oslo": {"NOR"}},
	}
	want := tenant.Topology{
		GroupMarkets: map[string][]string{"nordic": {"NOR"}, "baltic": {"EST"}},
		StoreMarkets: map[string][]string{"oslo": {"NOR"}},
	}
	got := omnium.WithGroups(map[string][]string{"nordic": {"NOR"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("WithGroups() differs (-want +got):\n%s", diff)
	}
}

func TestVATCodeUIDs(t *testing.T) {
	t.Parallel()
	p := tenant.Properties{
		"VatCodeUid.25": "high", "VatCodeUid.12.5": "low", "VatCodeUid.0": "", "DefaultVatCodeUid": "x",
	}
	want := map[string]string{"25": "high", "12.5": "low"}
	if diff := cmp.Diff(want, p.VATCodeUIDs()); diff != "" {
		t.Errorf("VATCodeUIDs() differs (-want +got):\n%s", diff)
	}
}
