package queuetest

import (
	"time"

	"github.com/omniflow/omniflow/internal/queue"
)

func retryCases() []behaviour {
	return []behaviour{
		{name: "counts and delays", check: retryDelays},
		{name: "counts every attempt", check: retryCounts},
		{name: "an event keeps the backoff", check: eventKeepsBackoff},
		{name: "an event while leased keeps the backoff", check: leasedEventKeepsBackoff},
		{name: "an event ends the backoff of a data fault", check: eventEndsDataFault},
		{name: "an event while leased prevents the backoff of a data fault", check: leasedEventDataFault},
		{name: "the last fault decides", check: lastFaultDecides},
	}
}

func retryDelays(f *fixture) {
	first := f.take("shoe")
	if f.retry(first, time.Hour, false) {
		f.Error("Retry = true, want false: the job waits")
	}
	f.wantStats(queue.Stats{Delayed: 1})
	f.wantAbout("Wait", f.claim(1).Wait, time.Hour)
	f.advance(59 * time.Minute)
	f.wantNothingDue()
	f.advance(time.Minute)
	j := f.takeDue("shoe")
	if j.Attempts != 1 || j.Generation != 1 || !j.Enqueued.Equal(first.Enqueued) {
		f.Errorf("Claim = %+v, want 1 attempt, generation 1, enqueued %v", j, first.Enqueued)
	}
}

func retryCounts(f *fixture) {
	f.enqueue("shoe")
	for attempts := range 14 {
		j := f.takeDue("shoe")
		if j.Attempts != attempts {
			f.Errorf("Attempts = %d, want %d", j.Attempts, attempts)
		}
		f.retry(j, time.Minute, attempts%2 == 0)
		f.advance(time.Minute)
	}
}

func eventKeepsBackoff(f *fixture) {
	f.retry(f.take("shoe"), time.Hour, false)
	f.wantResult(entry("shoe", "newer"), queue.Coalesced)
	f.wantStats(queue.Stats{Delayed: 1})
	f.wantAbout("Wait", f.claim(1).Wait, time.Hour)
	f.advance(time.Hour)
	if j := f.takeDue("shoe"); j.Attempts != 1 || j.Generation != 2 {
		f.Errorf("Claim = %+v, want 1 attempt, generation 2", j)
	}
}

func leasedEventKeepsBackoff(f *fixture) {
	j := f.take("shoe")
	f.enqueue("shoe")
	if f.retry(j, time.Hour, false) {
		f.Error("Retry = true, want false: the fault was not about the data")
	}
	f.wantStats(queue.Stats{Delayed: 1})
}

func eventEndsDataFault(f *fixture) {
	f.retry(f.take("shoe"), time.Hour, true)
	f.wantNothingDue()
	f.wantResult(entry("shoe", "newer"), queue.Coalesced)
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.takeDue("shoe"); j.Attempts != 1 || j.Generation != 2 {
		f.Errorf("Claim = %+v, want 1 attempt, generation 2", j)
	}
}

func leasedEventDataFault(f *fixture) {
	j := f.take("shoe")
	f.enqueue("shoe")
	if !f.retry(j, time.Hour, true) {
		f.Error("Retry = false, want true: the data changed meanwhile")
	}
	if j := f.takeDue("shoe"); j.Attempts != 1 {
		f.Errorf("Attempts = %d, want 1", j.Attempts)
	}
}

func lastFaultDecides(f *fixture) {
	f.retry(f.take("shoe"), 0, true)
	f.retry(f.takeDue("shoe"), time.Hour, false)
	f.enqueue("shoe")
	f.wantNothingDue()
}
