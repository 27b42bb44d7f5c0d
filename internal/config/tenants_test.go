package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/omniflow/omniflow/internal/tenant"
)

// outline is what a test about resolution compares of a tenant.
type outline struct {
	ID              tenant.ID
	Markets, Groups []string
	Token, List     string
}

func outlines(tenants []tenant.Tenant) []outline {
	var list []outline
	for _, t := range tenants {
		list = append(list, outline{
			t.ID, t.Markets, t.Groups, t.AccessToken.Reveal(), t.Properties["MainPricesListUid"],
		})
	}
	return list
}

// byGroup is a connector in the market-group mode; what follows it begins at line 18.
const byGroup = `connector:
  accessToken: global
  implementations: [IProductExporter]
  properties:
    UseMarketGroupFlowTenants: TRUE
    MainPricesListUid: main
    DefaultVatCodeUid: vat
    OrganizationUid: org
`

const own = "{ DefaultTenantUid: own }"

func TestTenants(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, tail string
		want       []outline
		groups     map[string][]string
	}{
		{
			"markets that share a tenant, in file order", `
markets:
  - { market: SWE, properties: { DefaultTenantUid: se, MainPricesListUid: se } }
  - { market: NOR }
  - { market: FIN, properties: { DefaultTenantUid: se, MainPricesListUid: se } }
  - { market: NOR-B2B }
`,
			[]outline{
				{"se", []string{"SWE", "FIN"}, nil, "flow-token", "se"},
				{"no", []string{"NOR", "NOR-B2B"}, nil, "flow-token", "main"},
			},
			nil,
		},
		{
			"look-up order market, group, global", `
markets:
  - { market: NOR }
  - { market: SWE, accessToken: own, properties: { DefaultTenantUid: se } }
  - { market: DEN, properties: { DefaultTenantUid: dk, MainPricesListUid: own } }
marketGroups:
  - group: east
    markets: [swe, DEN]
    accessToken: east
    properties: { MainPricesListUid: east }
`,
			[]outline{
				{"no", []string{"NOR"}, nil, "flow-token", "main"},
				{"se", []string{"SWE"}, nil, "own", "east"},
				{"dk", []string{"DEN"}, nil, "east", "own"},
			},
			map[string][]string{"east": {"swe", "DEN"}},
		},
		{
			"stock master may differ per market", `
markets:
  - { market: NOR }
  - { market: SWE, properties: { OmniumIsMasterForStock: "false" } }
`,
			[]outline{{"no", []string{"NOR", "SWE"}, nil, "flow-token", "main"}},
			nil,
		},
		{
			"groups, one with its members in the file", byGroup + `
marketGroups:
  - { group: nordic, properties: { DefaultTenantUid: nordic } }
  - { group: baltic, markets: [EST, LAT], accessToken: b, properties: { DefaultTenantUid: baltic } }
markets:
`,
			[]outline{
				{"nordic", nil, []string{"nordic"}, "global", "main"},
				{"baltic", []string{"EST", "LAT"}, []string{"baltic"}, "b", "main"},
			},
			map[string][]string{"baltic": {"EST", "LAT"}},
		},
		{
			"two groups share a tenant", byGroup + `
marketGroups:
  - { group: a, markets: [A], properties: { DefaultTenantUid: x } }
  - { group: b, properties: { DefaultTenantUid: x } }
markets: []
`,
			[]outline{{"x", []string{"A"}, []string{"a", "b"}, "global", "main"}},
			map[string][]string{"a": {"A"}},
		},
		{
			"a member's own entry", byGroup + `
markets:
  - { market: nor, properties: { MainPricesListUid: own } }
marketGroups:
  - { group: a, markets: [NOR], properties: { DefaultTenantUid: x } }
`,
			[]outline{{"x", []string{"NOR"}, []string{"a"}, "global", "own"}},
			map[string][]string{"a": {"NOR"}},
		},
		{
			"a market outside every group takes the global tenant", `
connector:
  accessToken: global
  implementations: [IProductExporter]
  properties: { UseMarketGroupFlowTenants: "true", DefaultTenantUid: rest, MainPricesListUid: main, DefaultVatCodeUid: v, OrganizationUid: o }
markets: [{ market: DEN }]
marketGroups:
  - { group: a, markets: [NOR], properties: { DefaultTenantUid: x } }
`,
			[]outline{
				{"rest", []string{"DEN"}, nil, "global", "main"},
				{"x", []string{"NOR"}, []string{"a"}, "global", "main"},
			},
			map[string][]string{"a": {"NOR"}},
		},
		{
			"a market with its own tenant beside a group of unknown members", byGroup + `
markets: [{ market: DEN, properties: ` + own + ` }]
marketGroups: [{ group: a, properties: { DefaultTenantUid: x } }]
`,
			[]outline{
				{"own", []string{"DEN"}, nil, "global", "main"},
				{"x", nil, []string{"a"}, "global", "main"},
			},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, tt.tail)
			if diff := cmp.Diff(tt.want, outlines(c.Tenants)); diff != "" {
				t.Errorf("Tenants differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(len(tt.groups), len(c.GroupMarkets)); diff != "" {
				t.Errorf("GroupMarkets = %v, want %v", c.GroupMarkets, tt.groups)
			}
			for group, want := range tt.groups {
				if diff := cmp.Diff(want, c.GroupMarkets[group]); diff != "" {
					t.Errorf("GroupMarkets[%s] differs (-want +got):\n%s", group, diff)
				}
			}
			topo := tenant.Topology{}.WithGroups(c.GroupMarkets)
			if _, err := tenant.NewDirectory(c.Tenants, topo); err != nil {
				t.Errorf("NewDirectory(Tenants) = %v, want no error", err)
			}
		})
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"IProductExporter":                                           {"product"},
		"FlowPriceScheduledTask":                                     {"price"},
		"FlowCostPriceScheduledTask, IProductExporter":               {"product", "price"},
		"IInventoryExporter":                                         {"inventory"},
		"FlowInventoryScheduledTask":                                 {"inventory"},
		"IStoreExporter":                                             {"store"},
		"IPrivateCustomerExporter":                                   {"customer"},
		"IBusinessCustomerExporter":                                  {"customer"},
		"IPurchaseOrderSynchronousExporter":                          {"purchase_order", "supplier"},
		"IDeliveryExporter":                                          {"delivery"},
		"FlowPriceScheduledTask, IProductExporter, IProductExporter": {"product", "price"},
	}
	for names, want := range tests {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			c := parse(t, `connector: { accessToken: t, implementations: [`+names+`], properties: {
  DefaultTenantUid: a, MainPricesListUid: b, DefaultVatCodeUid: c, OrganizationUid: d,
  PurchaseNumberSeriesUid: e } }`)
			if diff := cmp.Diff(want, c.Tenants[0].Resources); diff != "" {
				t.Errorf("Resources of %s differ (-want +got):\n%s", names, diff)
			}
		})
	}
}

