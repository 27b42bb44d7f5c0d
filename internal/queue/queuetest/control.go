package queuetest

import (
	"context"
	"errors"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func controlCases() []behaviour {
	return []behaviour{
		{name: "pause blocks claims alone", check: pause},
		{name: "suspension blocks claims alone", check: suspend},
		{name: "pause and suspension are lifted apart", check: pauseAndSuspend},
		{name: "a suspension without a reason is seen", check: suspendWithoutReason},
		{name: "a block holds for one tenant", check: blockIsPerTenant},
		{name: "stats count every state", check: statsCount},
		{name: "an unknown tenant is an empty one", check: unknownTenant},
		{name: "an ended context is an error", check: endedContext},
	}
}

// wantBlocked says that a claim is refused for the reason, with a job waiting.
func (f *fixture) wantBlocked(want queue.Blocked) {
	f.Helper()
	c := f.claim(10)
	if c.Blocked != want || len(c.Jobs) != 0 || c.Wait >= 0 {
		f.Errorf("Claim(10) = %+v, want blocked %q, no job, no time to wait for", c, want)
	}
}

func pause(f *fixture) {
	running := f.take("running")
	f.ok("Pause", f.q.Pause(f.ctx(), here))
	f.ok("second Pause", f.q.Pause(f.ctx(), here))
	f.wantResult(entry("shoe", "e"), queue.Accepted)
	f.wantBlocked(queue.Paused)
	f.ack(running, 0)
	f.wantStats(queue.Stats{Ready: 1, Paused: true})
	f.ok("Resume", f.q.Resume(f.ctx(), here))
	f.ok("second Resume", f.q.Resume(f.ctx(), here))
	f.wantStats(queue.Stats{Ready: 1})
	f.takeDue("shoe")
}

func suspend(f *fixture) {
	running := f.take("running")
	f.ok("Suspend", f.q.Suspend(f.ctx(), here, "first reason"))
	f.ok("second Suspend", f.q.Suspend(f.ctx(), here, "401 Unauthorized\n"))
	f.wantResult(entry("shoe", "e"), queue.Accepted)
	f.wantBlocked(queue.Suspended)
	f.release(running, time.Hour)
	f.wantStats(queue.Stats{Ready: 1, Delayed: 1, Suspended: "401 Unauthorized\n"})
	f.ok("Unsuspend", f.q.Unsuspend(f.ctx(), here))
	f.ok("second Unsuspend", f.q.Unsuspend(f.ctx(), here))
	f.takeDue("shoe")
}

func pauseAndSuspend(f *fixture) {
	f.enqueue("shoe")
	f.ok("Suspend", f.q.Suspend(f.ctx(), here, "401"))
	f.ok("Pause", f.q.Pause(f.ctx(), here))
	f.wantStats(queue.Stats{Ready: 1, Paused: true, Suspended: "401"})
	f.wantBlocked(queue.Paused)
	f.ok("Resume", f.q.Resume(f.ctx(), here))
	f.wantBlocked(queue.Suspended)
	f.ok("Pause", f.q.Pause(f.ctx(), here))
	f.ok("Unsuspend", f.q.Unsuspend(f.ctx(), here))
	f.wantBlocked(queue.Paused)
	f.ok("Resume", f.q.Resume(f.ctx(), here))
	f.takeDue("shoe")
}

func suspendWithoutReason(f *fixture) {
	f.enqueue("shoe")
	f.ok("Suspend", f.q.Suspend(f.ctx(), here, ""))
	f.wantBlocked(queue.Suspended)
	s, err := f.q.Stats(f.ctx(), here)
	f.ok("Stats", err)
	if s.Suspended == "" {
		f.Errorf("Stats = %+v, want a suspension to be seen", s)
	}
}

func blockIsPerTenant(f *fixture) {
	f.ok("Pause", f.q.Pause(f.ctx(), "there"))
	f.ok("Suspend", f.q.Suspend(f.ctx(), "elsewhere", "401"))
	f.take("shoe")
}

func statsCount(f *fixture) {
	f.bury(f.take("dead"), "reason", "detail")
	f.retry(f.take("retried"), 3*time.Hour, false)
	f.release(f.take("released"), 3*time.Hour)
	f.ack(f.take("again"), 3*time.Hour)
	f.take("leased")
	f.enqueue("oldest")
	f.advance(time.Hour)
	f.enqueue("ready")
	f.wantStats(queue.Stats{Ready: 2, Delayed: 3, Leased: 1, Dead: 1})
	s, err := f.q.Stats(f.ctx(), here)
	f.ok("Stats", err)
	f.wantAbout("Oldest", s.Oldest, time.Hour)
	// What waits for its time counts from then on.
	f.advance(4 * time.Hour)
	f.wantStats(queue.Stats{Ready: 5, Leased: 1, Dead: 1})
	s, err = f.q.Stats(f.ctx(), here)
	f.ok("Stats", err)
	f.wantAbout("Oldest", s.Oldest, 5*time.Hour)
}

func unknownTenant(f *fixture) {
	f.wantNothingDue()
	r := f.reap()
	if len(r.Returned)+len(r.Buried) != 0 {
		f.Errorf("Reap = %+v, want nothing", r)
	}
	if n, err := f.q.ExpireDeadLetters(f.ctx(), here); n != 0 || err != nil {
		f.Errorf("ExpireDeadLetters = %d, %v, want 0, nil", n, err)
	}
	stray := job.Job{Tenant: here, Key: product("shoe"), Token: 1, Generation: 1}
	if held, err := f.q.Extend(f.ctx(), here, []job.Job{stray}); err != nil || held[0] {
		f.Errorf("Extend = %v, %v, want [false], nil", held, err)
	}
	_, err := f.q.Ack(f.ctx(), stray, 0)
	f.wantError("Ack", err, queue.ErrLeaseLost)
	f.wantError("Replay", f.q.Replay(f.ctx(), here, stray.Key), queue.ErrNotFound)
	f.ok("Resume", f.q.Resume(f.ctx(), here))
	f.ok("Unsuspend", f.q.Unsuspend(f.ctx(), here))
	f.wantStats(queue.Stats{})
}

func endedContext(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx())
	j := f.take("shoe")
	cancel()
	results, err := f.q.Enqueue(ctx, []queue.Entry{entry("boot", "e")})
	f.wantError("Enqueue", err, context.Canceled)
	if len(results) != 1 || results[0] != "" {
		f.Errorf("Enqueue = %q, want one empty result", results)
	}
	_, errClaim := f.q.Claim(ctx, here, 1)
	_, errAck := f.q.Ack(ctx, j, 0)
	_, errStats := f.q.Stats(ctx, here)
	for call, err := range map[string]error{
		"Claim": errClaim, "Ack": errAck, "Stats": errStats,
		"Park": f.q.Park(ctx, []queue.Parked{{}}), "Pause": f.q.Pause(ctx, here),
	} {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("%s = %v, want %v", call, err, context.Canceled)
		}
	}
	f.wantStats(queue.Stats{Leased: 1})
}
