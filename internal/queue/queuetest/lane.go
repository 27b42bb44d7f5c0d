package queuetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func laneCases() []behaviour {
	return []behaviour{
		{name: "live goes first", check: liveFirst},
		{name: "bulk gets every fourth slot of a claim", check: shareOfAClaim},
		{name: "bulk gets every fourth slot of many claims", check: shareOfManyClaims},
		{name: "bulk gets what live does not need", check: bulkAlone},
		{name: "live gets all while no bulk job is due", check: liveAlone},
		{name: "live loses no turn to bulk that came later", check: turnIsEarned},
		{name: "wait is that of both lanes", check: waitOfLanes},
		{name: "one lane alone can be claimed", check: oneLane},
		{name: "a live event lifts a waiting job", check: liftWaiting},
		{name: "a live event lifts a leased job", check: liftLeased},
		{name: "a live event lifts a job and keeps its backoff", check: liftBackoff},
		{name: "a live event ends the backoff of a data fault", check: liftDataFault},
		{name: "a bulk entry does not lower a job", check: bulkDoesNotLower},
		{name: "events on one job in one call count in order", check: liftInCall},
		{name: "a duplicate does not lift", check: duplicateDoesNotLift},
		{name: "the lane is kept", check: laneIsKept},
		{name: "a dead job comes back in the lane of what revives it", check: laneOfRevival},
		{name: "a replayed job is live", check: laneOfReplay},
	}
}

func bulk(id string) queue.Entry {
	e := entry(id, "catch-up")
	e.Lane = job.Bulk
	return e
}

// fill makes jobs l00, l01 and on in the live lane, b00, b01 and on in the bulk lane.
func (f *fixture) fill(live, inBulk int) {
	f.Helper()
	for i := range live {
		f.enqueue(fmt.Sprintf("l%02d", i))
	}
	for i := range inBulk {
		f.send(bulk(fmt.Sprintf("b%02d", i)))
	}
}

// lanes returns one letter per claimed job, and checks that the job says so too.
func (f *fixture) lanes(n int) string {
	f.Helper()
	var letters strings.Builder
	for _, j := range f.claim(n).Jobs {
		if want := map[byte]job.Lane{'l': job.Live, 'b': job.Bulk}[j.ID[0]]; j.Lane != want {
			f.Errorf("Lane of %s = %s, want %s", j.ID, j.Lane, want)
		}
		letters.WriteByte(j.ID[0])
	}
	return letters.String()
}

func (f *fixture) wantLanes(n int, want string) {
	f.Helper()
	if got := f.lanes(n); got != want {
		f.Fatalf("Claim(%d) = lanes %q, want %q", n, got, want)
	}
}

// takeBulk enqueues a product in the bulk lane and leases it.
func (f *fixture) takeBulk(id string) job.Job {
	f.Helper()
	f.send(bulk(id))
	return f.takeDue(id)
}

// wantLane leases the only job that is due.
func (f *fixture) wantLane(id string, want job.Lane) job.Job {
	f.Helper()
	j := f.takeDue(id)
	if j.Lane != want {
		f.Errorf("Lane of %s = %s, want %s", id, j.Lane, want)
	}
	return j
}

func liveFirst(f *fixture) {
	f.send(bulk("b"))
	f.advance(time.Hour)
	f.enqueue("l")
	f.wantStats(queue.Stats{Ready: 2, Bulk: 1})
	f.wantLanes(1, "l")
	f.wantLanes(1, "b")
	f.wantStats(queue.Stats{Leased: 2})
}

func shareOfAClaim(f *fixture) {
	f.fill(9, 9)
	f.wantLanes(10, "lllblllbll")
	f.wantLanes(10, "lbbbbbbb")
}

func shareOfManyClaims(f *fixture) {
	f.fill(9, 9)
	var got strings.Builder
	for range 18 {
		got.WriteString(f.lanes(1))
	}
	if want := "lllblllblllbbbbbbb"; got.String() != want {
		f.Errorf("18 × Claim(1) = lanes %q, want %q", got.String(), want)
	}
}

func bulkAlone(f *fixture) {
	f.fill(0, 5)
	f.wantLanes(4, "bbbb")
	f.wantLanes(4, "b")
}

func liveAlone(f *fixture) {
	f.release(f.takeBulk("b"), time.Hour)
	f.fill(8, 0)
	f.wantLanes(8, "llllllll")
	f.wantStats(queue.Stats{Delayed: 1, Leased: 8})
}

func turnIsEarned(f *fixture) {
	f.fill(8, 0)
	f.wantLanes(3, "lll") // nobody waited for these
	f.fill(0, 1)
	f.wantLanes(5, "lllbl")
}

func waitOfLanes(f *fixture) {
	f.release(f.takeBulk("b"), time.Minute)
	f.release(f.take("l"), time.Hour)
	f.wantAbout("Wait", f.claim(1).Wait, time.Minute)
	f.advance(time.Minute)
	f.wantLanes(1, "b")
	f.wantAbout("Wait", f.claim(1).Wait, time.Hour-time.Minute)
}

