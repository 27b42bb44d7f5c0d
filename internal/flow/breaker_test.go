package flow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/omniflow/omniflow/internal/flow"
	"github.com/omniflow/omniflow/internal/rest"
)

const openFor = 30 * time.Second

// TestStatusCodes says for every status what it means for the breaker and what the caller gets.
func TestStatusCodes(t *testing.T) {
	t.Parallel()
	for status := 200; status <= 599; status++ {
		success := status <= 299
		trips := status >= 300 && status <= 399 || status == 429 || status >= 500
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, flow.Options{Transport: answering(status), Breaker: flow.Breaker{ConsecutiveFailures: 1}})
			err := c.Probe(t.Context())
			if success != (err == nil) {
				t.Fatalf("Probe with status %d = %v, want success %v", status, err, success)
			}
			if answer, ok := errors.AsType[*rest.Error](err); !success && (!ok || answer.StatusCode != status || answer.Label != flow.TenantGet) {
				t.Errorf("Probe with status %d = %#v, want *rest.Error with it and the operation", status, err)
			}
			want := "closed"
			if trips {
				want = "open"
			}
			if got := c.Breaker(); got != want {
				t.Errorf("Breaker() after status %d = %q, want %q", status, got, want)
			}
		})
	}
}

func TestBreakerOpensAndProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var status, sent atomic.Int64
		status.Store(500)
		var changes []string
		c := newClient(t, flow.Options{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent.Add(1)
				return response(r, int(status.Load())), nil
			}),
			Breaker:   flow.Breaker{ConsecutiveFailures: 3, OpenFor: openFor, HalfOpenRequests: 1},
			OnBreaker: func(from, to string) { changes = append(changes, from+">"+to) },
		})
		probes := func(n int) {
			for range n {
				_ = c.Probe(t.Context())
			}
		}

		probes(2)
		status.Store(404) // A refusal is a success and starts the count again.
		probes(1)
		status.Store(500)
		probes(2)
		wantCapacity(t, c, "closed", math.MaxInt, 0)
		probes(1)
		wantCapacity(t, c, "open", 0, openFor)

		time.Sleep(10 * time.Second)
		before := sent.Load()
		err := c.Probe(t.Context())
		if refused, ok := errors.AsType[*flow.UnavailableError](err); !ok || refused.Wait != 20*time.Second || refused.Op != flow.TenantGet {
			t.Errorf("Probe while open = %#v, want *UnavailableError with the remaining 20s", err)
		}
		if sent.Load() != before {
			t.Error("Probe while open sent a request")
		}

		time.Sleep(20*time.Second + time.Nanosecond)
		wantCapacity(t, c, "half-open", 1, 0)
		err = c.Probe(t.Context()) // Still 500: open again.
		failed, ok := errors.AsType[*flow.UnavailableError](err)
		if !ok || failed.Wait != openFor || failed.Cause == nil {
			t.Errorf("the probe that fails = %#v, want *UnavailableError with a cause: its job is not to blame", err)
		}
		wantCapacity(t, c, "open", 0, openFor)
		time.Sleep(openFor + time.Nanosecond)
		status.Store(200)
		probes(1)
		wantCapacity(t, c, "closed", math.MaxInt, 0)

		want := []string{"closed>open", "open>half-open", "half-open>open", "open>half-open", "half-open>closed"}
		if !slices.Equal(changes, want) {
			t.Errorf("OnBreaker was told %v, want %v", changes, want)
		}
	})
}

func wantCapacity(t *testing.T, c *flow.Client, state string, free int, wait time.Duration) {
	t.Helper()
	if got := c.Breaker(); got != state {
		t.Errorf("Breaker() = %q, want %q", got, state)
	}
	if gotFree, gotWait := c.Capacity(); gotFree != free || gotWait != wait {
		t.Errorf("Capacity() = %d, %s, want %d, %s", gotFree, gotWait, free, wait)
	}
}

// TestWaitEndsInAProbe is about the very instant at which the open time ends: whoever sleeps for the
// wait it was given must find a place, and never be told to wait for nothing.
func TestWaitEndsInAProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, flow.Options{Transport: answering(503), Breaker: flow.Breaker{ConsecutiveFailures: 1, OpenFor: openFor}})
		_ = c.Probe(t.Context())
		for range 3 {
			free, wait := c.Capacity()
			if free > 0 {
				return
			}
			if wait <= 0 {
				t.Fatalf("Capacity() = 0, %s, want a positive wait", wait)
			}
			time.Sleep(wait)
		}
		t.Error("Capacity() is still 0 after its waits were slept")
	})
}

func TestHalfOpenLetsOnlyProbesThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hang atomic.Bool
		c := newClient(t, flow.Options{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if hang.Load() {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return response(r, 500), nil
			}),
			Timeout: 15 * time.Second,
			Breaker: flow.Breaker{ConsecutiveFailures: 1, OpenFor: openFor, HalfOpenRequests: 2},
		})
		_ = c.Probe(t.Context())
		time.Sleep(openFor + time.Nanosecond)
		hang.Store(true)
		results := make(chan error, 2)
		for free := 2; free > 0; free-- {
			wantCapacity(t, c, "half-open", free, 0)
			go func() { results <- c.Probe(t.Context()) }()
			synctest.Wait()
		}
		free, wait := c.Capacity()
		if free != 0 || wait <= 0 {
			t.Errorf("Capacity() with all probes out = %d, %s, want 0 and a positive wait", free, wait)
		}
		if _, ok := errors.AsType[*flow.UnavailableError](c.Probe(t.Context())); !ok {
			t.Error("a third call got through while two probes were out")
		}
		// The hard timeout gives the places back.
		_, _ = <-results, <-results
		wantCapacity(t, c, "open", 0, openFor)
	})
}

func TestCancelledProbeGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return response(r, 500), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c := newClient(t, flow.Options{Transport: transport, Breaker: flow.Breaker{ConsecutiveFailures: 1, OpenFor: openFor}})
		_ = c.Probe(t.Context())
		time.Sleep(openFor + time.Nanosecond)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.LinkSibling(ctx, "a", "b") }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("LinkSibling after cancel = %v, want context.Canceled", err)
		}
		wantCapacity(t, c, "half-open", 1, 0)
	})
}

// TestWhatCountsWithoutAnAnswer separates the caller's cancellation, which says nothing about Flow,
// from everything else.
func TestWhatCountsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	hang := roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	refused := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
	for _, tt := range []struct {
		name      string
		transport roundTrip
		context   func(context.Context) (context.Context, context.CancelFunc)
		want      string
	}{
		{"network error", refused, context.WithCancel, "open"},
		{"the client's own timeout", hang, context.WithCancel, "open"},
		{"the caller's deadline", hang, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, "open"},
		{"the caller's cancellation", hang, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, "closed"},
		{"cancellation and an answer", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return response(r, 500), nil
		}, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, "open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, flow.Options{
					Transport: tt.transport, Timeout: 15 * time.Second,
					Breaker: flow.Breaker{ConsecutiveFailures: 1},
				})
				ctx, cancel := tt.context(t.Context())
				defer cancel()
				if err := c.Probe(ctx); err == nil {
					t.Error("Probe = nil, want an error")
				}
				if got := c.Breaker(); got != tt.want {
					t.Errorf("Breaker() = %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestTimeoutAlwaysBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		start := time.Now()
		err := c.Probe(t.Context())
		if took := time.Since(start); took != 15*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Probe of a hung Flow = %v after %s, want a deadline after 15s", err, took)
		}
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		c := newClient(t, flow.Options{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent.Add(1)
				return response(r, 200), nil
			}),
			RequestsPerSecond: 10, Burst: 2,
		})
		start := time.Now()
		for range 12 {
			if err := c.Probe(t.Context()); err != nil {
				t.Fatalf("Probe: %v", err)
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("12 calls at 10/s with a burst of 2 took %s, want 1s", took)
		}
		before := sent.Load()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := c.Probe(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Probe with too little time = %v, want context.DeadlineExceeded", err)
		}
		cancelled, stop := context.WithCancel(t.Context())
		stop()
		if err := c.Probe(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("Probe of a cancelled caller = %v, want context.Canceled", err)
		}
		if sent.Load() != before {
			t.Error("a call that could not wait was sent")
		}
	})
}

func TestOpenBreakerDoesNotUseUpTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, flow.Options{
			Transport: answering(500), RequestsPerSecond: 1, Burst: 1,
			Breaker: flow.Breaker{ConsecutiveFailures: 1},
		})
		start := time.Now()
		for range 100 {
			_ = c.Probe(t.Context())
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("100 calls against an open breaker took %s, want 0s", took)
		}
	})
}

func TestRetryAfterReachesTheCaller(t *testing.T) {
	t.Parallel()
	c := newClient(t, flow.Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := response(r, 429)
		resp.Header.Set("Retry-After", "7")
		return resp, nil
	})})
	answer, ok := errors.AsType[*rest.Error](c.Probe(t.Context()))
	if !ok || answer.RetryAfter != 7*time.Second {
		t.Errorf("Probe = %#v, want *rest.Error with RetryAfter 7s", answer)
	}
}
