package queuetest

import (
	"time"

	"github.com/omniflow/omniflow/internal/queue"
)

func settleCases() []behaviour {
	return []behaviour{
		{name: "ack ends the job", check: ackEnds},
		{name: "a second ack has lost the lease", check: ackTwice},
		{name: "ack after a new event makes it due at once", check: ackChanged},
		{name: "ack after a new event starts the count anew", check: ackChangedResets},
		{name: "ack with again comes back later", check: ackAgain},
		{name: "ack with again starts the count anew", check: ackAgainResets},
		{name: "an event does not wait for again", check: eventBeforeAgain},
		{name: "a new event beats again", check: changedBeatsAgain},
		{name: "a job after an ack is a new one", check: newAfterAck},
		{name: "release counts nothing", check: releaseCountsNothing},
		{name: "release keeps the count", check: releaseKeepsCount},
		{name: "release after a new event waits its delay", check: releaseChanged},
		{name: "release without delay is due at once", check: releaseNow},
	}
}

func ackEnds(f *fixture) {
	if f.ack(f.take("shoe"), 0) {
		f.Error("Ack = true, want false: no event came meanwhile")
	}
	f.wantStats(queue.Stats{})
	f.wantNothingDue()
}

func ackTwice(f *fixture) {
	j := f.take("shoe")
	f.ack(j, 0)
	_, err := f.q.Ack(f.ctx(), j, 0)
	f.wantError("second Ack", err, queue.ErrLeaseLost)
	f.enqueue("shoe")
	_, err = f.q.Ack(f.ctx(), j, 0)
	f.wantError("Ack of a later job", err, queue.ErrLeaseLost)
	f.wantStats(queue.Stats{Ready: 1})
}

func ackChanged(f *fixture) {
	j := f.take("shoe")
	newer := entry("shoe", "newer")
	f.wantResult(newer, queue.Coalesced)
	if !f.ack(j, 0) {
		f.Error("Ack = false, want true: an event came meanwhile")
	}
	f.wantStats(queue.Stats{Ready: 1})
	again := f.takeDue("shoe")
	if again.Generation != 2 || again.Cause != newer.Cause {
		f.Errorf("Claim = generation %d, cause %+v, want 2, %+v",
			again.Generation, again.Cause, newer.Cause)
	}
	if f.ack(again, 0) {
		f.Error("Ack = true, want false: the newest event was seen")
	}
	f.wantStats(queue.Stats{})
}

func ackChangedResets(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	f.takeDue("shoe")
	f.advance(lease)
	f.reap()
	j := f.takeDue("shoe")
	if j.Attempts != 1 || j.Crashes != 1 {
		f.Fatalf("Claim = %d attempts, %d crashes, want 1, 1", j.Attempts, j.Crashes)
	}
	f.advance(time.Minute)
	f.enqueue("shoe")
	f.ack(j, 0)
	again := f.takeDue("shoe")
	if again.Attempts != 0 || again.Crashes != 0 || !again.Enqueued.After(j.Enqueued) {
		f.Errorf("Claim = %+v, want no attempts, no crashes, enqueued after %v", again, j.Enqueued)
	}
}

func ackAgain(f *fixture) {
	if f.ack(f.take("shoe"), time.Hour) {
		f.Error("Ack = true, want false: the job is due later")
	}
	f.wantStats(queue.Stats{Delayed: 1})
	f.wantAbout("Wait", f.claim(1).Wait, time.Hour)
	f.advance(59 * time.Minute)
	f.wantNothingDue()
	f.advance(time.Minute)
	f.takeDue("shoe")
}

func ackAgainResets(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	first := f.takeDue("shoe")
	f.ack(first, time.Hour)
	f.advance(time.Hour)
	j := f.takeDue("shoe")
	if j.Attempts != 0 || j.Generation != first.Generation {
		f.Errorf("Claim = %+v, want no attempts, generation %d", j, first.Generation)
	}
	f.wantAbout("Enqueued after the first", j.Enqueued.Sub(first.Enqueued), time.Hour)
}

func eventBeforeAgain(f *fixture) {
	first := f.take("shoe")
	f.ack(first, 24*time.Hour)
	f.advance(time.Hour)
	f.wantResult(entry("shoe", "newer"), queue.Coalesced)
	f.wantStats(queue.Stats{Ready: 1})
	j := f.takeDue("shoe")
	f.wantAbout("Enqueued after the first", j.Enqueued.Sub(first.Enqueued), time.Hour)
}

func changedBeatsAgain(f *fixture) {
	j := f.take("shoe")
	f.enqueue("shoe")
	if !f.ack(j, time.Hour) {
		f.Error("Ack = false, want true: an event came meanwhile")
	}
	f.takeDue("shoe")
}

func newAfterAck(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	f.ack(f.takeDue("shoe"), 0)
	f.wantResult(entry("shoe", "next"), queue.Accepted)
	if j := f.takeDue("shoe"); j.Attempts != 0 || j.Generation != 1 {
		f.Errorf("Claim = %+v, want no attempts, generation 1", j)
	}
}

func releaseCountsNothing(f *fixture) {
	first := f.take("shoe")
	f.release(first, time.Hour)
	f.wantStats(queue.Stats{Delayed: 1})
	f.advance(59 * time.Minute)
	f.wantNothingDue()
	f.advance(time.Minute)
	j := f.takeDue("shoe")
	if j.Attempts != 0 || j.Crashes != 0 || !j.Enqueued.Equal(first.Enqueued) {
		f.Errorf("Claim = %+v, want nothing counted, enqueued %v", j, first.Enqueued)
	}
}

func releaseKeepsCount(f *fixture) {
	f.retry(f.take("shoe"), 0, false)
	f.release(f.takeDue("shoe"), 0)
	if j := f.takeDue("shoe"); j.Attempts != 1 {
		f.Errorf("Attempts = %d, want 1 as before the release", j.Attempts)
	}
}

func releaseChanged(f *fixture) {
	j := f.take("shoe")
	f.enqueue("shoe")
	f.release(j, time.Hour)
	f.wantNothingDue()
	f.advance(time.Hour)
	if j := f.takeDue("shoe"); j.Generation != 2 {
		f.Errorf("Generation = %d, want 2", j.Generation)
	}
}

func releaseNow(f *fixture) {
	f.release(f.take("shoe"), 0)
	f.takeDue("shoe")
}
