package demo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Config is the configuration file of a service that works in this world: waits are short, so that
// a whole day fits into a few seconds, and limits are those of loopback.
func (w *World) Config() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `server:
  listen: "127.0.0.1:0"
  shutdownGrace: 5s
  drainDelay: 0s
  adminTokens: [{ name: demo, role: operator, token: %q }]
redis: { url: "embedded://" }
webhook: { bearer: [%q] }
omnium:
  baseUrl: %q
  clientId: client
  clientSecret: %q
  productLanguage: %q
  ignoreUserIds: [%q]
  maxConcurrent: 20
  requestsPerSecond: 1000
flow:
  baseUrl: %q
  requestsPerSecond: 2000
  burst: 200
  timeout: 5s
  breaker: { consecutiveFailures: 5, openFor: 1s, halfOpenRequests: 1 }
queue: { backoff: { min: 100ms, max: 2s } }
catchup: { enabled: false }
`, w.adminToken, w.webhookToken, w.omniumURL, w.clientSecret, defaultLanguage, flowUser, w.flowURL)
	b.WriteString(Connector(w.flowTokens))
	return b.Bytes()
}

// Connector is the part of a configuration file that mirrors the shop's connector and markets; flowTokens are
// by tenant.
func Connector(flowTokens map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `connector:
  name: FlowRetail
  implementations:
    - IProductExporter
    - FlowPriceScheduledTask
    - FlowCostPriceScheduledTask
    - IStoreExporter
    - IInventoryExporter
    - FlowInventoryScheduledTask
    - IPrivateCustomerExporter
    - IBusinessCustomerExporter
    - IPurchaseOrderSynchronousExporter
    - IDeliveryExporter
  properties:
    OrganizationUid: %s
    PurchaseNumberSeriesUid: %s
    VoucherNumberSeriesUid: %s
    NonPurchasableAssortmentCodes: %s
    DefaultProductGroupUid: %s
    OmniumIsMasterForStock: "true"
markets:
`, organization, purchaseSeries, voucherSeries, notPurchasable, defaultGroup)
	for _, t := range tenants() {
		fmt.Fprintf(&b, `  - market: %s
    accessToken: %q
    properties:
      DefaultTenantUid: %s
      MainPricesListUid: %s
      DefaultVatCodeUid: %s
`, t.market.MarketID, flowTokens[t.uid], t.uid, mainList, defaultVAT(t.uid))
		for _, property := range slices.Sorted(maps.Keys(t.properties())) {
			fmt.Fprintf(&b, "      %s: %q\n", property, t.properties()[property])
		}
		codes := vatCodes(t.uid)
		for _, rate := range slices.Sorted(maps.Keys(codes)) {
			fmt.Fprintf(&b, "      VatCodeUid.%s: %s\n", rate, codes[rate])
		}
	}
	return b.String()
}

// properties are the connector properties in which the tenants differ: Norway has the newer habits, Sweden
// the older ones.
func (t tenant) properties() map[string]string {
	if t.uid == TenantNO {
		return map[string]string{
			"SyncCategoriesToFlow":  "true",
			"ProductGroupRootId":    groupRoot,
			"StorePriceListsInFlow": "true",
			"FlowStockMasterStores": storeBergen,
		}
	}
	return map[string]string{
		"ExportDeliveryAsPo":                "true",
		"StockFigure":                       "available",
		"UseCostPriceListInInventoryExport": "true",
		"StoreOpeningHours":                 "week",
	}
}
