package job

import "time"

// Verdict says what shall happen to a job after a run (design §6).
type Verdict string

// The verdicts. Interruption by shutdown is not among them: the worker decides that by itself.
const (
	Done      Verdict = "done"      // Flow agrees with Omnium: ack
	Permanent Verdict = "permanent" // retrying cannot help: bury
	Snoozed   Verdict = "snoozed"   // not this job's fault: release, the tenant waits
	Deferred  Verdict = "deferred"  // too early to tell: release this job alone, for Delay
	Suspended Verdict = "suspended" // the credential is refused: release, the tenant stops
	Failed    Verdict = "failed"    // transient: retry with backoff, count an attempt
)

// What a Done outcome found; also the values of the metric label "result".
const (
	Pushed      = "pushed"      // at least one write reached Flow
	Unchanged   = "unchanged"   // everything was pushed before
	Skipped     = "skipped"     // nothing to do for this tenant; Reason says why
	Deactivated = "deactivated" // the object is gone or left the tenant's markets
	Rekeyed     = "rekeyed"     // the id was an alias; another job does the work
	Waiting     = "waiting"     // Flow lacks what the object refers to; its arrival makes the job due
)

// Outcome is what a handler reports for one job. Exactly one function of the worker acts on it.
type Outcome struct {
	Verdict Verdict
	// Result refines Done.
	Result string
	// Reason is a machine-readable word for dead letters, skips and metrics, such as uid_collision.
	Reason string
	// Err is the cause shown to people: in logs and dead letters. Nil when Done.
	Err error
	// Detail is what a dead letter shows beside Err, such as the beginning of Flow's answer.
	Detail string
	// Delay is how long a snoozed tenant or a deferred job waits.
	Delay time.Duration
	// Again, when not zero, makes a Done object due once more at that moment: a price or assortment
	// window opens or closes by itself.
	Again time.Time
	// DataFault marks a Failed run whose cause lies in the object's data or its dependencies, so
	// that a newer event is a reason to try at once instead of waiting out the backoff.
	DataFault bool
	// Reads and Writes count the requests made for this job.
	Reads, Writes int
}

// Bury is a Permanent outcome.
func Bury(reason string, err error) Outcome {
	return Outcome{Verdict: Permanent, Reason: reason, Err: err}
}

// Snooze is an outcome that does not count an attempt and makes the tenant wait for d.
func Snooze(d time.Duration, reason string, err error) Outcome {
	return Outcome{Verdict: Snoozed, Reason: reason, Err: err, Delay: d}
}

// Defer is an outcome that makes this job alone wait for d, without counting an attempt.
func Defer(d time.Duration, reason string) Outcome {
	return Outcome{Verdict: Deferred, Reason: reason, Delay: d}
}

// Suspend is an outcome that stops the tenant until its credential works again.
func Suspend(reason string, err error) Outcome {
	return Outcome{Verdict: Suspended, Reason: reason, Err: err}
}

// Fail is a transient outcome.
func Fail(reason string, err error) Outcome {
	return Outcome{Verdict: Failed, Reason: reason, Err: err}
}
