package flow

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/omniflow/omniflow/internal/rest"
)

// Breaker configures the circuit breaker of one tenant.
type Breaker struct {
	// ConsecutiveFailures opens the breaker. Zero means 5.
	ConsecutiveFailures uint32
	// OpenFor is how long it then refuses every call. Zero means 30 s.
	OpenFor time.Duration
	// HalfOpenRequests is how many calls may then probe Flow at once, and how many must succeed in a
	// row to close the breaker. Zero means 1.
	HalfOpenRequests uint32
}

func (b Breaker) withDefaults() Breaker {
	if b.ConsecutiveFailures == 0 {
		b.ConsecutiveFailures = 5
	}
	if b.OpenFor <= 0 {
		b.OpenFor = 30 * time.Second
	}
	if b.HalfOpenRequests == 0 {
		b.HalfOpenRequests = 1
	}
	return b
}

const (
	// minWait is the least that a refused caller is told to wait: the breaker lets nothing through
	// at the very instant its time ends.
	minWait = time.Millisecond
	// probeWait is how long to wait while probes are out. They end when Flow answers, which cannot
	// be foreseen.
	probeWait = 100 * time.Millisecond
)

// What a call means for the breaker; nil is a success.
var (
	errFailure  = errors.New("counts as a failure")
	errExcluded = errors.New("is not counted")
)

// circuit is the breaker of one tenant; nothing outside it knows gobreaker.
type circuit struct {
	settings Breaker
	breaker  *gobreaker.CircuitBreaker[error]
	// mu guards openUntil. It is taken while the breaker's own lock is held, never the other way.
	mu        sync.Mutex
	openUntil time.Time
}

func newCircuit(settings Breaker, onChange func(from, to string)) *circuit {
	settings = settings.withDefaults()
	c := &circuit{settings: settings}
	c.breaker = gobreaker.NewCircuitBreaker[error](gobreaker.Settings{
		MaxRequests: settings.HalfOpenRequests,
		Timeout:     settings.OpenFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.ConsecutiveFailures >= settings.ConsecutiveFailures
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errExcluded) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.opened()
			}
			if onChange != nil {
				onChange(from.String(), to.String())
			}
		},
	})
	return c
}

func (c *circuit) opened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.openUntil = time.Now().Add(c.settings.OpenFor)
}

func (c *circuit) state() string { return c.breaker.State().String() }

func (c *circuit) isOpen() bool { return c.breaker.State() == gobreaker.StateOpen }

// capacity is documented at Client.Capacity.
func (c *circuit) capacity() (int, time.Duration) {
	switch c.breaker.State() {
	case gobreaker.StateOpen:
		c.mu.Lock()
		defer c.mu.Unlock()
		return 0, max(time.Until(c.openUntil), minWait)
	case gobreaker.StateHalfOpen:
		n := c.breaker.Counts()
		// Requests counts the excluded ones too, which have given their place back.
		if out := n.Requests - n.TotalExclusions; out < c.settings.HalfOpenRequests {
			return int(c.settings.HalfOpenRequests - out), 0
		}
		return 0, probeWait
	case gobreaker.StateClosed:
	}
	return math.MaxInt, 0
}

// run calls send unless the breaker refuses, and lets the breaker judge the result. It returns
// send's error, or *UnavailableError when send was not called, or was the probe that showed that Flow
// is still away: whoever happened to carry it is not to blame.
func (c *circuit) run(ctx context.Context, op string, send func() error) error {
	probe := c.breaker.State() == gobreaker.StateHalfOpen
	result, verdict := c.breaker.Execute(func() (error, error) {
		err := send()
		return err, judge(ctx, err)
	})
	switch {
	case errors.Is(verdict, gobreaker.ErrOpenState), errors.Is(verdict, gobreaker.ErrTooManyRequests):
		return c.unavailable(op)
	case probe && errors.Is(verdict, errFailure):
		return &UnavailableError{Op: op, Wait: max(c.settings.OpenFor, retryAfter(result)), Cause: result}
	}
	return result
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*rest.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

func (c *circuit) unavailable(op string) error {
	_, wait := c.capacity()
	return &UnavailableError{Op: op, Wait: max(wait, minWait)}
}

// judge says what the outcome of a call means for the breaker. An answer is judged by its status
// alone, whatever has become of ctx since. Without an answer a cancellation by the caller says
// nothing about Flow; everything else, the caller's own deadline included, is a failure.
func judge(ctx context.Context, err error) error {
	if answer, ok := errors.AsType[*rest.Error](err); ok {
		return judgeStatus(answer.StatusCode)
	}
	if _, ok := errors.AsType[*rest.DecodeError](err); ok || err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return errExcluded
	}
	return errFailure
}

// judgeStatus takes 4xx but 429 for a working Flow that refuses a request. Whatever is neither that
// nor 2xx does not come from a working API.
func judgeStatus(status int) error {
	if status == http.StatusTooManyRequests || status < 200 || status > 499 || status/100 == 3 {
		return errFailure
	}
	return nil
}
