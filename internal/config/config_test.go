package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/omniflow/omniflow/internal/config"
	"github.com/omniflow/omniflow/internal/tenant"
)

// base is the smallest valid file, one section per line.
var base = []string{
	`redis: { url: "embedded://" }`,
	`webhook: { bearer: [webhook-token] }`,
	`omnium: { baseUrl: "https://omnium.test", clientId: client, clientSecret: client-secret }`,
	`catchup: { enabled: false }`,
	`connector: { accessToken: flow-token, implementations: [IProductExporter], properties: {` +
		` DefaultTenantUid: no, MainPricesListUid: main, DefaultVatCodeUid: vat, OrganizationUid: org } }`,
	`markets: [{ market: NOR }]`,
}

// document is base with the sections of tail in the place of its own; tail begins at line 10.
func document(tail string) []byte {
	lines := slices.DeleteFunc(slices.Clone(base), func(section string) bool {
		key, _, _ := strings.Cut(section, ":")
		return strings.HasPrefix(tail, key+":") || strings.Contains(tail, "\n"+key+":")
	})
	for len(lines) < 9 {
		lines = append(lines, "")
	}
	return []byte(strings.Join(append(lines, tail), "\n"))
}

// environment answers for the names of the example and nothing else.
func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"OMNIFLOW_ADMIN_TOKEN":  "env-admin-token-0001",
		"OMNIFLOW_VIEWER_TOKEN": "env-viewer-token-001",
		"OMNIUM_WEBHOOK_TOKEN":  "env-webhook-token",
		"OMNIUM_CLIENT_ID":      "env-client",
		"OMNIUM_CLIENT_SECRET":  `env: "secret" # }`,
		"FLOW_ACCESS_TOKEN":     "env-flow-token",
		"FLOW_ACCESS_TOKEN_SE":  "env-flow-token-se",
		"NUMBER":                "42",
		"EMPTY":                 "",
		"LEAK":                  "leak ed",
	}[name]
	return value, ok
}

func parse(t *testing.T, tail string) *config.Config {
	t.Helper()
	c, err := config.Parse("omniflow.yaml", document(tail), environment)
	if err != nil {
		t.Fatalf("Parse() = %v, want no error", err)
	}
	return c
}

// problems renders problems one per line for comparison.
func problems(list []config.Problem) []string {
	var lines []string
	for _, p := range list {
		lines = append(lines, p.String())
	}
	return lines
}

type refusal struct {
	name, tail string
	want       []string
}

