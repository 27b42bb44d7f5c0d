package queue

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// Claimed is the answer to a claim.
type Claimed struct {
	Jobs []job.Job
	// Wait is how long until another job is due, in either lane; negative when none waits.
	Wait time.Duration
	// Blocked says that nothing is handed out: the tenant is Paused or Suspended.
	Blocked Blocked
}

// Blocked is why a tenant hands out no jobs.
type Blocked string

// The reasons; empty means open.
const (
	Open      Blocked = ""
	Paused    Blocked = "paused"    // by an operator
	Suspended Blocked = "suspended" // because its credential is refused
)

// Claim leases up to n due jobs of a tenant, those due longest first. Live ones go first, but while
// bulk ones are due, at least every fourth job that is claimed is one of them. The jobs stay recorded: when
// the caller dies, they become due again as soon as their leases run out.
func (q *Queue) Claim(ctx context.Context, t tenant.ID, n int) (Claimed, error) {
	return q.claim(ctx, t, n, bothLanes)
}

// ClaimLane is Claim from one lane alone. Wait is that of both, so that a claim of the live lane tells
// whether the other one has work: when it takes fewer than n and need not wait.
func (q *Queue) ClaimLane(
	ctx context.Context, t tenant.ID, lane job.Lane, n int,
) (Claimed, error) {
	if lane == job.Bulk {
		return q.claim(ctx, t, n, bulkLane)
	}
	return q.claim(ctx, t, n, liveLane)
}

// The lanes that the claim script may lease from.
const (
	bothLanes = iota
	liveLane
	bulkLane
)

func (q *Queue) claim(ctx context.Context, t tenant.ID, n, lanes int) (Claimed, error) {
	k := keysOf(t)
	claimed := time.Now()
	cmd := q.run(ctx, q.scripts.claim, "claim", []string{k.meta, k.jobs, k.due, k.bulk, k.leased},
		max(0, min(n, MaxBatch)), q.opts.Lease.Milliseconds(), lanes)
	reply, err := cmd.Slice()
	if err != nil {
		return Claimed{}, err
	}
	c, err := decodeClaim(reply)
	if err != nil {
		return Claimed{}, fmt.Errorf("claim: %w", err)
	}
	for i := range c.Jobs {
		c.Jobs[i].Tenant, c.Jobs[i].Claimed = t, claimed
	}
	return c, nil
}

// claimFields is how many values the script returns per job: its key and its record.
const claimFields = 2

func decodeClaim(reply []any) (Claimed, error) {
	if len(reply) < 2 || (len(reply)-2)%claimFields != 0 {
		return Claimed{}, fmt.Errorf("%d values in the answer", len(reply))
	}
	state, _ := reply[0].(int64)
	wait, _ := reply[1].(int64)
	c := Claimed{Wait: time.Duration(wait) * time.Millisecond}
	switch state {
	case 1:
		c.Blocked = Paused
	case 2:
		c.Blocked = Suspended
	}
	for f := reply[2:]; len(f) > 0; f = f[claimFields:] {
		key, _ := f[0].(string)
		record, _ := f[1].(string)
		j, err := decodeJob(key, record)
		if err != nil {
			return Claimed{}, err
		}
		c.Jobs = append(c.Jobs, j)
	}
	return c, nil
}

// decodeJob reads what pack wrote: generation, attempts, crashes, token, enqueued, flags, cause.
func decodeJob(key, record string) (job.Job, error) {
	var numbers [6]int64
	rest := record
	for i := range numbers {
		var field string
		field, rest, _ = strings.Cut(rest, " ")
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return job.Job{}, fmt.Errorf("record of %q: %w", key, err)
		}
		numbers[i] = n
	}
	return job.Job{
		Key:        decodeKey(key),
		Generation: numbers[0],
		Attempts:   int(numbers[1]),
		Crashes:    int(numbers[2]),
		Token:      numbers[3],
		Enqueued:   time.UnixMilli(numbers[4]).UTC(),
		Lane:       job.Lane(numbers[5] / 2 % 2),
		Cause:      decodeCause(rest),
	}, nil
}
