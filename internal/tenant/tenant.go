// Package tenant says who omniflow replicates for: the Flow tenants, the Omnium markets and market
// groups that resolve to them, and the connector properties that hold for them. It does no I/O.
package tenant

import (
	"crypto/subtle"
	"slices"
)

// ID is a Flow tenant uid (the connector property DefaultTenantUid). It is the tenant's name in
// keys, metrics, the admin API and the CLI.
type ID string

// Secret is a credential. It prints as [redacted] in every formatter and marshaller; only Reveal
// gives its text.
type Secret string

const redacted = "[redacted]"

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return redacted }

// MarshalText implements encoding.TextMarshaler, and so covers JSON and YAML too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Reveal returns the secret's text, for the one place that puts it on the wire.
func (s Secret) Reveal() string { return string(s) }

// Equal compares in constant time for equal lengths.
func (s Secret) Equal(other string) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(other)) == 1
}

// Tenant is one Flow tenant and the settings merged for it. Treat it as read-only: it is shared by
// all goroutines.
type Tenant struct {
	ID ID
	// Markets are the Omnium market ids that resolve to this tenant, as the file spells them.
	// Market ids compare case-insensitively.
	Markets []string
	// Groups are the market groups that resolve to it (only with UseMarketGroupFlowTenants).
	Groups      []string
	AccessToken Secret
	// Resources are the kinds of objects that the configured implementations export.
	Resources []string
	// Implementations are the exporters and tasks behind Resources, by their documented names.
	Implementations []string
	// Properties are the connector properties after the look-up order market, market group, global.
	Properties Properties
	// StockMasters say who is the stock master where not all markets agree with Properties.
	StockMasters StockMasters
}

// Runs reports whether an exporter or task is among the tenant's implementations.
func (t *Tenant) Runs(implementation string) bool {
	return slices.Contains(t.Implementations, implementation)
}
