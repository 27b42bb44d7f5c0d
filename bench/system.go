package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
	"github.com/omniflow/omniflow/internal/tenant"
)

const usualLease = 15 * time.Second

// pickup measures how soon an idle service turns a webhook into a request to Flow, and what it asks
// of Redis while it has nothing to do.
func pickup(ctx context.Context, s settings, t *table) error {
	w, err := newWorld(ctx, worldConfig{Lease: usualLease, Service: s.service})
	if err != nil {
		return err
	}
	defer w.end()
	r, err := w.serve(ctx)
	if err != nil {
		return err
	}
	defer r.kill()
	events := 200
	if s.short {
		events = 60
	}
	var took []time.Duration
	for i := range events + 5 {
		one, err := w.pickupOne(ctx, r, fmt.Sprintf("pickup%d", i))
		if err != nil {
			return err
		}
		if i >= 5 { // the first ones open connections and fetch the token
			took = append(took, one)
		}
		pause(ctx, time.Duration(5+rand.IntN(20))*time.Millisecond)
	}
	if err := w.quiet(ctx); err != nil {
		return err
	}
	slices.Sort(took)
	t.atMost("idle pickup p50, webhook → Flow less the Omnium read", ms(quantile(took, 0.5)), 5, " ms")
	t.atMost("idle pickup p99", ms(quantile(took, 0.99)), 20, " ms")
	return w.idle(ctx, t)
}

func (w *world) pickupOne(ctx context.Context, r *replica, id string) (time.Duration, error) {
	w.put(id, id)
	before := w.readTime()
	sent, err := w.tell(ctx, r, id, "NOR")
	if err != nil {
		return 0, err
	}
	asked, err := w.wait(ctx, object{norway, id})
	return asked.Sub(sent) - (w.readTime() - before), err
}

func (w *world) idle(ctx context.Context, t *table) error {
	const window, tenants = 3 * time.Second, 2
	pause(ctx, time.Second)
	before, err := w.redis.info(ctx, "stats", "total_commands_processed")
	if err != nil {
		return err
	}
	pause(ctx, window)
	after, err := w.redis.info(ctx, "stats", "total_commands_processed")
	if err != nil {
		return err
	}
	// What scripts call counts as well; the INFO itself is one.
	t.note("idle, with what scripts call", "%.2f commands/s per tenant",
		float64(after-before-1)/window.Seconds()/tenants)
	calls, err := w.scriptCalls(ctx, window)
	if err != nil {
		return err
	}
	t.atMost("idle round trips per tenant and replica", calls/tenants, 1, "/s")
	return nil
}

// scriptCalls counts what is sent to Redis per second, as far as it is scripts.
func (w *world) scriptCalls(ctx context.Context, window time.Duration) (float64, error) {
	if err := w.redis.rdb.ConfigResetStat(ctx).Err(); err != nil {
		return 0, err
	}
	pause(ctx, window)
	stats, err := w.redis.rdb.InfoMap(ctx, "commandstats").Result()
	if err != nil {
		return 0, err
	}
	var calls float64
	for _, fields := range stats {
		for name, text := range fields {
			var n float64
			if name != "cmdstat_evalsha" && name != "cmdstat_publish" && name != "cmdstat_ping" {
				continue
			}
			if _, err := fmt.Sscanf(text, "calls=%f", &n); err != nil {
				return 0, err
			}
			calls += n
		}
	}
	return calls / window.Seconds(), nil
}

// redelivery kills the service while it pushes and measures how long its jobs take to come back; then
// it stops one in order and wants none to.
func redelivery(ctx context.Context, s settings, t *table) error {
	lease := usualLease
	if s.short {
		lease = 3 * time.Second
	}
	w, err := newWorld(ctx, worldConfig{Lease: lease, Service: s.service})
	if err != nil {
		return err
	}
	defer w.end()
	took, err := w.killed(ctx)
	if err != nil {
		return err
	}
	bar := 20 * lease.Seconds() / usualLease.Seconds()
	t.atMost(fmt.Sprintf("SIGKILL → redelivery of 8 jobs, lease %v", lease), took.Seconds(), bar, " s")
	again, err := w.stopped(ctx)
	if err != nil {
		return err
	}
	t.atMost("SIGTERM: redeliveries of 8 jobs", float64(again), 0, "")
	return nil
}

const inHand = 8

// killed returns how long after the kill Flow was asked about the last of the jobs again.
func (w *world) killed(ctx context.Context) (time.Duration, error) {
	r, err := w.serve(ctx)
	if err != nil {
		return 0, err
	}
	w.setFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Hang: true} })
	if err := w.takeInHand(ctx, r, "killed"); err != nil {
		r.kill()
		return 0, err
	}
	r.kill()
	at := time.Now()
	w.setFault(nil)
	w.forget()
	second, err := w.serve(ctx)
	if err != nil {
		return 0, err
	}
	defer second.kill()
	last := at
	for i := range inHand {
		again, err := w.wait(ctx, object{norway, fmt.Sprintf("killed%d", i)})
		if err != nil {
			return 0, err
		}
		if again.After(last) {
			last = again
		}
	}
	return last.Sub(at), w.quiet(ctx)
}

