package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

var errCause = errors.New("cause")

// TestVerdictBecomesQueueOperation is the table of design §6.
func TestVerdictBecomesQueueOperation(t *testing.T) {
	t.Parallel()
	detailed := job.Bury("flow_refused_400", errCause)
	detailed.Detail = "what Flow answered"
	faulty := job.Fail("uid_moving", errCause)
	faulty.DataFault = true
	for name, tt := range map[string]struct {
		outcome     job.Outcome
		maxAttempts int
		told        []string
		settled     worker.Settled
		stats       queue.Stats
	}{
		"done": {
			outcome: done,
			told:    []string{"ack p again 0s"}, settled: worker.SettledAcked,
		},
		"done, due once more": {
			outcome: job.Outcome{Verdict: job.Done, Again: start().Add(time.Hour)},
			told:    []string{"ack p again 1h0m0s"}, settled: worker.SettledAcked, stats: queue.Stats{Delayed: 1},
		},
		"permanent": {
			outcome: job.Bury("uid_collision", errCause),
			told:    []string{"bury p uid_collision: cause"}, settled: worker.SettledBuried, stats: queue.Stats{Dead: 1},
		},
		"permanent, with a detail": {
			outcome: detailed,
			told:    []string{"bury p flow_refused_400: cause\nwhat Flow answered"}, settled: worker.SettledBuried,
			stats: queue.Stats{Dead: 1},
		},
		"permanent, without a cause": {
			outcome: job.Bury("unmappable", nil),
			told:    []string{"bury p unmappable: unmappable"}, settled: worker.SettledBuried, stats: queue.Stats{Dead: 1},
		},
		"snoozed": {
			outcome: job.Snooze(time.Minute, "flow_unavailable", errCause),
			told:    []string{"release p for 1m0s"}, settled: worker.SettledReleased, stats: queue.Stats{Delayed: 1},
		},
		"deferred": {
			outcome: job.Defer(time.Minute, "read_too_early"),
			told:    []string{"release p for 1m0s"}, settled: worker.SettledReleased, stats: queue.Stats{Delayed: 1},
		},
		"suspended": {
			outcome: job.Suspend("flow_credential_refused", errCause),
			told:    []string{"suspend here: flow_credential_refused: cause", "release p for 0s"},
			settled: worker.SettledReleased,
			stats:   queue.Stats{Ready: 1, Suspended: "flow_credential_refused: cause"},
		},
		"failed": {
			outcome: job.Fail("flow_failed", errCause),
			told:    []string{"retry p data fault false"}, settled: worker.SettledRetried, stats: queue.Stats{Delayed: 1},
		},
		"failed about the data": {
			outcome: faulty,
			told:    []string{"retry p data fault true"}, settled: worker.SettledRetried, stats: queue.Stats{Delayed: 1},
		},
		"failed for the last time": {
			outcome: job.Fail("flow_failed", errCause), maxAttempts: 1,
			told: []string{"bury p attempts_exhausted: cause"}, settled: worker.SettledBuried, stats: queue.Stats{Dead: 1},
		},
		"deferred for the last time is not counted": {
			outcome: job.Defer(time.Minute, "read_too_early"), maxAttempts: 1,
			told: []string{"release p for 1m0s"}, settled: worker.SettledReleased, stats: queue.Stats{Delayed: 1},
		},
		"no verdict": {
			outcome: job.Outcome{},
			told:    []string{"retry p data fault false"}, settled: worker.SettledRetried, stats: queue.Stats{Delayed: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				f.target.refuses = true // what is suspended stays so
				f.enqueue(here, "p")
				f.drain(8, always(tt.outcome))
				f.settle()
				f.wantTold(tt.told...)
				f.wantStats(tt.stats)
				if got := f.finished(); len(got) != 1 || got[0].Settled != tt.settled || got[0].Err != nil {
					t.Errorf("reports = %+v, want one that says %s", got, tt.settled)
				}
			}, func(o *worker.Options) { o.MaxAttempts = tt.maxAttempts })
		})
	}
}

