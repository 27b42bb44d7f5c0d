package queue

import (
	"context"
	"fmt"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/tenant"
)

// ReasonPoison is why a job is buried whose workers keep dying.
const ReasonPoison = "poison"

// Repair is a kind of contradiction between the structures of a tenant, and says what was found. The
// scripts leave none behind: one is the trace of a mistake, or of somebody's work by hand.
type Repair string

// The kinds, and what is done about each.
const (
	LeasedWithoutLease    Repair = "leased_without_lease"     // gets a lease, for its holder to extend
	LeaseWithoutJob       Repair = "lease_without_job"        // is removed
	LeaseOfWaitingJob     Repair = "lease_of_waiting_job"     // is removed
	JobWithoutPlace       Repair = "job_without_place"        // is due now
	WrongLane             Repair = "wrong_lane"               // moves to its own, at the sooner time
	DueWhileLeased        Repair = "due_while_leased"         // waits no more: the lease counts
	DueWithoutJob         Repair = "due_without_job"          // is removed
	JobAndDeadLetter      Repair = "job_and_dead_letter"      // the letter is removed: the job is newer
	DeadLetterWithoutTime Repair = "dead_letter_without_time" // gets its time back
	TimeWithoutDeadLetter Repair = "time_without_dead_letter" // is removed
)

// Repairs returns every kind of contradiction.
func Repairs() []Repair {
	return []Repair{
		LeasedWithoutLease, LeaseWithoutJob, LeaseOfWaitingJob, JobWithoutPlace, WrongLane, DueWhileLeased,
		DueWithoutJob, JobAndDeadLetter, DeadLetterWithoutTime, TimeWithoutDeadLetter,
	}
}

// Reaped is what a look after a tenant's queue has changed.
type Reaped struct {
	Returned []job.Key      // leases that ran out: due again, with a crash counted
	Buried   []job.Key      // the same, but dead after too many crashes
	Repaired map[Repair]int // how many contradictions were repaired; nil when none was
}

// auditPage is about how many keys one call of Reap audits: some 2 µs each.
const auditPage = 64

// Reap takes back up to MaxBatch leases of a tenant that have run out, and audits a part of what is
// kept for it: calls that follow each other get through all of it and begin anew. Every process may
// call it at any time.
func (q *Queue) Reap(ctx context.Context, t tenant.ID) (Reaped, error) {
	k := keysOf(t)
	detail := fmt.Sprintf("%d workers lost their lease while working on it", q.opts.MaxCrashes)
	reply, err := q.run(ctx, q.scripts.reap, "reap",
		[]string{k.meta, k.jobs, k.due, k.bulk, k.leased, k.dead, k.died},
		MaxBatch, q.opts.MaxCrashes, ReasonPoison, detail, q.opts.Lease.Milliseconds(), auditPage).Slice()
	if err != nil {
		return Reaped{}, err
	}
	if len(reply) != 2 {
		return Reaped{}, fmt.Errorf("reap: %d values in the answer", len(reply))
	}
	jobs, _ := reply[0].([]any)
	repairs, _ := reply[1].([]any)
	return decodeReaped(jobs, repairs), nil
}

func decodeReaped(jobs, repairs []any) Reaped {
	var r Reaped
	for ; len(jobs) >= 2; jobs = jobs[2:] {
		name, _ := jobs[0].(string)
		if code, _ := jobs[1].(int64); code == 2 {
			r.Buried = append(r.Buried, decodeKey(name))
		} else {
			r.Returned = append(r.Returned, decodeKey(name))
		}
	}
	for _, v := range repairs {
		kind, _ := v.(string)
		if r.Repaired == nil {
			r.Repaired = map[Repair]int{}
		}
		r.Repaired[Repair(kind)]++
	}
	return r
}

// ExpireDeadLetters forgets up to MaxBatch dead letters of a tenant that are older than the
// retention and returns how many.
func (q *Queue) ExpireDeadLetters(ctx context.Context, t tenant.ID) (int, error) {
	k := keysOf(t)
	return q.run(ctx, q.scripts.expire, "expire dead letters",
		[]string{k.meta, k.dead, k.died},
		q.opts.DeadLetterRetention.Milliseconds(), MaxBatch).Int()
}