// takeInHand waits until the service pushes as many products at once as it has slots.
func (w *world) takeInHand(ctx context.Context, r *replica, name string) error {
	for i := range inHand {
		id := fmt.Sprintf("%s%d", name, i)
		w.put(id, id)
		if _, err := w.tell(ctx, r, id, "NOR"); err != nil {
			return err
		}
	}
	for i := range inHand {
		if _, err := w.wait(ctx, object{norway, fmt.Sprintf("%s%d", name, i)}); err != nil {
			return err
		}
	}
	return nil
}

// stopped returns how many products were pushed more than once around an orderly stop.
func (w *world) stopped(ctx context.Context) (int, error) {
	r, err := w.serve(ctx)
	if err != nil {
		return 0, err
	}
	w.setFault(func(flowtest.Request) flowtest.Fault { return flowtest.Fault{Delay: 300 * time.Millisecond} })
	if err := w.takeInHand(ctx, r, "stopped"); err != nil {
		r.kill()
		return 0, err
	}
	if err := r.term(); err != nil {
		return 0, fmt.Errorf("orderly stop: %w", err)
	}
	w.setFault(nil)
	second, err := w.serve(ctx)
	if err != nil {
		return 0, err
	}
	defer second.kill()
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	again := 0
	for i := range inHand {
		switch n := len(w.flow.History(string(norway), fmt.Sprintf("stopped%d", i))); {
		case n == 0:
			return 0, errors.New("a product never reached Flow")
		case n > 1:
			again++
		}
	}
	return again, nil
}

const versioned = "version %06d"

// storm changes few products often through two replicas while Flow takes its time, and counts what
// must never be.
func storm(ctx context.Context, s settings, t *table) error {
	products, versions := 8, 80
	if s.short {
		versions = 25
	}
	w, err := newWorld(ctx, worldConfig{Lease: usualLease, Service: s.service})
	if err != nil {
		return err
	}
	defer w.end()
	var replicas []*replica
	for range 2 {
		r, err := w.serve(ctx)
		if err != nil {
			return err
		}
		defer r.kill()
		replicas = append(replicas, r)
	}
	w.setFault(func(r flowtest.Request) flowtest.Fault {
		if r.ProductUID == "" {
			return flowtest.Fault{}
		}
		return flowtest.Fault{Delay: rand.N(15 * time.Millisecond)}
	})
	if err := w.blow(ctx, replicas, products, versions); err != nil {
		return err
	}
	if err := w.quiet(ctx); err != nil {
		return err
	}
	stale, regressions, pushes, err := w.staleness(products, versions-1)
	if err != nil {
		return err
	}
	t.note("storm", "%d events on %d objects, two replicas and tenants, %d pushes", products*versions, products, pushes)
	t.atMost("stale objects after the storm", float64(stale), 0, "")
	t.atMost("overlapping pushes of one object", float64(len(w.flow.Overlaps())), 0, "")
	t.atMost("pushes older than the one before", float64(regressions), 0, "")
	return nil
}

func (w *world) blow(ctx context.Context, replicas []*replica, products, versions int) error {
	var storms sync.WaitGroup
	errs := make([]error, products)
	for i := range products {
		id := fmt.Sprintf("p%d", i)
		storms.Go(func() {
			for v := range versions {
				w.put(id, fmt.Sprintf(versioned, v))
				if _, err := w.tell(ctx, replicas[(i+v)%len(replicas)], id, ""); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	storms.Wait()
	return errors.Join(errs...)
}

// staleness compares what Flow was told with the newest version.
func (w *world) staleness(products, newest int) (stale, regressions, pushes int, err error) {
	for _, t := range []tenant.ID{norway, sweden} {
		for i := range products {
			last := -1
			for _, write := range w.flow.History(string(t), fmt.Sprintf("p%d", i)) {
				var p struct{ ProductName, Name string }
				v := -1
				if err := json.Unmarshal(write.Body, &p); err != nil {
					return 0, 0, 0, err
				}
				if _, err := fmt.Sscanf(p.ProductName+p.Name, versioned, &v); err != nil {
					return 0, 0, 0, fmt.Errorf("body %s: %w", write.Body, err)
				}
				if v < last {
					regressions++
				}
				last = v
				pushes++
			}
			if last != newest {
				stale++
			}
		}
	}
	return stale, regressions, pushes, nil
}
