package demo

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Progress is told how the day goes on. The calls come one after the other.
type Progress interface {
	// Begin says that a step begins: at what time of the shop's day, and what happens.
	Begin(at, title string)
	// Note says something about the step that is going on, in place of what was said before.
	Note(text string)
	// End says that the step is over, what came of it, and how long it took. The error is nil when
	// Flow holds what it shall.
	End(result string, err error, took time.Duration)
}

// Day is one day in the shop, played against a running service. It is not safe for concurrent use.
type Day struct {
	world    *World
	service  *service
	progress Progress
	oracles  []*oracle

	latencies []time.Duration
}

// Day returns a day that is yet to be played against the service at baseURL, which runs with the
// configuration of the world. Close it after use.
func (w *World) Day(baseURL string, p Progress) *Day {
	d := &Day{world: w, service: newService(baseURL, w), progress: p}
	for _, t := range tenants() {
		d.oracles = append(d.oracles, newOracle(t))
	}
	return d
}

// Close gives back the connections to the service.
func (d *Day) Close() { d.service.close() }

// step is something that happens in the shop. It returns what came of it.
type step struct {
	at, title string
	run       func(context.Context) (string, error)
}

// Play plays the whole day. After each step it waits until the service has come to rest and compares
// Flow with what it shall hold. It returns the last comparison, or an error as soon as the day cannot
// go on: a *DisagreementError when Flow does not hold what it shall, and others when the service
// cannot be reached, does not come to rest, or does something that it must not.
func (d *Day) Play(ctx context.Context) (Report, error) {
	var last Report
	for _, s := range d.steps() {
		d.progress.Begin(s.at, s.title)
		began := time.Now()
		result, err := s.run(ctx)
		if err == nil {
			last, err = d.rest(ctx)
		}
		d.progress.End(result, err, time.Since(began))
		if err != nil {
			return Report{}, fmt.Errorf("%s %s: %w", s.at, s.title, err)
		}
	}
	return last, nil
}

// rest waits for the service to come to rest, compares, and makes what is expected now the past.
func (d *Day) rest(ctx context.Context) (Report, error) {
	b := d.world.books()
	if err := d.settled(ctx, b, d.oracles...); err != nil {
		return Report{}, err
	}
	report, expected, err := d.compareAll(ctx, b)
	if err != nil {
		return Report{}, err
	}
	if len(report.Differences) > 0 {
		return Report{}, &DisagreementError{report}
	}
	for i, o := range d.oracles {
		o.past = expected[i]
	}
	return report, nil
}

// Compare compares each Flow tenant, object by object, with what it shall hold. It is meaningful
// when the service is at rest.
func (d *Day) Compare(ctx context.Context) (Report, error) {
	report, _, err := d.compareAll(ctx, d.world.books())
	return report, err
}

// compareAll also returns what was expected, one per oracle.
func (d *Day) compareAll(ctx context.Context, b Books) (Report, []expectation, error) {
	var (
		report   Report
		expected []expectation
	)
	for _, o := range d.oracles {
		want := o.expect(b, time.Now())
		t, err := d.compare(ctx, o.tenant, want)
		if err != nil {
			return Report{}, nil, err
		}
		expected = append(expected, want)
		report.Tenants = append(report.Tenants, t)
		report.Differences = append(report.Differences, t.differences...)
	}
	return report, expected, nil
}

// compare compares one tenant.
func (d *Day) compare(ctx context.Context, t tenant, want expectation) (TenantReport, error) {
	letters, err := d.service.letters(ctx, t.uid)
	if err != nil {
		return TenantReport{}, err
	}
	got, err := d.world.Flow.Snapshot(t.uid)
	if err != nil {
		return TenantReport{}, fmt.Errorf("look into Flow: %w", err)
	}
	return want.compare(t.uid, got, letters)
}

// Totals are the figures of a day.
type Totals struct {
	Answers Answers
	// OmniumRequests and FlowRequests are what the service sent to its neighbours.
	OmniumRequests int
	FlowRequests   int64
	// Median and P99 are how long it took from the post of an event to Flow having the product, when
	// nothing else was going on; zero when it was not measured.
	Median, P99 time.Duration
}

// Totals returns the figures until now.
func (d *Day) Totals() Totals {
	t := Totals{
		Answers: d.service.answers, FlowRequests: d.world.Flow.Requests(),
		OmniumRequests: d.world.Omnium.Total(),
	}
	if n := len(d.latencies); n > 0 {
		sorted := slices.Sorted(slices.Values(d.latencies))
		t.Median, t.P99 = sorted[n/2], sorted[min(n-1, n*99/100)]
	}
	return t
}
