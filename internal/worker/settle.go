package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// settle turns an outcome into the one queue operation that follows from it. It is the only place
// that does.
func (d *drain) settle(ctx context.Context, j job.Job, o job.Outcome, took time.Duration) {
	settled, write := d.decide(ctx, j, o)
	if o.Verdict == job.Snoozed && settled == SettledReleased {
		d.snooze(o.Delay)
	}
	again, err := d.persist(ctx, write)
	if errors.Is(err, queue.ErrLeaseLost) {
		settled = SettledLost
	}
	d.report(j, o, settled, took, err)
	if again {
		d.signal()
	}
}

// operation is a write to the queue; it reports whether the job is due again at once.
type operation func(ctx context.Context) (bool, error)

// decide is the table of design §6.
func (d *drain) decide(ctx context.Context, j job.Job, o job.Outcome) (Settled, operation) {
	q := d.opts.Queue
	switch {
	case o.Verdict == job.Done:
		return SettledAcked, func(ctx context.Context) (bool, error) {
			return q.Ack(ctx, j, untilAgain(o))
		}
	case interrupted(ctx):
		return SettledReleased, d.release(j, 0)
	case o.Verdict == job.Permanent:
		return SettledBuried, d.bury(j, o.Reason, o)
	case o.Verdict == job.Suspended && d.replaced.Load():
		return SettledReleased, d.release(j, 0) // it may be the old credential that was refused
	case o.Verdict == job.Suspended:
		release := d.release(j, 0)
		return SettledReleased, func(ctx context.Context) (bool, error) {
			if err := q.Suspend(ctx, j.Tenant, suspension(o)); err != nil {
				return false, err
			}
			return release(ctx)
		}
	case o.Verdict == job.Deferred:
		return SettledReleased, d.release(j, o.Delay)
	case o.Verdict == job.Snoozed && time.Since(j.Enqueued) <= d.opts.SnoozeLimit:
		return SettledReleased, d.release(j, o.Delay)
	case j.Attempts+1 >= d.opts.MaxAttempts:
		return SettledBuried, d.bury(j, ReasonExhausted, o)
	default:
		delay := d.opts.Backoff.Delay(j.Attempts + 1)
		return SettledRetried, func(ctx context.Context) (bool, error) {
			return q.Retry(ctx, j, delay, o.DataFault)
		}
	}
}

// interrupted reports whether the run was cut off, by the service stopping or by a lease that could
// not be extended: then its outcome says nothing about the job. The token keeps a write for a lease
// that somebody else holds by now from having any effect.
func interrupted(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errStopping) || errors.Is(cause, queue.ErrLeaseLost)
}

// ReasonExhausted is why a job is buried that has failed too often.
const ReasonExhausted = "attempts_exhausted"

func (d *drain) bury(j job.Job, reason string, o job.Outcome) operation {
	return func(ctx context.Context) (bool, error) {
		return d.opts.Queue.Bury(ctx, j, reason, detail(o))
	}
}

func (d *drain) release(j job.Job, delay time.Duration) operation {
	return func(ctx context.Context) (bool, error) {
		return false, d.opts.Queue.Release(ctx, j, delay)
	}
}

// stopPatience is how long a stopping service tries to tell the queue about a job.
const stopPatience = 3 * time.Second

// persist repeats a write until it is done, the lease is lost, or the lease must have run out: then
// the reaper takes over. It outlives the job's own context, which may have ended.
func (d *drain) persist(ctx context.Context, write operation) (bool, error) {
	patience := d.opts.Lease
	if errors.Is(context.Cause(ctx), errStopping) {
		patience = min(patience, stopPatience) // what is not written is taken back by the reaper
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	backoff := Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for attempt := 1; ; attempt++ {
		again, err := write(ctx)
		if err == nil || errors.Is(err, queue.ErrLeaseLost) {
			return again, err
		}
		if !pause(ctx, backoff.Delay(attempt)) {
			return false, fmt.Errorf("settle: %w", err)
		}
	}
}

// pause waits for the delay and reports whether ctx is still alive.
func pause(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func untilAgain(o job.Outcome) time.Duration {
	if o.Again.IsZero() {
		return 0
	}
	return max(time.Until(o.Again), time.Millisecond)
}

func suspension(o job.Outcome) string {
	if o.Err == nil {
		return o.Reason
	}
	return o.Reason + ": " + o.Err.Error()
}

// detail is the text of a dead letter.
func detail(o job.Outcome) string {
	text := o.Reason
	if o.Err != nil {
		text = o.Err.Error()
	}
	if o.Detail != "" {
		text += "\n" + o.Detail
	}
	return text
}
