package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// away makes every one of the operations fail until d has passed.
func (f *fixture) away(d time.Duration, operations ...string) {
	back := time.Now().Add(d)
	f.queue.failing(func(operation string) error {
		if time.Now().Before(back) && slices.Contains(operations, operation) {
			return errCause
		}
		return nil
	})
}

func TestSettlingIsRepeatedWhileTheQueueIsAway(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome job.Outcome
		told    []string
	}{
		"ack":     {done, []string{"ack p again 0s"}},
		"retry":   {job.Fail("flow_failed", errCause), []string{"retry p data fault false"}},
		"release": {job.Defer(time.Hour, "read_too_early"), []string{"release p for 1h0m0s"}},
		"bury":    {job.Bury("unmappable", errCause), []string{"bury p unmappable: cause"}},
		"suspend": {
			job.Suspend("flow_credential_refused", nil),
			[]string{"suspend here: flow_credential_refused", "release p for 0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				f.target.refuses = true
				f.enqueue(here, "p")
				f.away(5*time.Second, name)
				f.drain(1, always(tt.outcome))
				f.pass(4 * time.Second)
				f.wantTold()
				f.pass(2 * time.Second)
				f.wantTold(tt.told...)
				if got := f.finished(); len(got) != 1 || got[0].Err != nil {
					f.Errorf("reports = %+v, want one without an error", got)
				}
			})
		})
	}
}

func TestJobThatCannotBeSettledIsLeftToTheReaper(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.enqueue(here, "p")
		f.away(2*lease, "ack", "extend")
		f.drain(1, always(done))
		f.pass(lease + time.Second)
		reports := f.finished()
		if len(reports) == 0 || !errors.Is(reports[0].Err, errCause) {
			f.Errorf("reports = %+v, want the first with the queue's error", reports)
		}
		f.pass(2 * lease)
		f.wantTold("ack p again 0s")
		f.wantStats(queue.Stats{})
	})
}

func TestClaimsGoOnAfterAnOutage(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.away(time.Minute, "claim", "extend")
		f.enqueue(here, "p")
		f.drain(1, always(done))
		f.pass(time.Minute + time.Second)
		f.wantTold("ack p again 0s")
		f.end()
		log := f.log.String()
		if strings.Count(log, "cannot claim jobs") != 1 || strings.Count(log, "queue reachable again") != 1 {
			f.Errorf("log = %s, want one line when the queue goes and one when it is back", log)
		}
	})
}

// TestOutageDuringAJobIsSurvived: an outage that is shorter than a lease costs nothing.
func TestOutageDuringAJobIsSurvived(t *testing.T) {
	inBubble(t, func(f *fixture) {
		ends := make(chan error, 1)
		f.enqueue(here, "p")
		f.drain(1, each(func(ctx context.Context, _ job.Job) job.Outcome {
			time.Sleep(time.Minute)
			ends <- ctx.Err()
			return done
		}))
		f.pass(6 * time.Second)
		f.away(lease/2, "claim", "extend")
		f.pass(time.Minute)
		if err := <-ends; err != nil {
			f.Errorf("context of the job = %v, want it alive", err)
		}
		f.wantTold("ack p again 0s")
	})
}