func TestConnectorRefusals(t *testing.T) {
	t.Parallel()
	const head = "connector:\n  accessToken: t\n"
	const props = "  properties:\n    DefaultTenantUid: a\n    MainPricesListUid: b\n" +
		"    DefaultVatCodeUid: c\n    OrganizationUid: d\n"
	testRefusals(t, []refusal{
		{
			"implementations",
			head + props + "  implementations:\n    - IProductExport\n    - FlowSoaScheduledTask\n    - Other\n" +
				"    - [a]\n  name: \"\"",
			[]string{
				"18: connector.implementations[0]: unknown implementation \"IProductExport\" " +
					"(did you mean IProductExporter?)",
				"19: connector.implementations[1]: FlowSoaScheduledTask is out of scope: " +
					"SOA amounts are not exported",
				"20: connector.implementations[2]: unknown implementation \"Other\"",
				"21: connector.implementations[3]: must be a single value, not a list",
				"22: connector.name: required",
			},
		},
		{
			"properties",
			head + props + `    MainPriceListUid: x
    defaultVatCodeUid: x
    VatCodeUid.high: x
    VatCodeUid: x
    VatCodeUid.25: x
    VatCodeUid.25.0: x
    SyncCategoriesToFlow: "yes"
    StockFigure: all
    FlowWebWarehouse: [x]
  implementations: [IProductExporter]
markets:
  - { market: NOR, properties: { DefaultTenantUid: "fjell no", OrganizationUid: " ", UseMarketGroupFlowTenants: "true" } }
`,
			[]string{
				"17: connector.properties.MainPriceListUid: " +
					"unknown property (did you mean MainPricesListUid?)",
				"18: connector.properties.defaultVatCodeUid: " +
					"unknown property (did you mean DefaultVatCodeUid?)",
				"19: connector.properties.VatCodeUid.high: " +
					"the rate must be a decimal number, as in VatCodeUid.25 or VatCodeUid.12.5",
				"20: connector.properties.VatCodeUid: " +
					"the rate must be a decimal number, as in VatCodeUid.25 or VatCodeUid.12.5",
				"22: connector.properties.VatCodeUid.25.0: " +
					"names the same rate as connector.properties.VatCodeUid.25 (line 21)",
				`23: connector.properties.SyncCategoriesToFlow: must be "true" or "false"`,
				`24: connector.properties.StockFigure: must be "physical" or "available"`,
				"25: connector.properties.FlowWebWarehouse: must be a single value, not a list",
				"28: markets[0].properties.DefaultTenantUid: " +
					"must be a tenant uid: letters, digits, _ and - only, at least one",
				"28: markets[0].properties.OrganizationUid: must not be empty",
				"28: markets[0].properties.UseMarketGroupFlowTenants: " +
					"is a global property: give it under connector.properties",
			},
		},
		{
			"required for all markets", "connector:\n  implementations: [IPurchaseOrderSynchronousExporter]",
			[]string{
				"10: connector.accessToken: required here, or for every market or market group",
				"10: connector.properties.DefaultTenantUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.DefaultVatCodeUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.MainPricesListUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.OrganizationUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.PurchaseNumberSeriesUid: " +
					"required here, or for every market or market group",
			},
		},
		{
			"required for one market",
			"connector:\n  implementations: [IProductExporter]\n  properties: { DefaultTenantUid: a }\nmarkets:\n" +
				"  - market: NOR\n    accessToken: t\n" +
				"    properties: { MainPricesListUid: a, DefaultVatCodeUid: b, OrganizationUid: c }\n" +
				"  - market: SWE\n    properties: { DefaultTenantUid: se, MainPricesListUid: a }",
			[]string{
				"17: markets[1].accessToken: " +
					"required here, for its market group, or as connector.accessToken",
				"18: markets[1].properties.DefaultVatCodeUid: " +
					"required here, for its market group, or as connector.properties.DefaultVatCodeUid",
				"18: markets[1].properties.OrganizationUid: " +
					"required here, for its market group, or as connector.properties.OrganizationUid",
			},
		},
		{
			"access tokens", "connector:\n  accessToken: \"\"\nmarkets: [{ market: A, accessToken: \"a b\" }]",
			[]string{
				"10: connector.properties.DefaultTenantUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.DefaultVatCodeUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.MainPricesListUid: " +
					"required here, or for every market or market group",
				"10: connector.properties.OrganizationUid: " +
					"required here, or for every market or market group",
				"11: connector.accessToken: " +
					"must be visible ASCII characters without white space, at least one",
				"12: markets[0].accessToken: " +
					"must be visible ASCII characters without white space, at least one",
			},
		},
	})
}

