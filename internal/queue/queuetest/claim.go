package queuetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

func claimCases() []behaviour {
	return []behaviour{
		{name: "due longest first", check: oldestFirst},
		{name: "order follows the due time, not the arrival", check: orderByDue},
		{name: "at most as many as asked for", check: claimLimit},
		{name: "none when none are asked for", check: claimNone},
		{name: "at most one batch", check: claimBatch},
		{name: "wait until the next is due", check: claimWait},
		{name: "no job is claimed twice", check: noDoubleClaim},
		{name: "tenants are apart", check: tenantsApart},
		{name: "tokens grow", check: tokensGrow},
	}
}

func (f *fixture) wantClaim(n int, ids ...string) {
	f.Helper()
	var want []job.Key
	for _, id := range ids {
		want = append(want, product(id))
	}
	c := f.claim(n)
	if got := keysOf(c.Jobs); !slices.Equal(got, want) {
		f.Fatalf("Claim(%d) = %v, want %v", n, got, want)
	}
}

func oldestFirst(f *fixture) {
	for _, id := range []string{"c", "a", "d", "b"} {
		f.enqueue(id)
		f.advance(time.Second)
	}
	f.wantClaim(10, "c", "a", "d", "b")
}

func orderByDue(f *fixture) {
	f.release(f.take("late"), time.Hour)
	f.release(f.take("soon"), time.Minute)
	f.advance(2 * time.Minute)
	f.enqueue("now")
	f.advance(time.Hour)
	f.wantClaim(10, "soon", "now", "late")
}

func claimLimit(f *fixture) {
	for _, id := range []string{"a", "b", "c"} {
		f.enqueue(id)
		f.advance(time.Second)
	}
	f.wantClaim(2, "a", "b")
	f.wantStats(queue.Stats{Ready: 1, Leased: 2})
	f.wantClaim(2, "c")
}

func claimNone(f *fixture) {
	f.enqueue("a")
	for _, n := range []int{0, -1} {
		f.wantClaim(n)
	}
	f.wantStats(queue.Stats{Ready: 1})
}

func claimBatch(f *fixture) {
	var entries []queue.Entry
	for i := range queue.MaxBatch + 5 {
		entries = append(entries, entry(fmt.Sprint(i), "e"))
	}
	f.send(entries...)
	if got := len(f.claim(10 * queue.MaxBatch).Jobs); got != queue.MaxBatch {
		f.Errorf("Claim(%d) = %d jobs, want %d", 10*queue.MaxBatch, got, queue.MaxBatch)
	}
	f.wantStats(queue.Stats{Ready: 5, Leased: queue.MaxBatch})
}

func claimWait(f *fixture) {
	if w := f.claim(1).Wait; w >= 0 {
		f.Errorf("Wait of an empty queue = %v, want a negative one", w)
	}
	f.enqueue("a", "b")
	if w := f.claim(1).Wait; w != 0 {
		f.Errorf("Wait with another job due = %v, want 0", w)
	}
	c := f.claim(1)
	if c.Wait >= 0 {
		f.Errorf("Wait with all jobs leased = %v, want a negative one", c.Wait)
	}
	f.release(c.Jobs[0], time.Hour)
	f.advance(20 * time.Minute)
	f.wantAbout("Wait", f.claim(1).Wait, 40*time.Minute)
}

func noDoubleClaim(f *fixture) {
	const jobs, workers = 120, 6
	var entries []queue.Entry
	for i := range jobs {
		entries = append(entries, entry(fmt.Sprint(i), "e"))
	}
	f.send(entries...)
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		claimed = map[job.Key]int{}
	)
	for range workers {
		wg.Go(func() {
			for range jobs {
				c, err := f.q.Claim(f.ctx(), here, 7)
				if err != nil {
					f.Errorf("Claim(7) = %v, want nil", err)
				}
				mu.Lock()
				for _, j := range c.Jobs {
					claimed[j.Key]++
				}
				mu.Unlock()
				if len(c.Jobs) == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for key, n := range claimed {
		if n != 1 {
			f.Errorf("%s was claimed %d times, want once", key, n)
		}
	}
	if len(claimed) != jobs {
		f.Errorf("%d jobs were claimed, want %d", len(claimed), jobs)
	}
}

func tenantsApart(f *fixture) {
	f.enqueue("shoe")
	there, err := f.q.Claim(f.ctx(), "there", 10)
	f.ok("Claim", err)
	if len(there.Jobs) != 0 {
		f.Errorf("Claim for another tenant = %v, want no job", keysOf(there.Jobs))
	}
	stray := f.takeDue("shoe")
	stray.Tenant = "there"
	_, err = f.q.Ack(f.ctx(), stray, 0)
	f.wantError("Ack for another tenant", err, queue.ErrLeaseLost)
	f.wantStats(queue.Stats{Leased: 1})
}

func tokensGrow(f *fixture) {
	last := int64(0)
	for range 5 {
		f.enqueue("a", "b")
		for _, j := range f.claim(10).Jobs {
			if j.Token <= last {
				f.Errorf("Token = %d after %d, want a larger one", j.Token, last)
			}
			last = j.Token
			f.ack(j, 0)
		}
	}
}
