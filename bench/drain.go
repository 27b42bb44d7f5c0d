package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"github.com/omniflow/omniflow/internal/event"
	"github.com/omniflow/omniflow/internal/job"
	"github.com/omniflow/omniflow/internal/queue"
)

// The drains that are compared; each job is one request to Flow.
const (
	drainBare     = "bare" // a loop of requests, without any queue
	drainAsynq    = "asynq"
	drainOmniflow = "omniflow"
)

// drain compares the ways to work off a queue while Flow answers at once.
func drain(ctx context.Context, s settings, t *table) error {
	const inFlight = 64
	m, err := compareDrains(ctx, s, []string{drainBare, drainAsynq, drainOmniflow}, drainTask{
		Jobs: s.drained, InFlight: inFlight,
	}, 0)
	if err != nil {
		return fmt.Errorf("drain %w", err)
	}
	noteDrains(t, "drain ", m)
	t.atLeast("drain ÷ bare client", 100*m[drainOmniflow].rate/m[drainBare].rate, 70, " %")
	t.atLeast("drain ÷ asynq", m[drainOmniflow].rate/m[drainAsynq].rate, 3, "×")
	return nil
}

// slowFlow does the same while Flow takes its time.
func slowFlow(ctx context.Context, s settings, t *table) error {
	const inFlight, delay = 256, 20 * time.Millisecond
	m, err := compareDrains(ctx, s, []string{drainBare, drainOmniflow}, drainTask{
		Jobs: s.drained * 3 / 2, InFlight: inFlight,
	}, delay)
	if err != nil {
		return fmt.Errorf("drain at 20 ms %w", err)
	}
	noteDrains(t, "drain at 20 ms × 256, ", m)
	t.atLeast("drain at 20 ms × 256 ÷ bare client", 100*m[drainOmniflow].rate/m[drainBare].rate, 95, " %")
	return nil
}

func noteDrains(t *table, title string, m map[string]sample) {
	for _, kind := range []string{drainBare, drainAsynq, drainOmniflow} {
		if one, ok := m[kind]; ok {
			t.note(title+kind, "%.0f/s, CPU %.1f + Redis %.1f µs", one.rate, us(one.service), us(one.redis))
		}
	}
}

func compareDrains(
	ctx context.Context, s settings, kinds []string, task drainTask, delay time.Duration,
) (map[string]sample, error) {
	samples := map[string][]sample{}
	for round := range s.rounds {
		for i := range kinds {
			task.Kind = kinds[(i+round)%len(kinds)]
			if s.profiles != "" {
				task.Profile = filepath.Join(s.profiles, fmt.Sprintf("drain-%s-%v.prof", task.Kind, delay))
			}
			one, err := measureDrain(ctx, task, delay)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", task.Kind, err)
			}
			samples[task.Kind] = append(samples[task.Kind], one)
		}
	}
	m := map[string]sample{}
	for _, kind := range kinds {
		m[kind] = middle(samples[kind])
	}
	return m, nil
}

func measureDrain(ctx context.Context, task drainTask, delay time.Duration) (sample, error) {
	r, err := startRedis(ctx)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	pos, err := spawn(ctx, "flow", flowTask{delay})
	if err != nil {
		return sample{}, err
	}
	defer pos.stop()
	var at serving
	if err := pos.read(&at); err != nil {
		return sample{}, err
	}
	if err := fill(ctx, r, task); err != nil {
		return sample{}, fmt.Errorf("fill the queue: %w", err)
	}
	task.Redis, task.RedisPID, task.Flow = r.addr, r.pid(), at.Addr
	var done drainResult
	if err := once(ctx, "drain", task, &done); err != nil {
		return sample{}, err
	}
	n := time.Duration(task.Jobs)
	one := sample{
		rate: float64(task.Jobs) / done.Took.Seconds(), service: done.Service / n, redis: done.Redis / n,
	}
	return one, accountDrain(ctx, r, task, at.Addr)
}

// fill queues the jobs of a drain.
func fill(ctx context.Context, r *redisServer, task drainTask) error {
	switch task.Kind {
	case drainOmniflow:
		q, err := queue.New(r.rdb, queue.Options{})
		if err != nil {
			return err
		}
		for first := 0; first < task.Jobs; first += 1000 {
			var entries []queue.Entry
			for i := first; i < min(first+1000, task.Jobs); i++ {
				entries = append(entries, drainEntry(i))
			}
			if _, err := q.Enqueue(ctx, entries); err != nil {
				return err
			}
		}
	case drainAsynq:
		return fillAsynq(ctx, r, task.Jobs)
	}
	return nil
}

func fillAsynq(ctx context.Context, r *redisServer, jobs int) error {
	peer := newAsynqIntake(r.addr)
	defer peer.client.Close()
	var all sync.WaitGroup
	const senders = 32
	errs := make([]error, senders)
	for n := range senders {
		all.Go(func() {
			for i := n; i < jobs && errs[n] == nil; i += senders {
				_, errs[n] = peer.Enqueue(ctx, []queue.Entry{drainEntry(i)})
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func drainEntry(i int) queue.Entry {
	id := fmt.Sprintf("p%07d", i)
	return queue.Entry{
		Tenant: benchTenant, Key: job.Key{Resource: event.Product, ID: id},
		Cause:  job.Cause{EventID: "event-" + id, Change: event.Changed, Time: time.Now().UTC()},
		Dedupe: "event-" + id,
	}
}

// accountDrain compares the jobs with what Flow got and with what is left in the queue.
func accountDrain(ctx context.Context, r *redisServer, task drainTask, flow string) error {
	resp, err := http.Get("http://" + flow + "/") //nolint:noctx // a process of our own
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var got flowCount
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		return err
	}
	if got.Requests != task.Jobs || got.Distinct != task.Jobs {
		return fmt.Errorf("%d jobs, but Flow got %d requests for %d objects",
			task.Jobs, got.Requests, got.Distinct)
	}
	left, err := leftIn(ctx, r, task.Kind)
	if err == nil && left != 0 {
		err = fmt.Errorf("%d jobs are left in the queue", left)
	}
	return err
}

func leftIn(ctx context.Context, r *redisServer, kind string) (int, error) {
	switch kind {
	case drainOmniflow:
		q, err := queue.New(r.rdb, queue.Options{})
		if err != nil {
			return 0, err
		}
		s, err := q.Stats(ctx, benchTenant)
		return s.Ready + s.Delayed + s.Leased + s.Dead, err
	case drainAsynq:
		inspector := asynq.NewInspector(asynqOptions(r.addr))
		defer inspector.Close()
		info, err := inspector.GetQueueInfo(string(benchTenant))
		if err != nil {
			return 0, err
		}
		return info.Size, nil
	}
	return 0, nil
}
