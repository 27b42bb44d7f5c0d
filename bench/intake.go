package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/omniflow/omniflow/internal/queue"
)

// sample is one measurement: how many per second, and what one cost.
type sample struct {
	rate           float64
	service, redis time.Duration // processor time per event
	p50, p99       time.Duration
}

const intakeConns = 64

// intake compares the ways to take an event in.
func intake(ctx context.Context, s settings, t *table) error {
	kinds := []string{intakeBare, intakeParse, intakeAsynq, intakeOmniflow, intakeHistory}
	samples := map[string][]sample{}
	for round := range s.rounds {
		for i := range kinds {
			kind := kinds[(i+round)%len(kinds)] // nobody always comes first
			one, err := measureIntake(ctx, s, kind)
			if err != nil {
				return fmt.Errorf("intake %s: %w", kind, err)
			}
			samples[kind] = append(samples[kind], one)
		}
	}
	m := map[string]sample{}
	for _, kind := range kinds {
		m[kind] = middle(samples[kind])
		t.note("intake "+kind, "%.0f/s, p50 %.1f ms, p99 %.1f ms, CPU %.1f + Redis %.1f µs", m[kind].rate,
			ms(m[kind].p50), ms(m[kind].p99), us(m[kind].service), us(m[kind].redis))
	}
	ours := m[intakeOmniflow]
	t.atLeast("intake ÷ asynq", ours.rate/m[intakeAsynq].rate, 1.5, "×")
	t.atLeast("intake ÷ parse-only", 100*ours.rate/m[intakeParse].rate, 50, " %")
	t.atMost("intake CPU per event with Redis", us(ours.service+ours.redis), 45, " µs")
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// middle takes the median of every number by itself.
func middle(samples []sample) sample {
	of := func(field func(sample) float64) float64 {
		var values []float64
		for _, s := range samples {
			values = append(values, field(s))
		}
		return median(values)
	}
	duration := func(field func(sample) time.Duration) time.Duration {
		return time.Duration(of(func(s sample) float64 { return float64(field(s)) }))
	}
	return sample{
		rate:    of(func(s sample) float64 { return s.rate }),
		service: duration(func(s sample) time.Duration { return s.service }),
		redis:   duration(func(s sample) time.Duration { return s.redis }),
		p50:     duration(func(s sample) time.Duration { return s.p50 }),
		p99:     duration(func(s sample) time.Duration { return s.p99 }),
	}
}

// measureIntake runs one intake under load with a Redis of its own.
func measureIntake(ctx context.Context, s settings, kind string) (sample, error) {
	r, err := startRedis(ctx)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	task := serveTask{Intake: kind, Redis: r.addr}
	if s.profiles != "" {
		task.Profile = filepath.Join(s.profiles, "intake-"+kind+".prof")
	}
	service, err := spawn(ctx, "serve", task)
	if err != nil {
		return sample{}, err
	}
	defer service.stop()
	var at serving
	if err := service.read(&at); err != nil {
		return sample{}, err
	}
	warm := loadTask{Addr: at.Addr, Conns: intakeConns, Seed: "warmup", For: 400 * time.Millisecond}
	var before loadResult
	if err := once(ctx, "load", warm, &before); err != nil {
		return sample{}, err
	}
	one, sent, err := measured(ctx, loadTask{Addr: at.Addr, Conns: intakeConns, Seed: "window", For: s.window},
		service.pid(), r.pid())
	if err != nil || kind == intakeBare || kind == intakeParse {
		return one, err
	}
	again := loadTask{Addr: at.Addr, Conns: intakeConns, Seed: "window", Each: 5}
	var repeated loadResult
	if err := once(ctx, "load", again, &repeated); err != nil {
		return sample{}, err
	}
	return one, accountIntake(ctx, r, kind, []loadResult{before, sent, repeated})
}

// measured sends the load and says what it cost the two processes.
func measured(ctx context.Context, task loadTask, service, redis int) (sample, loadResult, error) {
	meter, err := newMeter(service, redis)
	if err != nil {
		return sample{}, loadResult{}, err
	}
	var sent loadResult
	if err := once(ctx, "load", task, &sent); err != nil {
		return sample{}, sent, err
	}
	used, err := meter.used()
	if err != nil {
		return sample{}, sent, err
	}
	n := time.Duration(max(1, sent.Events))
	return sample{
		rate: sent.rate(), service: used[0] / n, redis: used[1] / n, p50: sent.P50, p99: sent.P99,
	}, sent, nil
}

// meter knows how much processor time processes had used when it was made.
type meter struct {
	pids   []int
	before []time.Duration
}

func newMeter(pids ...int) (*meter, error) {
	m := &meter{pids: pids}
	var err error
	m.before, err = m.read()
	return m, err
}

func (m *meter) read() ([]time.Duration, error) {
	var list []time.Duration
	for _, pid := range m.pids {
		d, err := cpuOf(pid)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// used returns what the processes have used since.
func (m *meter) used() ([]time.Duration, error) {
	now, err := m.read()
	for i := range now {
		now[i] -= m.before[i]
	}
	return now, err
}

// accountIntake compares what was acknowledged with what the queue holds: every event was new once,
// every repetition a duplicate, and every accepted one is queued.
func accountIntake(ctx context.Context, r *redisServer, kind string, loads []loadResult) error {
	repeated := loads[len(loads)-1]
	accepted := 0
	for _, l := range loads {
		accepted += l.Accepted
	}
	sent := loads[0].Events + loads[1].Events
	queued, err := queuedIn(ctx, r, kind)
	switch {
	case err != nil:
		return err
	case accepted != sent:
		return fmt.Errorf("%d events sent, %d accepted", sent, accepted)
	case repeated.Duplicates != repeated.Events || repeated.Events == 0:
		return fmt.Errorf("%d events repeated, %d taken for duplicates", repeated.Events, repeated.Duplicates)
	case queued != accepted:
		return fmt.Errorf("%d events accepted, %d queued", accepted, queued)
	}
	return nil
}

func queuedIn(ctx context.Context, r *redisServer, kind string) (int, error) {
	if kind == intakeAsynq {
		n, err := r.rdb.LLen(ctx, "asynq:{"+string(benchTenant)+"}:pending").Result()
		return int(n), err
	}
	q, err := queue.New(r.rdb, queue.Options{})
	if err != nil {
		return 0, err
	}
	stats, err := q.Stats(ctx, benchTenant)
	if stats.Leased+stats.Dead > 0 {
		return 0, errors.New("jobs are leased or dead that nobody worked on")
	}
	return stats.Ready + stats.Delayed, err
}