// testRefusals checks that each tail is refused with exactly the problems it names.
func testRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("omniflow.yaml", document(tt.tail), environment)
			refused, ok := errors.AsType[*config.Error](err)
			if !ok {
				t.Fatalf("Parse() = %v, want a *config.Error", err)
			}
			if diff := cmp.Diff(tt.want, problems(refused.Problems)); diff != "" {
				t.Errorf("Parse() problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

// beside adds the defaults of the properties that are not given.
func beside(given tenant.Properties) tenant.Properties {
	all := tenant.Properties{
		"UseMarketGroupFlowTenants": "false", "OmniumIsMasterForStock": "true", "StockFigure": "physical",
		"UseCostPriceListInInventoryExport": "false", "StorePriceListsInFlow": "false",
		"PriceSource": "auto", "StoreOpeningHours": "all", "SyncCategoriesToFlow": "false",
		"CurrencyPurchasePrice": "true", "ExportDeliveryAsPo": "false",
		"CancelledPurchaseOrderStatuses": "OrderCanceled, Deleted", "PurchaseOrderReservations": "true",
	}
	maps.Copy(all, given)
	return all
}

func TestExample(t *testing.T) {
	t.Parallel()
	c, err := config.Load(filepath.Join("testdata", "example.yaml"), environment)
	if err != nil {
		t.Fatalf("Load(example) = %v, want no error", err)
	}
	resources := []string{
		"product", "price", "inventory", "customer", "purchase_order", "delivery", "supplier", "store",
	}
	norway := tenant.Tenant{
		ID: "fjell_no", Markets: []string{"NOR"}, AccessToken: "env-flow-token",
		Resources: resources, Implementations: []string{
			"IProductExporter", "IInventoryExporter", "IStoreExporter", "IPrivateCustomerExporter",
			"IBusinessCustomerExporter", "IPurchaseOrderSynchronousExporter", "IDeliveryExporter",
			"FlowPriceScheduledTask", "FlowCostPriceScheduledTask", "FlowInventoryScheduledTask",
		},
		Properties: beside(tenant.Properties{
			"DefaultTenantUid": "fjell_no", "MainPricesListUid": "main",
			"DefaultVatCodeUid": "vat25", "OrganizationUid": "fjell_sport",
			"PurchaseNumberSeriesUid": "po_series", "VoucherNumberSeriesUid": "voucher_series",
		}),
	}
	sweden := norway
	sweden.ID, sweden.Markets, sweden.AccessToken = "fjell_se", []string{"SWE"}, "env-flow-token-se"
	sweden.Properties = beside(tenant.Properties{
		"DefaultTenantUid": "fjell_se", "MainPricesListUid": "main_se",
		"DefaultVatCodeUid": "vat25se", "OrganizationUid": "fjell_sport",
		"PurchaseNumberSeriesUid": "po_series", "VoucherNumberSeriesUid": "voucher_series",
	})
	if diff := cmp.Diff([]tenant.Tenant{norway, sweden}, c.Tenants); diff != "" {
		t.Errorf("Load(example).Tenants differs (-want +got):\n%s", diff)
	}
	wantTokens := []config.AdminToken{
		{Name: "ops", Role: config.RoleOperator, Token: "env-admin-token-0001"},
		{Name: "wallboard", Role: config.RoleViewer, Token: "env-viewer-token-001"},
	}
	if diff := cmp.Diff(wantTokens, c.Server.AdminTokens); diff != "" {
		t.Errorf("Load(example).Server.AdminTokens differs (-want +got):\n%s", diff)
	}
	if got, want := c.Omnium.ClientSecret.Reveal(), `env: "secret" # }`; got != want {
		t.Errorf("Load(example).Omnium.ClientSecret = %q, want %q", got, want)
	}
}

// TestDefaults compares a file with the required keys alone with the example, which shows the
// default of every other key.
func TestDefaults(t *testing.T) {
	t.Parallel()
	example, err := config.Load(filepath.Join("testdata", "example.yaml"), environment)
	if err != nil {
		t.Fatalf("Load(example) = %v, want no error", err)
	}
	if want := filepath.Join("testdata", "example.yaml"); example.File != want {
		t.Errorf("Load(example).File = %q, want %q", example.File, want)
	}
	example.File = ""
	example.Server.AdminTokens = nil
	example.Omnium.BaseURL = "https://omnium.test"
	example.Omnium.ClientID, example.Omnium.ClientSecret = "client", "client-secret"
	example.Connector.Implementations = []string{"IProductExporter"}
	example.Webhook.Bearer = []tenant.Secret{"webhook-token"}
	got := parse(t, "catchup:\nredis: { url: redis://127.0.0.1 }")
	ignore := cmp.Options{
		cmpopts.IgnoreUnexported(config.Config{}),
		cmpopts.IgnoreFields(config.Config{}, "Tenants", "Warnings"),
		cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(example, got, ignore); diff != "" {
		t.Errorf("defaults differ from the example (-example +default):\n%s", diff)
	}
}

// TestCommentedKeys accepts every key that the example only names in a comment.
func TestCommentedKeys(t *testing.T) {
	t.Parallel()
	c := parse(t, `
webhook:
  basic: [{ username: omnium, password: "p:w" }]
  headers: [{ name: X-Api-Key, value: "with space" }]
flow:
  routes: { price.batch: "POST /tenants/{tenantUid}/pricelists/{pricelistUid}/prices/batch" }
connector:
  accessToken: t
  implementations: [IProductExporter]
  properties:
    DefaultTenantUid: no
    MainPricesListUid: main
    DefaultVatCodeUid: vat
    OrganizationUid: org
    StorePriceListsInFlow: "False"
    UseCostPriceListInInventoryExport: FALSE
    FlowWebWarehouse: web
    FlowStockMasterStores: a, b
    StockFigure: available
    ExportDeliveryAsPo: "True"
    PurchaseOrderReservations: "FALSE"
    SyncCategoriesToFlow: false
    ProductGroupRootId: ""
    DefaultProductGroupUid: other
    NonPurchasableAssortmentCodes: X,Y
    CancelledPurchaseOrderStatuses: Deleted
    VatCodeUid.25: high
    VatCodeUid.012.50: low
    CurrencyPurchasePrice: "False"
marketGroups:
  - group: nordic
    markets: [NOR]
    properties: { StockFigure: physical }
tracing: { otlpEndpoint: "${EMPTY}" }
`)
	want := beside(tenant.Properties{
		"DefaultTenantUid": "no", "MainPricesListUid": "main", "DefaultVatCodeUid": "vat",
		"OrganizationUid": "org", "StorePriceListsInFlow": "false",
		"UseCostPriceListInInventoryExport": "false", "FlowWebWarehouse": "web",
		"FlowStockMasterStores": "a, b", "StockFigure": "physical", "ExportDeliveryAsPo": "true", "PurchaseOrderReservations": "false",
		"SyncCategoriesToFlow": "false", "ProductGroupRootId": "", "DefaultProductGroupUid": "other",
		"NonPurchasableAssortmentCodes": "X,Y", "CancelledPurchaseOrderStatuses": "Deleted",
		"VatCodeUid.25": "high", "VatCodeUid.12.5": "low", "CurrencyPurchasePrice": "false",
	})
	if diff := cmp.Diff(want, c.Tenants[0].Properties); diff != "" {
		t.Errorf("Properties differ (-want +got):\n%s", diff)
	}
	if len(c.Webhook.Bearer)+len(c.Webhook.Basic)+len(c.Webhook.Headers) != 2 {
		t.Errorf("Webhook = %v, want one user and one header", c.Webhook)
	}
}

func TestEmptyFile(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		"f.yaml:1: connector.accessToken: required here, or for every market or market group",
		"f.yaml:1: connector.properties.DefaultTenantUid: required here, or for every market or market group",
		"f.yaml:1: connector.properties.DefaultVatCodeUid: required here, or for every market or market group",
		"f.yaml:1: connector.properties.MainPricesListUid: required here, or for every market or market group",
		"f.yaml:1: connector.properties.OrganizationUid: required here, or for every market or market group",
		"f.yaml:1: markets: at least one market or market group is required",
		"f.yaml:1: omnium.baseUrl: required",
		"f.yaml:1: omnium.clientId: required",
		"f.yaml:1: omnium.clientSecret: required",
		"f.yaml:1: redis.url: required",
		"f.yaml:1: webhook: needs at least one credential under bearer, basic or headers, " +
			"or allowAnonymous: true",
	}, "\n")
	for _, raw := range []string{"", "# nothing\n", "---\n", "null"} {
		_, err := config.Parse("f.yaml", []byte(raw), environment)
		if err == nil {
			t.Errorf("Parse(%q) = nil, want an error", raw)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("Parse(%q) differs (-want +got):\n%s", raw, diff)
		}
	}
}

func TestLoadMissingFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), environment)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load(none.yaml) = %v, want fs.ErrNotExist", err)
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	c := parse(t, "flow:\n  routes:\n    brand.lst: GET /brands")
	tests := map[string]string{
		"flow.routes.brand.lst": "12: flow.routes.brand.lst: unknown route",
		"flow.burst":            "10: flow.burst: unknown route",
		"nowhere":               "1: nowhere: unknown route",
	}
	for path, want := range tests {
		if got := c.At(path, "unknown route").String(); got != want {
			t.Errorf("At(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := parse(t, `catchup:
webhook: { allowAnonymous: true }
omnium: { baseUrl: "http://o.test", clientId: c, clientSecret: s, maxConcurrent: 21 }
marketGroups:
  - { group: nordic, markets: [NOR, DEN] }
connector:
  accessToken: t
  properties: { DefaultTenantUid: a, MainPricesListUid: b, DefaultVatCodeUid: c, OrganizationUid: d }
`)
	want := []string{
		"11: webhook.allowAnonymous: anyone who reaches the service can post events",
		"12: omnium: the budget of one API user is 20 requests at once and 100 per second",
		"14: marketGroups[0].markets[1]: not listed under markets, so no tenant serves this market",
		"15: connector.implementations: no implementation is configured: " +
			"every event is acknowledged and ignored",
	}
	if diff := cmp.Diff(want, problems(c.Warnings)); diff != "" {
		t.Errorf("Warnings differ (-want +got):\n%s", diff)
	}
	purchases := `connector: { accessToken: t, implementations: [%s], properties: { DefaultTenantUid: a,
  MainPricesListUid: b, DefaultVatCodeUid: c, OrganizationUid: d, PurchaseNumberSeriesUid: e } }`
	for implementations, want := range map[string][]string{
		"IDeliveryExporter": {"10: connector.implementations: IDeliveryExporter does nothing without " +
			"IPurchaseOrderSynchronousExporter: deliveries are exported with purchase orders"},
		"IDeliveryExporter, IPurchaseOrderSynchronousExporter": nil,
	} {
		got := problems(parse(t, fmt.Sprintf(purchases, implementations)).Warnings)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Warnings with %s (-want +got):\n%s", implementations, diff)
		}
	}
	if got := parse(t, "log:").Warnings; len(got) > 0 {
		t.Errorf("Warnings of the smallest file = %v, want none", got)
	}
}
