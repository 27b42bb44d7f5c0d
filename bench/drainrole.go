package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
	"github.com/omniflow/omniflow/internal/worker"
)

// drainTask is what a drain process works off.
type drainTask struct {
	Kind     string
	Jobs     int
	InFlight int
	Redis    string
	RedisPID int
	Flow     string
	Profile  string
}

// drainResult is how long it took and the processor time it cost.
type drainResult struct{ Took, Service, Redis time.Duration }

func drainRole(ctx context.Context, task []byte, out *json.Encoder) error {
	var t drainTask
	if err := json.Unmarshal(task, &t); err != nil {
		return err
	}
	stop, err := profile(t.Profile)
	if err != nil {
		return err
	}
	defer stop()
	work := map[string]func(context.Context, drainTask, *countdown) (func(), error){
		drainBare: workBare, drainAsynq: workAsynq, drainOmniflow: workOmniflow,
	}[t.Kind]
	meter, err := newMeter(os.Getpid(), t.RedisPID)
	if err != nil {
		return err
	}
	left := newCountdown(t.Jobs)
	started := time.Now()
	end, err := work(ctx, t, left)
	if err != nil {
		return err
	}
	if err := left.wait(time.Minute); err != nil {
		return err
	}
	took := time.Since(started)
	end() // what is written after the last job belongs to the cost
	used, err := meter.used()
	if err != nil {
		return err
	}
	return out.Encode(drainResult{took, used[0], used[1]})
}

// countdown tells when every job is done.
type countdown struct {
	left atomic.Int64
	over chan struct{}
}

func newCountdown(n int) *countdown {
	c := &countdown{over: make(chan struct{})}
	c.left.Store(int64(n))
	return c
}

func (c *countdown) done() {
	if c.left.Add(-1) == 0 {
		close(c.over)
	}
}

func (c *countdown) wait(patience time.Duration) error {
	select {
	case <-c.over:
		return nil
	case <-time.After(patience):
		return errors.New("the jobs are not done")
	}
}

// workBare makes the requests without a queue: what nobody can be faster than.
func workBare(ctx context.Context, t drainTask, left *countdown) (func(), error) {
	flow := newFlowCaller(t.Flow)
	var next atomic.Int64
	var all sync.WaitGroup
	for range t.InFlight {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= t.Jobs || flow.put(ctx, drainEntry(i).ID) != nil {
					return // a request that failed keeps the count from reaching zero
				}
				left.done()
			}
		})
	}
	return all.Wait, nil
}

// workOmniflow runs the service's worker pool.
func workOmniflow(ctx context.Context, t drainTask, left *countdown) (func(), error) {
	rdb := redis.NewClient(redisOptions(t.Redis))
	q, err := queue.New(rdb, queue.Options{})
	if err != nil {
		return nil, err
	}
	pool, err := worker.New(worker.Options{
		Queue: queue.NewSettler(q, 0), Lease: q.Lease(),
		Observe: func(r worker.Report) {
			if r.Settled == worker.SettledAcked && r.Err == nil {
				left.done()
			}
		},
		Log: zerolog.New(io.Discard).Level(zerolog.InfoLevel),
	}, []worker.Tenant{{
		ID: benchTenant, Concurrency: t.InFlight, Target: open{},
		Handlers: map[event.Resource]worker.Handler{event.Product: pusher{newFlowCaller(t.Flow)}},
	}})
	if err != nil {
		return nil, err
	}
	stop := background(ctx, pool.Run)
	return func() { stop(); _ = rdb.Close() }, nil
}

// pusher makes one request per job.
type pusher struct{ flow flowCaller }

// Handle implements worker.Handler.
func (p pusher) Handle(ctx context.Context, jobs []job.Job, settle func(job.Job, job.Outcome)) {
	job.Each(ctx, jobs, settle, func(ctx context.Context, j job.Job) job.Outcome {
		if err := p.flow.put(ctx, j.ID); err != nil {
			return job.Fail("flow", err)
		}
		return job.Outcome{Verdict: job.Done, Result: job.Pushed, Writes: 1}
	})
}

// open is a target that takes everything.
type open struct{}

// Capacity implements worker.Target.
func (open) Capacity() (int, time.Duration) { return math.MaxInt, 0 }

// Probe implements worker.Target.
func (open) Probe(context.Context) error { return nil }

// workAsynq runs asynq's server.
func workAsynq(_ context.Context, t drainTask, left *countdown) (func(), error) {
	flow := newFlowCaller(t.Flow)
	server := asynq.NewServer(asynqOptions(t.Redis), asynq.Config{
		Concurrency: t.InFlight, Queues: map[string]int{string(benchTenant): 1},
		LogLevel: asynq.FatalLevel, TaskCheckInterval: 10 * time.Millisecond,
	})
	err := server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		var key job.Key
		if err := json.Unmarshal(task.Payload(), &key); err != nil {
			return err
		}
		if err := flow.put(ctx, key.ID); err != nil {
			return err
		}
		left.done()
		return nil
	}))
	return server.Shutdown, err
}
