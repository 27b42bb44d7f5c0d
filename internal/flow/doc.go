// Package flow is everything Flow-shaped: the table of routes with their evidence, the writes, the
// circuit breaker and the rate limit of one tenant. Nothing else in omniflow speaks to Flow.
package flow
