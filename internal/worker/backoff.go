package worker

import (
	"math/rand/v2"
	"time"
)

// Backoff spreads retries: exponential with full jitter, so that jobs that failed together do not
// come back together.
type Backoff struct {
	Min, Max time.Duration
}

// Delay returns a random duration between Min and the smaller of Max and Min·2^attempt, where
// attempt counts from 1. It is safe for concurrent use.
func (b Backoff) Delay(attempt int) time.Duration {
	ceiling := b.Ceiling(attempt)
	if ceiling <= b.Min {
		return b.Min
	}
	return b.Min + rand.N(ceiling-b.Min+1) //nolint:gosec // jitter needs no secrecy
}

// Ceiling returns the longest delay that Delay can return for an attempt.
func (b Backoff) Ceiling(attempt int) time.Duration {
	ceiling := b.Min
	for range max(attempt, 1) {
		// The comparison comes first, so that doubling cannot overflow.
		if ceiling >= b.Max/2 {
			return b.Max
		}
		ceiling *= 2
	}
	return ceiling
}
