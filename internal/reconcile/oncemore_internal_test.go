package reconcile

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

func TestTheSecondLookIsDueOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m onceMore
		j := job.Job{Key: job.Key{Resource: event.Price, ID: "lamp"}, Cause: job.Cause{EventID: "first"}}
		soon := time.Now().Add(staleWait)
		for _, wait := range []time.Duration{0, time.Second} {
			time.Sleep(wait)
			if at := m.due(j); !at.Equal(soon) {
				t.Errorf("due = %v, want %v until then", at, soon)
			}
		}
		time.Sleep(time.Second)
		if at := m.due(j); !at.IsZero() {
			t.Errorf("due = %v at that time, want never", at)
		}
		if m.first(j) {
			t.Error("first = true for an event that was seen, want false")
		}
		j.Cause.EventID = "second"
		if at := m.due(j); at.IsZero() {
			t.Error("due = never for another event, want soon")
		}
	})
}
