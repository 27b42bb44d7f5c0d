package demo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
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
connector:
  name: FlowRetail
  implementations: [IProductExporter]
  properties:
    OrganizationUid: fjell_sport
    NonPurchasableAssortmentCodes: %s
    DefaultProductGroupUid: %s
markets:
`, w.adminToken, w.webhookToken, w.omniumURL, w.clientSecret, defaultLanguage, w.flowURL,
		notPurchasable, defaultGroup)
	for _, t := range tenants() {
		fmt.Fprintf(&b, `  - market: %s
    accessToken: %q
    properties:
      DefaultTenantUid: %s
      MainPricesListUid: main
      DefaultVatCodeUid: %s
`, t.market.MarketID, w.flowTokens[t.uid], t.uid, defaultVAT(t.uid))
		codes := vatCodes(t.uid)
		for _, rate := range slices.Sorted(maps.Keys(codes)) {
			fmt.Fprintf(&b, "      VatCodeUid.%s: %s\n", rate, codes[rate])
		}
	}
	return b.Bytes()
}