func TestMarketRefusals(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{"no market", "markets: []", []string{
			"10: markets: at least one market or market group is required",
		}},
		{"no market in the market mode", "markets: []\nmarketGroups: [{ group: a }]", []string{
			`10: markets: at least one market is required unless UseMarketGroupFlowTenants is "true"`,
		}},
		{
			"listed twice",
			"markets:\n  - market: NOR\n  - market: \" nor\"\nmarketGroups:\n  - group: a\n    markets: [NOR, nor]\n" +
				"  - { group: A }\n  - { group: b, markets: [Nor] }\n  - { group: \" \" }",
			[]string{
				"12: markets[1].market: market nor is already listed in markets[0].market (line 11)",
				"15: marketGroups[0].markets[1]: " +
					"market nor is already listed in marketGroups[0].markets (line 15)",
				"16: marketGroups[1].group: " +
					"market group A is already listed in marketGroups[0].group (line 14)",
				"17: marketGroups[2].markets[0]: " +
					"market Nor is already listed in marketGroups[0].markets (line 15)",
				"18: marketGroups[3].group: required",
			},
		},
		{"group without members in the market mode", "marketGroups:\n  - { group: a, accessToken: t }", []string{
			"11: marketGroups[0]: must list its markets: " +
				"without UseMarketGroupFlowTenants a group only lends its settings to them",
		}},
		{"group with no members", "marketGroups:\n  - group: a\n    markets: []", []string{
			"12: marketGroups[0].markets: names no market; " +
				"leave it out to read the members from Omnium",
		}},
		{
			"markets of one tenant disagree", `
markets:
  - market: NOR
  - market: SWE
    accessToken: other
    properties:
      MainPricesListUid: se
      VatCodeUid.25: high
  - market: DEN
    properties: { DefaultTenantUid: dk, OrganizationUid: dk, ProductGroupRootId: x }
  - market: DEN-B2B
    properties: { DefaultTenantUid: dk, CurrencyPurchasePrice: "false" }
`,
			[]string{
				"14: markets[1].accessToken: differs from connector.accessToken (line 5), " +
					"but markets[0] and markets[1] belong to one tenant: its markets must agree",
				"16: markets[1].properties.MainPricesListUid: " +
					"differs from connector.properties.MainPricesListUid (line 5), " +
					"but markets[0] and markets[1] belong to one tenant: its markets must agree",
				"17: markets[1].properties.VatCodeUid.25: differs from markets[0] (line 12), " +
					"but markets[0] and markets[1] belong to one tenant: its markets must agree",
				"19: markets[2].properties.OrganizationUid: " +
					"differs from connector.properties.OrganizationUid (line 5), " +
					"but markets[2] and markets[3] belong to one tenant: its markets must agree",
				"19: markets[2].properties.ProductGroupRootId: differs from markets[3] (line 20), " +
					"but markets[2] and markets[3] belong to one tenant: its markets must agree",
				"21: markets[3].properties.CurrencyPurchasePrice: differs from markets[2] (line 18), " +
					"but markets[2] and markets[3] belong to one tenant: its markets must agree",
			},
		},
	})
}