func oneLane(f *fixture) {
	f.fill(3, 3)
	claim := func(lane job.Lane, want string) {
		const n = 2
		f.Helper()
		c, err := f.q.ClaimLane(f.ctx(), here, lane, n)
		if err != nil {
			f.Fatalf("ClaimLane(%s, %d) = %v, want nil", lane, n, err)
		}
		var got strings.Builder
		for _, j := range c.Jobs {
			got.WriteByte(j.ID[0])
		}
		if got.String() != want || c.Wait != 0 {
			f.Errorf("ClaimLane(%s, %d) = %q, wait %v; want %q and no wait: the other lane has work",
				lane, n, got.String(), c.Wait, want)
		}
	}
	claim(job.Live, "ll")
	claim(job.Bulk, "bb")
	claim(job.Live, "l")
	claim(job.Live, "")
	f.wantLanes(2, "b")
}

func liftWaiting(f *fixture) {
	f.send(bulk("shoe"))
	f.wantResult(entry("shoe", "newer"), queue.Coalesced)
	f.wantStats(queue.Stats{Ready: 1})
	if j := f.wantLane("shoe", job.Live); j.Generation != 2 {
		f.Errorf("Generation = %d, want 2", j.Generation)
	}
	f.wantNothingDue()
}

func liftLeased(f *fixture) {
	for name, end := range map[string]func(j job.Job){
		"ack":     func(j job.Job) { f.ack(j, 0) },
		"retry":   func(j job.Job) { f.retry(j, 0, false) },
		"release": func(j job.Job) { f.release(j, 0) },
		"bury":    func(j job.Job) { f.bury(j, "reason", "detail") },
		"reap":    func(job.Job) { f.advance(lease); f.reap() },
	} {
		j := f.takeBulk(name)
		f.enqueue(name)
		end(j)
		f.ack(f.wantLane(name, job.Live), 0)
	}
}

func liftBackoff(f *fixture) {
	f.retry(f.takeBulk("shoe"), time.Hour, false)
	f.wantStats(queue.Stats{Delayed: 1})
	f.enqueue("shoe")
	f.wantStats(queue.Stats{Delayed: 1})
	f.wantAbout("Wait", f.claim(1).Wait, time.Hour)
	f.advance(time.Hour)
	if j := f.wantLane("shoe", job.Live); j.Attempts != 1 {
		f.Errorf("Attempts = %d, want 1", j.Attempts)
	}
}

func liftDataFault(f *fixture) {
	f.retry(f.takeBulk("shoe"), time.Hour, true)
	f.enqueue("shoe")
	f.wantLane("shoe", job.Live)
}

func bulkDoesNotLower(f *fixture) {
	f.enqueue("shoe")
	f.wantResult(bulk("shoe"), queue.Coalesced)
	j := f.wantLane("shoe", job.Live)
	f.wantResult(bulk("shoe"), queue.Coalesced)
	f.ack(j, 0)
	f.wantLane("shoe", job.Live)
}

// liftInCall names a dead job, one that waits in the bulk lane and a new one several times each.
func liftInCall(f *fixture) {
	f.bury(f.take("dead"), "reason", "detail")
	f.send(bulk("waits"))
	ids := []string{"dead", "waits", "new"}
	var entries []queue.Entry
	for _, id := range ids {
		entries = append(entries, bulk(id), entry(id, "second"), bulk(id), entry(id, "last"))
	}
	results := f.send(entries...)
	for i, id := range ids {
		want := []queue.Result{queue.Accepted, queue.Coalesced, queue.Coalesced, queue.Coalesced}
		if id == "waits" {
			want[0] = queue.Coalesced
		}
		if got := results[4*i : 4*i+4]; !slices.Equal(got, want) {
			f.Errorf("Enqueue of %s four times in one call = %v, want %v", id, got, want)
		}
	}
	f.wantStats(queue.Stats{Ready: 3})
	generations := map[string]int64{"dead": 5, "waits": 5, "new": 4}
	for _, j := range f.claim(10).Jobs {
		want := generations[j.ID]
		if j.Lane != job.Live || j.Cause.EventID != "last" || j.Generation != want {
			f.Errorf("Claim = %+v, want a live job of the last event and generation %d", j, want)
		}
		f.ack(j, 0)
	}
	f.wantStats(queue.Stats{})
}

func duplicateDoesNotLift(f *fixture) {
	first := entry("shoe", "e")
	first.Dedupe = "e"
	f.send(first)
	f.ack(f.takeDue("shoe"), 0)
	f.send(bulk("shoe"))
	f.wantResult(first, queue.Duplicate)
	f.wantLane("shoe", job.Bulk)
}

func laneIsKept(f *fixture) {
	j := f.takeBulk("shoe")
	for _, end := range []func(j job.Job){
		func(j job.Job) { f.retry(j, time.Minute, false) },
		func(j job.Job) { f.retry(j, time.Minute, true) },
		func(j job.Job) { f.release(j, time.Minute) },
		func(j job.Job) { f.ack(j, time.Minute) },
		func(j job.Job) { f.send(bulk("shoe")); f.ack(j, time.Minute) },
		func(job.Job) { f.advance(lease); f.reap() },
	} {
		end(j)
		f.advance(time.Minute)
		j = f.wantLane("shoe", job.Bulk)
	}
}

func laneOfRevival(f *fixture) {
	f.bury(f.take("shoe"), "reason", "detail")
	f.wantResult(bulk("shoe"), queue.Accepted)
	f.bury(f.wantLane("shoe", job.Bulk), "reason", "detail")
	f.wantResult(entry("shoe", "newer"), queue.Accepted)
	f.wantLane("shoe", job.Live)
}

func laneOfReplay(f *fixture) {
	f.bury(f.takeBulk("shoe"), "reason", "detail")
	f.ok("Replay", f.q.Replay(f.ctx(), here, product("shoe")))
	f.wantLane("shoe", job.Live)
}
