package reconcile

// The tables of design §6, for the tests.
var (
	FromFlow    = fromFlow
	FromOmnium  = fromOmnium
	FromMapping = fromMapping
	FromLedger  = fromLedger
)