func TestMarketGroupRefusals(t *testing.T) {
	t.Parallel()
	testRefusals(t, []refusal{
		{
			"two tenants claim a market", byGroup + `markets:
  - market: nor
    properties: ` + own + `
marketGroups:
  - group: a
    markets: [NOR, SWE]
    properties:
      DefaultTenantUid: x
`,
			[]string{
				"20: markets[0].properties.DefaultTenantUid: is not the tenant of the market's group " +
					"(marketGroups[0].properties.DefaultTenantUid, line 25): " +
					"two tenants would claim the market",
			},
		},
		{
			"the tenant of a market depends on members that only Omnium knows", byGroup + `markets:
  - market: NOR
marketGroups:
  - { group: a, properties: { DefaultTenantUid: x } }
`,
			[]string{
				"19: markets[0].market: is in no market group of the file, and there are groups " +
					"without markets: list it in its group or give it a DefaultTenantUid",
			},
		},
		{
			"members of one group disagree", byGroup + `markets:
  - { market: SWE, properties: { MainPricesListUid: se } }
marketGroups:
  - { group: a, markets: [NOR, SWE], properties: { DefaultTenantUid: x } }
`,
			[]string{
				"19: markets[0].properties.MainPricesListUid: " +
					"differs from connector.properties.MainPricesListUid (line 15), " +
					"but markets[0] and marketGroups[0] belong to one tenant: its markets must agree",
			},
		},
		{
			"groups of one tenant disagree, one has no tenant", byGroup + `marketGroups:
  - { group: a, properties: { DefaultTenantUid: x, MainPricesListUid: a } }
  - { group: b, properties: { DefaultTenantUid: x, MainPricesListUid: b } }
  - { group: c }
markets: []
`,
			[]string{
				"20: marketGroups[1].properties.MainPricesListUid: " +
					"differs from marketGroups[0].properties.MainPricesListUid (line 19), " +
					"but marketGroups[0] and marketGroups[1] belong to one tenant: its markets must agree",
				"21: marketGroups[2].properties.DefaultTenantUid: " +
					"required here, for its market group, or as connector.properties.DefaultTenantUid",
			},
		},
	})
	warned := parse(t, byGroup+"    DefaultTenantUid: x")
	want := []string{
		"14: connector.properties.UseMarketGroupFlowTenants: no market group is configured",
	}
	if diff := cmp.Diff(want, problems(warned.Warnings)); diff != "" {
		t.Errorf("Warnings differ (-want +got):\n%s", diff)
	}
}

// TestCategoriesAreExportedByProperty checks that the switch holds per tenant.
func TestCategoriesAreExportedByProperty(t *testing.T) {
	t.Parallel()
	c := parse(t, `connector:
  accessToken: t
  implementations: [IProductExporter]
  properties: { DefaultTenantUid: a, MainPricesListUid: b, DefaultVatCodeUid: c, OrganizationUid: d, ProductGroupRootId: r }
markets:
  - market: NOR
  - market: SWE
    properties: { DefaultTenantUid: se, SyncCategoriesToFlow: "True" }
`)
	want := map[string]string{"a": "product", "se": "product category"}
	for _, tenant := range c.Tenants {
		if got := strings.Join(tenant.Resources, " "); got != want[string(tenant.ID)] {
			t.Errorf("Resources of %s = %q, want %q", tenant.ID, got, want[string(tenant.ID)])
		}
	}
}
