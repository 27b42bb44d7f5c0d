package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	c := parse(t, byGroup+`server: { adminTokens: [{ name: ops, role: operator, token: hunter2-hunter2-x }] }
redis: { url: "rediss://u:hunter2@a" }
webhook: { basic: [{ username: u, password: hunter2 }], headers: [{ name: X-Key, value: hunter2 }] }
omnium: { baseUrl: "https://o.test", clientId: client, clientSecret: hunter2 }
flow: { routes: { b.x: PUT /b, a.x: GET /a } }
markets: [{ market: DEN, accessToken: hunter2, properties: `+own+` }]
marketGroups:
  - { group: far, accessToken: hunter2-far, properties: { DefaultTenantUid: far } }
  - { group: near, markets: [NOR, SWE], accessToken: hunter2-far, properties: { DefaultTenantUid: far } }
`)
	var b strings.Builder
	if err := c.Describe(&b); err != nil {
		t.Fatalf("Describe() = %v, want no error", err)
	}
	got := b.String()
	if strings.Contains(got, "hunter2") {
		t.Errorf("Describe() shows a credential:\n%s", got)
	}
	tenants, settings, _ := strings.Cut(got, "\nsettings\n")
	want := `tenant own
  markets                            DEN
  resources                          product
  access token                       [redacted]
  CancelledPurchaseOrderStatuses     OrderCanceled, Deleted
  CurrencyPurchasePrice              true
  DefaultTenantUid                   own
  DefaultVatCodeUid                  vat
  ExportDeliveryAsPo                 false
  MainPricesListUid                  main
  OmniumIsMasterForStock             true
  OrganizationUid                    org
  PriceSource                        auto
  PurchaseOrderReservations          true
  StockFigure                        physical
  StoreOpeningHours                  all
  StorePriceListsInFlow              false
  SyncCategoriesToFlow               false
  UseCostPriceListInInventoryExport  false
  UseMarketGroupFlowTenants          true

tenant far
  markets                            NOR, SWE
  market group far                   members are read from Omnium
  market group near                  NOR, SWE
  resources                          product
  access token                       [redacted]
  CancelledPurchaseOrderStatuses     OrderCanceled, Deleted
  CurrencyPurchasePrice              true
  DefaultTenantUid                   far
  DefaultVatCodeUid                  vat
  ExportDeliveryAsPo                 false
  MainPricesListUid                  main
  OmniumIsMasterForStock             true
  OrganizationUid                    org
  PriceSource                        auto
  PurchaseOrderReservations          true
  StockFigure                        physical
  StoreOpeningHours                  all
  StorePriceListsInFlow              false
  SyncCategoriesToFlow               false
  UseCostPriceListInInventoryExport  false
  UseMarketGroupFlowTenants          true
`
	if diff := cmp.Diff(want, tenants); diff != "" {
		t.Errorf("Describe() tenants differ (-want +got):\n%s", diff)
	}
	for _, line := range []string{
		"redis.url rediss://u:[redacted]@a:6379/0",
		"server.adminTokens[0].token [redacted]",
		"webhook.bearer -",
		"webhook.basic[0].password [redacted]",
		"webhook.headers[0].name X-Key",
		"flow.routes.a.x GET /a",
		"queue.dedupeWindow 1h0m0s",
		"connector.implementations IProductExporter",
		"tracing.otlpEndpoint -",
	} {
		if !strings.Contains(squeeze(settings), line+"\n") {
			t.Errorf("Describe() lacks %q:\n%s", line, settings)
		}
	}
}

// squeeze reduces runs of blanks to one and trims lines.
func squeeze(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return b.String()
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestDescribeReportsTheWriter(t *testing.T) {
	t.Parallel()
	if err := parse(t, "log:").Describe(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("Describe(broken writer) = %v, want %v", err, errBroken)
	}
}
