package worker_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// inBulk puts n products into the bulk lane.
func (f *fixture) inBulk(n int) {
	f.Helper()
	entries := make([]queue.Entry, n)
	for i := range entries {
		entries[i] = queue.Entry{
			Tenant: here, Lane: job.Bulk, Key: job.Key{Resource: "product", ID: fmt.Sprintf("b%04d", i)},
		}
	}
	for part := range slices.Chunk(entries, queue.MaxBatch) {
		if _, err := f.queue.Enqueue(f.Context(), part); err != nil {
			f.Fatalf("Enqueue: %v", err)
		}
	}
}

// batches remembers how many jobs of which lane came together.
type batches struct {
	mu    sync.Mutex
	sizes map[job.Lane][]int
}

func (b *batches) handler(work func(context.Context, job.Job) job.Outcome) handle {
	return func(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
		b.mu.Lock()
		if b.sizes == nil {
			b.sizes = map[job.Lane][]int{}
		}
		b.sizes[jobs[0].Lane] = append(b.sizes[jobs[0].Lane], len(jobs))
		b.mu.Unlock()
		job.Each(ctx, jobs, settle, work)
	}
}

func (b *batches) of(lane job.Lane) []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sizes[lane])
}

func TestBulkJobsComeInLargeBatches(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var b batches
		f.inBulk(1000)
		f.drain(4, b.handler(func(ctx context.Context, j job.Job) job.Outcome {
			if job.LaneOf(ctx) != job.Bulk {
				f.Errorf("the context of bulk job %s says %s", j.ID, job.LaneOf(ctx))
			}
			time.Sleep(time.Duration(1+j.ID[4]%10) * 10 * time.Millisecond)
			return done
		}))
		f.pass(time.Minute)
		f.wantStats(queue.Stats{})
		if sizes := b.of(job.Bulk); len(sizes) > 4 {
			t.Errorf("1000 bulk jobs came in %d batches of %v, want at most 4: each costs requests", len(sizes), sizes)
		}
	})
}

// TestBulkJobsThatSettleCostNoClaims counts what the loop asks of Redis while a batch is worked off job
// by job.
func TestBulkJobsThatSettleCostNoClaims(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.inBulk(256)
		f.drain(4, each(func(_ context.Context, j job.Job) job.Outcome {
			time.Sleep(time.Duration(j.ID[4]-'0'+10*(j.ID[3]-'0')) * time.Millisecond)
			return done
		}))
		f.pass(200 * time.Millisecond)
		f.wantStats(queue.Stats{})
		if n := f.asked(); n > 20 {
			t.Errorf("256 bulk jobs were claimed with %d scripts, want about 4 and those that find nothing", n)
		}
	})
}

func TestLiveJobsDoNotWaitForBulkOnes(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var waited atomic.Int64 // nanoseconds
		f.inBulk(500)
		f.drain(2, each(func(_ context.Context, j job.Job) job.Outcome {
			if j.Lane == job.Bulk {
				time.Sleep(time.Hour)
				return done
			}
			waited.Store(max(waited.Load(), int64(time.Since(j.Enqueued))))
			return done
		}))
		f.pass(10 * time.Second) // bulk has all the room it gets
		for range 20 {
			f.enqueue(here, f.products(5)...)
			f.pool.Wake(here)
			f.pass(2 * time.Second)
		}
		if w := time.Duration(waited.Load()); w > time.Millisecond {
			t.Errorf("a live job waited %v while bulk jobs hung, want no time", w)
		}
	})
}

func TestBulkJobsAreNotStarved(t *testing.T) {
	inBubble(t, func(f *fixture) {
		var b batches
		f.inBulk(50)
		f.enqueue(here, f.products(200)...)
		f.drain(1, b.handler(func(context.Context, job.Job) job.Outcome {
			time.Sleep(100 * time.Millisecond)
			return done
		}))
		f.pass(5 * time.Second) // 50 of the 200 live ones
		if len(b.of(job.Bulk)) == 0 {
			t.Error("no bulk job was started while the live lane never ran dry")
		}
		f.pass(time.Minute)
		f.wantStats(queue.Stats{})
	})
}

func TestHalfOpenTargetIsProbedByBulkJobsToo(t *testing.T) {
	inBubble(t, func(f *fixture) {
		f.target.capacity = 1
		f.inBulk(3)
		g := new(gauge)
		f.drain(8, g.busy(time.Second))
		f.pass(2500 * time.Millisecond)
		g.want(f, 1, 2)
		f.target.set(func(g *target) { g.capacity = math.MaxInt })
		f.pass(5 * time.Second)
		f.wantStats(queue.Stats{})
	})
}
