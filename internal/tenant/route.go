package tenant

// Route is the answer of Directory.Resolve: who has to be told, or why nobody is.
type Route struct {
	// Tenants are the tenants concerned, in file order. There is at least one exactly when Result
	// is Routed. The slice is shared: read only.
	Tenants []ID
	Result  Result
	// Reason says what the result rests on, for people, counters and the route command.
	Reason Reason
}

// Result is what becomes of an event.
type Result string

// The results of Directory.Resolve.
const (
	Routed   Result = "routed"   // at least one tenant is concerned
	Unrouted Result = "unrouted" // a market or store is named that no tenant serves: keep the event
	Ignored  Result = "ignored"  // no tenant concerned exports the resource: acknowledge and count
)

// Reason is a machine-readable word for how a route came about.
type Reason string

// The reasons of a Route.
const (
	// ReasonMarket and ReasonStore: the named market, or the markets of the named store, are
	// served.
	ReasonMarket Reason = "market"
	ReasonStore  Reason = "store"
	// ReasonEveryTenant: the event names neither a market nor a store that is known.
	ReasonEveryTenant Reason = "every_tenant"
	// ReasonMembershipUnknown: the market may belong to a group whose members are not known yet, so
	// every exporting tenant is asked. That is safe: the reconciler checks the markets itself.
	ReasonMembershipUnknown Reason = "membership_unknown"
	// ReasonMarketNotServed and ReasonStoreNotServed: nobody serves the market, or any of the
	// store's markets.
	ReasonMarketNotServed Reason = "market_not_served"
	ReasonStoreNotServed  Reason = "store_not_served"
	// ReasonNotExported: no implementation for the resource is configured for those concerned.
	ReasonNotExported Reason = "not_exported"
)
