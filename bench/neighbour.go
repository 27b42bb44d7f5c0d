package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/omniflow/omniflow/internal/flow/flowtest"
)

// neighbour compares a tenant beside one that works with the same tenant beside one that hangs.
func neighbour(ctx context.Context, s settings, t *table) error {
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
	events := 250
	if s.short {
		events = 60
	}
	if _, err := w.steady(ctx, r, "warm", 30); err != nil {
		return err
	}
	var quiet, noisy []float64
	for round := range s.rounds {
		one, err := w.steady(ctx, r, fmt.Sprintf("quiet%d-", round), events)
		if err != nil {
			return err
		}
		quiet = append(quiet, ms(one))
		w.setFault(func(r flowtest.Request) flowtest.Fault {
			if r.Tenant != string(norway) {
				return flowtest.Fault{}
			}
			return flowtest.Fault{Delay: 2 * time.Second}
		})
		if one, err = w.steady(ctx, r, fmt.Sprintf("noisy%d-", round), events); err != nil {
			return err
		}
		noisy = append(noisy, ms(one))
		w.setFault(nil)
		if err := w.quiet(ctx); err != nil {
			return err
		}
	}
	q, n := median(quiet), median(noisy)
	t.note("healthy tenant, webhook → Flow p99", "%.1f ms quiet, %.1f ms beside one that hangs", q, n)
	t.atMost("healthy tenant beside one that hangs ÷ quiet, p99", n/q, 1.5, "×")
	return nil
}

// steady sends events to both tenants in turn and returns the healthy one's p99.
func (w *world) steady(ctx context.Context, r *replica, name string, events int) (time.Duration, error) {
	const every = 8 * time.Millisecond
	sent := make([]time.Time, events)
	errs := make([]error, events)
	var all sync.WaitGroup
	for i := range events {
		all.Go(func() {
			id := fmt.Sprintf("%s%d", name, i)
			w.put("no"+id, id)
			w.put("se"+id, id)
			_, errNorway := w.tell(ctx, r, "no"+id, "NOR")
			var err error
			sent[i], err = w.tell(ctx, r, "se"+id, "SWE")
			errs[i] = errors.Join(errNorway, err)
		})
		pause(ctx, every)
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	var took []time.Duration
	for i := range events {
		// Flow's uids have no dashes.
		at, err := w.wait(ctx, object{sweden, flowUID(fmt.Sprintf("se%s%d", name, i))})
		if err != nil {
			return 0, err
		}
		took = append(took, at.Sub(sent[i]))
	}
	slices.Sort(took)
	return quantile(took, 0.99), nil
}
