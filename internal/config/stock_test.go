package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/tenant"
)

// TestStockMasters keeps OmniumIsMasterForStock per market, the one property that may differ within a
// tenant.
func TestStockMasters(t *testing.T) {
	t.Parallel()
	const head = `connector:
  accessToken: token
  implementations: [IInventoryExporter]
  properties:
    DefaultTenantUid: no
    MainPricesListUid: m
    DefaultVatCodeUid: v
    OrganizationUid: o`
	tests := map[string]struct {
		tail string
		want tenant.StockMasters
		asks map[[2]string]bool // market, group
	}{
		"all agree": {`
markets: [{ market: NOR }, { market: SWE }]
`, tenant.StockMasters{}, map[[2]string]bool{{"NOR", ""}: true, {"swe", "nordic"}: true}},
		"none": {`
markets: [{ market: NOR, properties: { OmniumIsMasterForStock: "false" } }]
`, tenant.StockMasters{}, map[[2]string]bool{{"NOR", ""}: false}},
		"one market": {
			`
markets:
  - market: NOR
  - { market: SWE, properties: { OmniumIsMasterForStock: FALSE } }
`,
			tenant.StockMasters{Markets: map[string]bool{"nor": true, "swe": false}, Groups: map[string]bool{}},
			map[[2]string]bool{{"nor", ""}: true, {"SWE", ""}: false},
		},
		"a group whose members are in Omnium": {
			`
    UseMarketGroupFlowTenants: "true"
marketGroups:
  - { group: nordic, properties: { OmniumIsMasterForStock: "false" } }
markets:
  - { market: NOR, properties: { DefaultTenantUid: no, OmniumIsMasterForStock: "true" } }
`,
			tenant.StockMasters{Markets: map[string]bool{"nor": true}, Groups: map[string]bool{"nordic": false}},
			map[[2]string]bool{{"NOR", "Nordic"}: true, {"SWE", "NORDIC"}: false},
		},
	}
	for name, test := range tests {
		c := parse(t, head+test.tail)
		if len(c.Tenants) != 1 {
			t.Fatalf("%s: %d tenants, want 1", name, len(c.Tenants))
		}
		if diff := cmp.Diff(test.want, c.Tenants[0].StockMasters); diff != "" {
			t.Errorf("%s: StockMasters (-want +got):\n%s", name, diff)
		}
		for ask, want := range test.asks {
			if got := c.Tenants[0].OmniumIsStockMaster(ask[0], ask[1]); got != want {
				t.Errorf("%s: OmniumIsStockMaster(%v) = %v, want %v", name, ask, got, want)
			}
		}
	}
}

// TestDescribeStockMasters shows who is the master where the markets of a tenant differ.
func TestDescribeStockMasters(t *testing.T) {
	t.Parallel()
	c := parse(t, `markets:
  - market: NOR
  - { market: SWE, properties: { OmniumIsMasterForStock: "false" } }
`)
	var b strings.Builder
	if err := c.Describe(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"OmniumIsMasterForStock of nor true", "OmniumIsMasterForStock of swe false"} {
		if got := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(got, line) {
			t.Errorf("Describe() lacks %q:\n%s", line, b.String())
		}
	}
}

func TestWebWarehouseProperty(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{"": true, "web": true, "oslo/web": true, "a/b/c": false, "ø": false, "/web": false} {
		_, err := config.Parse("omniflow.yaml", document(`connector: { accessToken: t, implementations: [IInventoryExporter], properties: { DefaultTenantUid: no, `+
			`MainPricesListUid: m, DefaultVatCodeUid: v, OrganizationUid: o, FlowWebWarehouse: "`+value+`" } }
markets: [{ market: NOR }]
`), environment)
		if (err == nil) != good {
			t.Errorf("FlowWebWarehouse %q: %v", value, err)
		}
	}
}