// start is when the time of every bubble begins.
func start() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestMomentThatHasPassedIsDueAtOnce(t *testing.T) {
	inBubble(t, func(f *fixture) {
		first := true
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			o := done
			if first {
				o.Again, first = time.Now().Add(-time.Hour), false
			}
			return o
		}))
		f.pass(2 * time.Millisecond)
		f.wantTold("ack p again 1ms", "ack p again 0s")
	})
}

func TestUnknownResourceIsBuried(t *testing.T) {
	inBubble(t, func(f *fixture) {
		entry := queue.Entry{Tenant: here, Key: job.Key{Resource: event.Price, ID: "x"}}
		if _, err := f.queue.Enqueue(f.Context(), []queue.Entry{entry}); err != nil {
			f.Fatal(err)
		}
		f.enqueue(here, "p")
		f.drain(8, always(done))
		f.settle()
		told := f.told()
		slices.Sort(told)
		if want := `bury x unknown_resource: no handler for resource "price"`; len(told) != 2 || told[1] != want {
			f.Errorf("the queue was told %q, want %q beside an ack", told, want)
		}
	})
}

func TestSnoozedForTooLongCountsAttempts(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, always(job.Snooze(time.Minute, "flow_unavailable", errCause)))
		f.pass(59*time.Minute + 30*time.Second)
		for _, line := range f.told() {
			if line != "release p for 1m0s" {
				f.Errorf("within the limit the queue was told %q, want releases only", line)
			}
		}
		f.pass(10 * time.Minute)
		told := f.told()
		if len(told) < 3 || told[1] != "retry p data fault false" || told[len(told)-1] != "bury p attempts_exhausted: cause" {
			f.Errorf("beyond the limit the queue was told %q, want retries and in the end a burial", told)
		}
	}, func(o *worker.Options) {
		o.SnoozeLimit, o.MaxAttempts = time.Hour, 3
		o.Backoff = worker.Backoff{Min: time.Second, Max: time.Second}
	})
}

func TestAttemptsAreSpreadAndBounded(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var at []time.Time
		f.enqueue(here, "p")
		f.drain(1, each(func(context.Context, job.Job) job.Outcome {
			at = append(at, time.Now())
			return job.Fail("flow_failed", errCause)
		}))
		f.pass(2 * time.Hour)
		if len(at) != 12 {
			f.Fatalf("attempts = %d, want the default of 12", len(at))
		}
		for i := 1; i < len(at); i++ {
			// A loop that is not woken looks at the queue once a second.
			if gap := at[i].Sub(at[i-1]); gap < time.Second || gap > 10*time.Minute+time.Second {
				f.Errorf("gap before attempt %d = %v, want 1s to 10m", i+1, gap)
			}
		}
		f.wantStats(queue.Stats{Dead: 1})
	})
}

func TestLogHasOneLinePerRun(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.drain(1, always(job.Bury("uid_collision", errCause)))
		f.settle()
		f.end()
		for _, want := range []string{
			`"level":"error"`, `"tenant":"here"`, `"resource":"product"`, `"object_id":"p"`,
			`"event_id":"event of p"`, `"attempt":1`, `"outcome":"permanent"`, `"settled":"buried"`,
			`"reason":"uid_collision"`, `"error":"cause"`, `"message":"job finished"`,
		} {
			if log := f.log.String(); !strings.Contains(log, want) || strings.Count(log, "\n") != 1 {
				f.Errorf("log = %s, want one line with %s", log, want)
			}
		}
	})
}

// TestLogLevelSaysWhoShouldLook: a catch-up of an assortment that agrees must not fill the log.
func TestLogLevelSaysWhoShouldLook(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome job.Outcome
		want    string
	}{
		"pushed":    {job.Outcome{Verdict: job.Done, Result: job.Pushed}, "info"},
		"unchanged": {job.Outcome{Verdict: job.Done, Result: job.Unchanged}, "debug"},
		"skipped":   {job.Outcome{Verdict: job.Done, Result: job.Skipped, Reason: "no"}, "debug"},
		"failed":    {job.Fail("flow_failed", errCause), "warn"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				f.enqueue(here, "p")
				f.drain(1, always(tt.outcome))
				f.settle()
				f.end()
				if log := f.log.String(); !strings.Contains(log, `"level":"`+tt.want+`"`) {
					f.Errorf("log = %s, want the level %s", log, tt.want)
				}
			})
		})
	}
}
