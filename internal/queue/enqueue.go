package queue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/omniflow/omniflow/internal/tenant"
)

// Enqueue makes entries durable and returns one result per entry, in order. All tenants go out in
// one round trip. When the error is not nil, the entries whose result is empty were not kept, as
// far as is known: Redis may have executed what it could not answer any more, which is why sending
// an entry again is harmless.
func (q *Queue) Enqueue(ctx context.Context, entries []Entry) ([]Result, error) {
	results, errs := q.enqueue(ctx, entries)
	return results, errors.Join(distinct(errs)...)
}

// enqueue returns one result or one error per entry.
func (q *Queue) enqueue(ctx context.Context, entries []Entry) ([]Result, []error) {
	results := make([]Result, len(entries))
	errs := make([]error, len(entries))
	groups := groupByTenant(entries)
	calls := make([]call, len(groups))
	for i, g := range groups {
		calls[i] = q.enqueueCall(g.tenant, entries, g.members)
	}
	for i, cmd := range pipeline(ctx, q.rdb, calls) {
		codes, err := cmd.Int64Slice()
		if err == nil && len(codes) != len(groups[i].members) {
			err = fmt.Errorf("%d results for %d entries", len(codes), len(groups[i].members))
		}
		for n, entry := range groups[i].members {
			if err != nil {
				errs[entry] = fmt.Errorf("enqueue for %s: %w", groups[i].tenant, err)
				continue
			}
			results[entry] = enqueueResult(codes[n])
		}
	}
	return results, errs
}

func (q *Queue) enqueueCall(t tenant.ID, entries []Entry, members []int) call {
	k := keysOf(t)
	args := make([]any, 0, 4+4*len(members))
	args = append(args, q.opts.DedupeWindow.Milliseconds(), q.opts.Coalesce.Milliseconds(),
		wakeChannel, string(t))
	for _, m := range members {
		e := entries[m]
		args = append(args, encodeKey(e.Key), int(e.Lane), digest(e.Dedupe), encodeCause(e.Cause))
	}
	return call{
		script: q.scripts.enqueue,
		keys:   append([]string{k.meta, k.jobs, k.due, k.bulk, k.dead, k.died}, k.ring[:]...),
		args:   args,
	}
}

func enqueueResult(code int64) Result {
	switch code {
	case 0:
		return Duplicate
	case 1:
		return Accepted
	default:
		return Coalesced
	}
}

// digest shortens a dedupe identity to 12 bytes: enough that two of them never meet, and small in
// memory.
func digest(identity string) string {
	if identity == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(identity))
	return string(sum[:12])
}

type group struct {
	tenant  tenant.ID
	members []int // indexes of entries, in order
}

// groupByTenant splits entries into script calls of at most MaxBatch, keeping their order.
func groupByTenant(entries []Entry) []group {
	var groups []group
	open := map[tenant.ID]int{}
	for i, e := range entries {
		at, ok := open[e.Tenant]
		if !ok || len(groups[at].members) == MaxBatch {
			at = len(groups)
			groups = append(groups, group{tenant: e.Tenant})
			open[e.Tenant] = at
		}
		groups[at].members = append(groups[at].members, i)
	}
	return groups
}

// distinct drops nil errors and repetitions of one text, so that a dead Redis is reported once.
func distinct(errs []error) []error {
	var kept []error
	known := map[string]bool{}
	for _, err := range errs {
		if err != nil && !known[err.Error()] {
			known[err.Error()] = true
			kept = append(kept, err)
		}
	}
	return kept
}
