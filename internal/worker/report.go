package worker

import (
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// Settled says what the queue was told about a job.
type Settled string

// The ways to settle. Lost means that another worker owns the job.
const (
	SettledAcked    Settled = "acked"
	SettledRetried  Settled = "retried"
	SettledReleased Settled = "released"
	SettledBuried   Settled = "buried"
	SettledLost     Settled = "lost"
)

// Report is one finished run.
type Report struct {
	Job     job.Job
	Outcome job.Outcome
	Settled Settled
	// Took is how long the run lasted.
	Took time.Duration
	// Err is why the queue could not be told; nil when it was.
	Err error
}

func (d *drain) report(j job.Job, o job.Outcome, s Settled, took time.Duration, err error) {
	r := Report{Job: j, Outcome: o, Settled: s, Took: took, Err: err}
	if d.opts.Observe != nil {
		d.opts.Observe(r)
	}
	d.log(r)
}

// log writes the one line of a finished run: every fact, no payload.
func (d *drain) log(r Report) {
	d.opts.Log.WithLevel(level(r)).
		Str("tenant", string(r.Job.Tenant)).
		Str("resource", string(r.Job.Resource)).
		Str("object_id", r.Job.ID).
		Str("event_id", r.Job.Cause.EventID).
		Stringer("lane", r.Job.Lane).
		Int("attempt", r.Job.Attempts+1).
		Str("outcome", string(r.Outcome.Verdict)).
		Str("result", r.Outcome.Result).
		Str("reason", r.Outcome.Reason).
		Str("settled", string(r.Settled)).
		Int("reads", r.Outcome.Reads).
		Int("writes", r.Outcome.Writes).
		Dur("took_ms", r.Took).
		Dur("behind_event_ms", behind(r.Job)).
		Err(errors.Join(r.Outcome.Err, r.Err)).
		Msg("job finished")
}

// behind is the time since the event, zero when its time is not known.
func behind(j job.Job) time.Duration {
	if j.Cause.Time.IsZero() {
		return 0
	}
	return time.Since(j.Cause.Time)
}

// level: debug when there was nothing to do, as for most objects of a catch-up, info for a change of
// state, warn for what will be tried again, error for what a human must look at.
func level(r Report) zerolog.Level {
	switch {
	case r.Err != nil && !errors.Is(r.Err, queue.ErrLeaseLost):
		return zerolog.ErrorLevel
	case r.Settled == SettledBuried, r.Outcome.Verdict == job.Suspended:
		return zerolog.ErrorLevel
	case r.Settled == SettledAcked && (r.Outcome.Result == job.Unchanged || r.Outcome.Result == job.Skipped):
		return zerolog.DebugLevel
	case r.Settled == SettledAcked:
		return zerolog.InfoLevel
	default:
		return zerolog.WarnLevel
	}
}
