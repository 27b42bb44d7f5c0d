package config_test

import "testing"

func TestPriceRefusals(t *testing.T) {
	t.Parallel()
	const head = "connector:\n  accessToken: t\n  properties:\n    DefaultTenantUid: a\n    MainPricesListUid: b\n" +
		"    DefaultVatCodeUid: c\n    OrganizationUid: d\n"
	testRefusals(t, []refusal{
		{
			"price source", head + "    PriceSource: products",
			[]string{`17: connector.properties.PriceSource: must be "product", "separate" or "auto"`},
		},
		{
			"cost prices without products", head + "  implementations: [FlowPriceScheduledTask, FlowCostPriceScheduledTask]",
			[]string{"17: connector.implementations: FlowCostPriceScheduledTask needs IProductExporter: " +
				"a cost reaches Flow as a field of its product"},
		},
	})
}

func TestPriceProperties(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"product", "separate", "auto"} {
		c := parse(t, `connector: { accessToken: t, implementations: [FlowPriceScheduledTask], properties: {
  DefaultTenantUid: a, MainPricesListUid: b, DefaultVatCodeUid: c, OrganizationUid: d,
  PriceSource: `+source+`, StorePriceListsInFlow: "true" } }`)
		if got := c.Tenants[0]; got.Properties["PriceSource"] != source || !got.Runs("FlowPriceScheduledTask") {
			t.Errorf("tenant = %+v, want prices from %s", got, source)
		}
	}
}
