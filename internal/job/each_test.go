package job_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
)

func numbered(n int) []job.Job {
	jobs := make([]job.Job, n)
	for i := range jobs {
		jobs[i].Key = job.Key{Resource: event.Product, ID: fmt.Sprint(i)}
	}
	return jobs
}

// settled collects outcomes by id and how often each job was settled.
type settled struct {
	mu       sync.Mutex
	outcomes map[string]job.Outcome
	times    map[string]int
}

func (s *settled) settle(j job.Job, o job.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outcomes == nil {
		s.outcomes, s.times = map[string]job.Outcome{}, map[string]int{}
	}
	s.outcomes[j.ID] = o
	s.times[j.ID]++
}

func TestEachSettlesEveryJobOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100} {
		var s settled
		job.Each(t.Context(), numbered(n), s.settle, func(_ context.Context, j job.Job) job.Outcome {
			return job.Outcome{Verdict: job.Done, Result: job.Pushed, Reason: j.ID}
		})
		if len(s.times) != n {
			t.Errorf("Each with %d jobs settled %d", n, len(s.times))
		}
		for id, times := range s.times {
			if times != 1 || s.outcomes[id].Reason != id {
				t.Errorf("Each settled job %s %d times with the outcome of %s, want once with its own",
					id, times, s.outcomes[id].Reason)
			}
		}
	}
}

func TestEachPanicFailsItsOwnJob(t *testing.T) {
	t.Parallel()
	var s settled
	job.Each(t.Context(), numbered(10), s.settle, func(_ context.Context, j job.Job) job.Outcome {
		switch j.ID {
		case "3":
			panic("boom")
		case "4":
			panic(errors.New("error value"))
		case "5":
			panic(nil)
		}
		return job.Outcome{Verdict: job.Done}
	})
	for id, o := range s.outcomes {
		text := map[string]string{"3": "panic: boom", "4": "panic: error value", "5": "panic: panic called with nil"}[id]
		if text == "" {
			if o.Verdict != job.Done {
				t.Errorf("outcome of job %s = %+v, want done: it did not panic", id, o)
			}
			continue
		}
		if o.Verdict != job.Failed || o.Reason != "panic" || !strings.HasPrefix(o.Err.Error(), text) ||
			!strings.Contains(o.Detail, "each_test.go") {
			t.Errorf("outcome of job %s = %+v, want failed with %q and the stack", id, o, text)
		}
	}
}

// TestEachSettlesAtOnce checks that a slow job does not hold up the outcome of a quick one, and that
// Each returns with the last.
func TestEachSettlesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		took := map[string]time.Duration{}
		var mu sync.Mutex
		job.Each(t.Context(), numbered(3), func(j job.Job, _ job.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			took[j.ID] = time.Since(start)
		}, func(ctx context.Context, j job.Job) job.Outcome {
			timer := time.NewTimer(time.Duration(len(j.ID)+int(j.ID[0]-'0')) * time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			return job.Outcome{Verdict: job.Done}
		})
		if total := time.Since(start); total != 3*time.Second {
			t.Errorf("Each returned after %v, want 3s: with its last job", total)
		}
		for id, want := range map[string]time.Duration{"0": time.Second, "1": 2 * time.Second, "2": 3 * time.Second} {
			if took[id] != want {
				t.Errorf("job %s was settled after %v, want %v", id, took[id], want)
			}
		}
	})
}

// TestEachReturnsAfterGoexit covers work that ends its goroutine: the others are settled, and Each
// returns, so that its caller can deal with the one that is open.
func TestEachReturnsAfterGoexit(t *testing.T) {
	t.Parallel()
	var s settled
	job.Each(t.Context(), numbered(3), s.settle, func(_ context.Context, j job.Job) job.Outcome {
		if j.ID == "1" {
			runtime.Goexit()
		}
		return job.Outcome{Verdict: job.Done}
	})
	if s.times["0"] != 1 || s.times["1"] != 0 || s.times["2"] != 1 {
		t.Errorf("settled = %v, want the jobs 0 and 2", s.times)
	}
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	err := errors.New("why")
	tests := map[string]struct{ got, want job.Outcome }{
		"Bury":    {job.Bury("r", err), job.Outcome{Verdict: job.Permanent, Reason: "r", Err: err}},
		"Snooze":  {job.Snooze(1, "r", err), job.Outcome{Verdict: job.Snoozed, Reason: "r", Err: err, Delay: 1}},
		"Defer":   {job.Defer(1, "r"), job.Outcome{Verdict: job.Deferred, Reason: "r", Delay: 1}},
		"Suspend": {job.Suspend("r", err), job.Outcome{Verdict: job.Suspended, Reason: "r", Err: err}},
		"Fail":    {job.Fail("r", err), job.Outcome{Verdict: job.Failed, Reason: "r", Err: err}},
	}
	for name, test := range tests {
		if test.got != test.want {
			t.Errorf("%s = %+v, want %+v", name, test.got, test.want)
		}
	}
}

// TestEachOfTheBulkLaneLeavesRoom checks that few jobs of a large batch run at once, and that those whose
// goroutine ends early make room too.
func TestEachOfTheBulkLaneLeavesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s settled
		var mu sync.Mutex
		running, peak := 0, 0
		job.Each(job.InLane(t.Context(), job.Bulk), numbered(100), s.settle, func(_ context.Context, j job.Job) job.Outcome {
			mu.Lock()
			running++
			peak = max(peak, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			if len(j.ID) == 1 {
				runtime.Goexit()
			}
			return job.Outcome{Verdict: job.Done}
		})
		if peak != 16 || len(s.times) != 90 {
			t.Errorf("Each of the bulk lane ran %d jobs at once and settled %d, want 16 and 90", peak, len(s.times))
		}
	})
}
